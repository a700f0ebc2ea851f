#!/usr/bin/env bash
# Makes a root with nothing but the base of a Debian suite, and no Python, and prints its path; made once, then kept.
# A second argument is a package that is there beside the base.
# Place: PERRY_TEST_CACHE, or ~/.cache/perry-container-tests. Needs root. Argument: the suite.
command_name=bare-root
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

suite=$1 package=${2:-}
cache=${PERRY_TEST_CACHE:-$HOME/.cache/perry-container-tests}
mirror=${PERRY_DEBIAN_MIRROR:-}  # empty: the mirror that debootstrap itself takes
place=$cache/bare-$suite${package:+-$package}

is_root || fail "needed: root, for debootstrap and chroot"
mkdir -p "$cache"
exec 8>"$place.lock"
flock 8
if ! [ -d "$place" ]; then
    need_packages debootstrap debian-archive-keyring
    say "making a root of Debian's $suite${package:+ with $package} in $place (once)"
    rm -rf "$place.new"
    debootstrap --variant=minbase ${package:+--include="$package"} "$suite" "$place.new" ${mirror:+"$mirror"} >"$place.log" 2>&1 ||
        fail "debootstrap failed: $(tail -3 "$place.log")"
    rm -rf "$place.new/var/cache/apt/archives/"*.deb "$place.log"
    mv "$place.new" "$place"
fi
printf '%s\n' "$place"
