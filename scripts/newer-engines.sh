#!/usr/bin/env bash
# Runs a command where docker and podman are those of another Debian suite: newer-engines.sh pytest tests/live -k volumes.
# Needs root, and a .venv of `make test`. The suite's root is made once and kept in PERRY_TEST_CACHE, or
# ~/.cache/perry-container-tests; PERRY_ENGINES_SUITE names another than testing: trixie, say. The project and its Python
# are this machine's, bound in; the mounts are the command's own and gone with it.
command_name=newer-engines
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

suite=${PERRY_ENGINES_SUITE:-testing}
mirror=${PERRY_DEBIAN_MIRROR:-}  # empty: the mirror that debootstrap itself takes
cache=${PERRY_TEST_CACHE:-$HOME/.cache/perry-container-tests}
# What the tests' engines need, and the libraries that a Python links with.
packages=docker.io,containerd,runc,iptables,iproute2,nftables,busybox-static,procps,gcc,libc6-dev
packages+=,podman,conmon,crun,netavark,aardvark-dns,catatonit,docker-registry
packages+=,uidmap,passt,slirp4netns,rootlesskit,fuse-overlayfs  # rootless ones
packages+=,openssh-server,openssh-client,openssl,docker-cli  # engines elsewhere, and what docker itself says of contexts
packages+=,ca-certificates,libffi8,libssl3t64,libexpat1,libsqlite3-0,libbz2-1.0,liblzma5,zlib1g,libuuid1
place=$cache/engines-$suite-$(echo "$packages" | sha256sum | cut -c1-12)

make_root() {
    need_packages debootstrap debian-archive-keyring
    say "making a Debian $suite root with docker and podman in $place (once; takes minutes)"
    rm -rf "$place.new"
    debootstrap --variant=minbase "--include=$packages" "$suite" "$place.new" ${mirror:+"$mirror"} >"$place.log" 2>&1 ||
        fail "no root of Debian $suite: debootstrap failed: $(tail -n 1 "$place.log"). Needed: a Debian mirror" \
            "(PERRY_DEBIAN_MIRROR names one), or $place from a machine that has it"
    rm -rf "$place.new/var/cache/apt/archives/"*.deb "$place.log"
    mv "$place.new" "$place"
}

# What the root has of this machine, each at its own path: the project and its Python, of which one of the system's is in parts;
# docker compose, cosign and gVisor, where their scripts got them.
lend() {
    local thing
    mapfile -t things < <("$venv/bin/python" -c 'if True:
        import sys, sysconfig
        system = sys.base_prefix == "/usr"
        print(*([sys._base_executable, sysconfig.get_path("stdlib")] if system else [sys.base_prefix]), sep="\n")')
    for thing in docker-compose cosign-trixie cosign-sid runsc; do
        [ ! -x "$cache/$thing" ] || things+=("$cache/$thing")
    done
    for thing in /dev /sys "$root" "${things[@]}"; do
        if [ -d "$thing" ]; then
            mkdir -p "$place$thing"
        else
            mkdir -p "$place$(dirname "$thing")" && touch "$place$thing"
        fi
        mount --rbind "$thing" "$place$thing"
    done
}

# The rest runs in a mount namespace of its own. An engine needs a root that is one, not a chroot: its runtime leaves it.
enter() {
    mount --rbind "$place" "$place"
    mount -t proc proc "$place/proc"
    lend
    mount -t tmpfs tmpfs "$place/run"
    mkdir -p "$place/run/outside"
    pivot_root "$place" "$place/run/outside"
    cd "$root"
    umount -l /run/outside
    say "$(dockerd --version); $(podman --version)"
    export PERRY_TEST_CACHE=$cache TMPDIR=/tmp PATH=$venv/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec "$@"
}

is_root || fail "needed: root, for debootstrap and mounts"
[ -x "$venv/bin/python" ] || fail "needed: .venv; make test ARGS=tests/unit makes it"
if [ -z "${_IN_MOUNTS:-}" ]; then
    mkdir -p "$cache"
    exec 8>"$cache/.lock"
    flock 8
    [ -d "$place" ] || make_root
    exec 8>&-
    _IN_MOUNTS=1 exec unshare --mount --propagation private -- "$0" "$@"
fi
unset _IN_MOUNTS
enter "$@"
