#!/usr/bin/env bash
# make test: sets up what the tests need, builds, runs pytest. Arguments go to pytest.
# Root on Debian gets the missing packages; anybody else runs with what is there (with CI=true a missing engine fails).
command_name=test
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# The engines that the live tests start for themselves, a registry on the loopback for pull and push, an sshd, and
# what both need without root.
engines=("${private_engines[@]}" docker-registry:docker-registry /usr/sbin/sshd:openssh-server
    newuidmap:uidmap slirp4netns:slirp4netns rootlesskit:rootlesskit openssl:openssl)
# Compilers for the header, the C programs and the generated Rust rows.
compilers=(gcc:gcc g++:g++ /usr/include/stdio.h:libc6-dev pkg-config:pkgconf rustc:rustc)

if is_root && has apt-get; then
    mapfile -t missing < <(packages_for "${engines[@]}" "${compilers[@]}")
    need_packages "${missing[@]}"
    # Docker compose, which some live tests have take turns with the library, and cosign, which signs and judges for others;
    # not for a run of other tests alone.
    if [ $# -eq 0 ] || [[ "$*" == *tests/live* ]]; then
        for suite in trixie sid; do
            "$root/scripts/cosign.sh" $suite >/dev/null || say "without cosign of $suite: the tests that sign with it cannot run"
        done
        "$root/scripts/docker-compose.sh" >/dev/null || say "without docker compose: the tests beside it cannot run"
        "$root/scripts/gvisor.sh" >/dev/null || say "without gVisor: hardened runs under it cannot be tried"
    fi
fi
"$root/scripts/build.sh" test
cd "$root"
# All of them: in two processes, each with engines of its own, a file at a time.
[ $# -gt 0 ] || set -- -n 2 --dist loadfile
exec "$venv/bin/python" -m pytest "$@"
