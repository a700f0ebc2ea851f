#!/usr/bin/env bash
# make static: build/static/libperry_container.so, which carries Python and all its packages, and the same as one object,
# perry_container.o, for programs of Perry that are to have it in themselves.
# What it is made of is fetched by apt, pip and cargo, pinned in scripts/static/lock.json, and kept in ~/.cache/perry-container-static
# (PERRY_STATIC_CACHE); the first time takes a quarter of an hour. Arguments: those of python -m scripts.static.
command_name=static
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
source "$root/scripts/python.sh"

only_one
need_packages binutils debian-archive-keyring dpkg-dev make perl xz-utils
has cargo || fail "needed, but not there: Rust (https://rustup.rs, or Debian: apt-get install cargo of 1.88 or newer)"
prepare_venv
cd "$root"
exec "$venv/bin/python" -m scripts.static --joined build/static/perry_container.o "$@"
