#!/usr/bin/env bash
# Gets gVisor's runtime (runsc) for the tests of hardened runs, and prints the path of the program; made once, then kept.
# It is unpacked of Debian's package and not installed. Needs apt-get. Place: PERRY_TEST_CACHE, or ~/.cache/perry-container-tests.
command_name=gvisor
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

cache=${PERRY_TEST_CACHE:-$HOME/.cache/perry-container-tests}
program=$cache/runsc

unpack() {
    local work=$1
    (
        cd "$work"
        apt-get -qq download runsc || { apt-get -qq update && apt-get -qq download runsc; }
        dpkg -x runsc_*.deb root
    )
    install -m 755 "$work/root/usr/bin/runsc" "$program.new"
    mv "$program.new" "$program"
}

mkdir -p "$cache"
exec 8>"$cache/.runsc.lock"
flock 8
if ! [ -x "$program" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    say "unpacking runsc of Debian's archive into $cache (once)"
    unpack "$work" >&2
fi
printf '%s\n' "$program"
