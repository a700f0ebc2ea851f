#!/usr/bin/env bash
# make test: sets up what the tests need, builds, runs pytest. Arguments go to pytest.
# Root on Debian gets the missing packages; anybody else runs with what is there (with CI=true a missing engine fails).
command_name=test
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# The engines that the live tests start for themselves, a registry on the loopback for pull and push, an sshd, what both
# need without root, and what makes machines of a swarm out of namespaces.
engines=("${private_engines[@]}" docker-registry:docker-registry /usr/sbin/sshd:openssh-server
    unshare:util-linux nsenter:util-linux
    newuidmap:uidmap slirp4netns:slirp4netns rootlesskit:rootlesskit openssl:openssl)
# Compilers for the header, the C programs, the generated Rust rows and the WIT contract. Debian 12 keeps a newer Rust for its browsers.
newer=
! grep -qs '^VERSION_ID="12"' /etc/os-release || newer=-web
compilers=(gcc:gcc g++:g++ /usr/include/stdio.h:libc6-dev pkg-config:pkgconf dot:graphviz "rustc:rustc$newer" "cargo:cargo$newer")
# The shells that complete command lines, and what reads manual pages.
shells=(zsh:zsh fish:fish groff:groff-base mandoc:mandoc)

if is_root && has apt-get; then
    mapfile -t missing < <(packages_for "${engines[@]}" "${compilers[@]}" "${shells[@]}")
    need_packages "${missing[@]}"
    # Not for a run of other tests alone.
    if [ $# -eq 0 ] || [[ "$*" == *tests/live* ]]; then
        get_peers
    fi
fi
"$root/scripts/build.sh" test
cd "$root"
# What the processes make of the tests' assertions is kept, whatever the caller's Python does: each would make it of all files.
unset PYTHONDONTWRITEBYTECODE
# All of them: in several processes, each with engines of its own, a file at a time.
[ $# -gt 0 ] || set -- -n "$(workers)" --dist loadfile
exec "$venv/bin/python" -m pytest "$@"
