#!/usr/bin/env bash
# Gets cosign for the tests that sign with it, and prints the path of the program; made once, then kept. Argument: trixie (cosign 2)
# or sid (cosign 3). Debian 12 does not package it; the programs of both packages run there. Needs apt-get.
# Place: PERRY_TEST_CACHE, or ~/.cache/perry-container-tests.
command_name=cosign
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

suite=${1:-sid}
case $suite in trixie | sid) ;; *) fail "$suite: only trixie and sid have a cosign that the tests know" ;; esac
cache=${PERRY_TEST_CACHE:-$HOME/.cache/perry-container-tests}
program=$cache/cosign-$suite

# The archive that this machine's packages come from.
debian_mirror() {
    apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 !~ /security/ && $1 ~ /debian\/?$/ {print $1; exit}'
}

unpack() {
    local work=$1 mirror options
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || fail "apt's configuration names no Debian archive"
    mkdir -p "$work"/{lists/partial,cache/archives/partial}
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
    options=(-qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update
    (cd "$work" && apt-get "${options[@]}" download cosign && dpkg -x cosign_*.deb root)
    install -m 755 "$work/root/usr/bin/cosign" "$program.new"
    mv "$program.new" "$program"
}

mkdir -p "$cache"
exec 8>"$cache/.cosign-$suite.lock"
flock 8
if ! [ -x "$program" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    say "unpacking cosign of Debian's archive ($suite) into $cache (once)"
    unpack "$work" >&2
fi
printf '%s\n' "$program"
