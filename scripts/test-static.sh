#!/usr/bin/env bash
# make test-static: builds the static form and runs on it what there is for it: its own tests, those of the C interface, and the
# programs of Perry that are one executable. Arguments go to pytest; one that names tests replaces those:
# ARGS=tests/live/test_cli.py is a shell's, on the perry-compose of the static form, ARGS=tests/live/test_border.py the table of operations.
# PERRY_STATIC_ROUNDS=200 has each host that is Python load it, call it and end a hundred times in each mode of a load.
command_name=test-static
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# What packs it, and what bare roots are made with.
tools=(npm:npm lintian:lintian dh:debhelper dpkg-buildpackage:dpkg-dev patchelf:patchelf debootstrap:debootstrap)

"$root/scripts/static.sh"
if is_root && has apt-get; then
    mapfile -t missing < <(packages_for "${tools[@]}")
    need_packages "${missing[@]}"
fi
cd "$root"
"$venv/bin/python" -m scripts.ship.launcher
export PERRY_CONTAINER_LIBRARY=$root/build/static/libperry_container.so PERRY_TEST_COMPOSE=$root/build/static/perry-compose
names_tests "$@" || set -- tests/static tests/abi tests/perry/test_executable.py -n "$(workers)" --dist loadfile "$@"
exec "$root/scripts/test.sh" "$@"
