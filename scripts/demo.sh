#!/usr/bin/env bash
# make demo: compiles examples/demo.c and lets it run a container through the shared object. The machine is left as it
# was found, but for packages that had to be installed.
command_name=demo
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
source "$root/scripts/engine.sh"

"$root/scripts/build.sh"

temporary=$(mktemp -d "${TMPDIR:-/tmp}/perry-demo.XXXXXX")
name=perry-demo-$$
finished=

# Whatever happened: no container, no image, no process, no file of the demo stays.
clean_up() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP
    [ -z "$started" ] || [ -n "$finished" ] || "$temporary/demo" --remove "$name" || true
    end_conmon "$name"
    end_podman
    rm -rf "$temporary"
    exit "$status"
}
started=
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# A static busybox: the machine's, or unpacked from Debian's package.
static_busybox() {
    local found
    found=$(command -v busybox || true)
    if [ -z "$found" ] || ldd "$found" >/dev/null 2>&1; then
        say "unpacking busybox from Debian's package busybox-static (nothing is installed)"
        if is_root; then apt_quietly update; fi
        (cd "$temporary" && apt-get -q download busybox-static >/dev/null 2>&1 && dpkg-deb -x busybox-static_*.deb busybox) ||
            fail "a static busybox is needed. Install one with: sudo apt-get install busybox-static"
        found=$(find "$temporary/busybox" -path '*/bin/busybox' -type f)
    fi
    install -m 755 "$found" "$1"
}

cp -r "$root/examples/image" "$temporary/image"
static_busybox "$temporary/image/busybox"
mapfile -t flags < <("$venv/bin/python" -m perry_ffi.config --cflags --libs | xargs -n 1)
"${CC:-cc}" -std=c11 -O2 -Wall -Wextra "$root/examples/demo.c" "${flags[@]}" -o "$temporary/demo"
choose_engine

say "running examples/demo.c"
started=yes
"$temporary/demo" "$temporary/image" "$name"
finished=yes
say "done"
