#!/usr/bin/env bash
# Runs a command where docker is 29, built once from its source by Go's module proxy: docker-go.sh pytest tests/live -k docker.
# Needs root, Go, and the root of Debian testing that newer-engines.sh makes: its runc is the one that is used.
command_name=docker-go
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# In the project: that is bound into the root. Static, so that they run where no library of theirs is.
bin=$root/.cache/docker-go/bin
moby=github.com/moby/moby/v2@${MOBY_VERSION:-v2.0.0-beta.24}
containerd=github.com/containerd/containerd/v2@${CONTAINERD_VERSION:-v2.4.2}
toolchain=${MOBY_TOOLCHAIN:-go1.27.3}

build() {
    local module program
    has go || fail "needed: Go, to build docker 29 (https://go.dev/dl, or apt-get install golang-go)"
    say "building docker 29 in $bin (once; takes ten minutes)"
    mkdir -p "$bin"
    for module in "$moby dockerd" "$moby docker-proxy" "$containerd containerd" "$containerd containerd-shim-runc-v2"; do
        program=${module#* } module=${module% *}
        [ -x "$bin/$program" ] ||
            GOTOOLCHAIN=$toolchain CGO_ENABLED=0 GOBIN=$bin go install "${module%@*}/cmd/$program@${module#*@}" >&2 ||
            fail "$program does not build"
    done
}

for program in dockerd docker-proxy containerd containerd-shim-runc-v2; do
    [ -x "$bin/$program" ] || { build && break; }
done
say "Docker version ${moby##*@}, built from its source (29)"
PERRY_ENGINES_SUITE=testing exec "$root/scripts/newer-engines.sh" bash -c 'PATH=$1:$PATH && shift && exec "$@"' bash "$bin" "$@"
