#!/usr/bin/env bash
# make bench: builds, measures. Arguments go to the benchmarks: names of sections, --format, --strict.
# Root on Debian gets the engines that are missing; what cannot be had costs only the figures that need it.
command_name=bench
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# Whether what is asked for is measured on engines: everything is, where no section is named.
wants_engines() {
    local word named=
    for word in "$@"; do
        case $word in
        cli | stacks | perry) return 0 ;;
        text | json | markdown | -*) ;;
        *) named=yes ;;
        esac
    done
    [ -z "$named" ]
}

if wants_engines "$@" && is_root && has apt-get; then
    mapfile -t missing < <(packages_for "${private_engines[@]}")
    (need_packages "${missing[@]}") || say "going on without: ${missing[*]}"
fi
"$root/scripts/build.sh" test
cd "$root"
exec "$venv/bin/python" -m benchmarks "$@"
