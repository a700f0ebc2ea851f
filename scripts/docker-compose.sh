#!/usr/bin/env bash
# Gets docker compose for the tests that have it beside the library, and prints the path of the program; made once, then kept.
# Debian 12 and 13 do not package it; the program in Debian's unstable package runs on both. Needs apt-get.
# Place: PERRY_TEST_CACHE, or ~/.cache/perry-container-tests.
command_name=docker-compose
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

cache=${PERRY_TEST_CACHE:-$HOME/.cache/perry-container-tests}
program=$cache/docker-compose

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
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$work/sources.list"
    options=(-qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update
    (cd "$work" && apt-get "${options[@]}" download docker-compose && dpkg -x docker-compose_*.deb root)
    install -m 755 "$work/root/usr/libexec/docker/cli-plugins/docker-compose" "$program.new"
    mv "$program.new" "$program"
}

mkdir -p "$cache"
exec 8>"$cache/.docker-compose.lock"
flock 8
if ! [ -x "$program" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    say "unpacking docker compose of Debian's archive into $cache (once)"
    unpack "$work" >&2
fi
printf '%s\n' "$program"
