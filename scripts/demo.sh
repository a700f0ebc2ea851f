#!/usr/bin/env bash
# make demo: compiles examples/demo.c and examples/stack.c, and lets them run a container and then a stack of three services
# through the shared object. The machine is left as it was found, but for packages that had to be installed.
command_name=demo
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
source "$root/scripts/engine.sh"

"$root/scripts/build.sh"

temporary=$(mktemp -d "${TMPDIR:-/tmp}/perry-demo.XXXXXX")
name=perry-demo-$$
locks=/tmp/perry-container-$(id -u) # where the library keeps one file a project, so that its verbs take turns
[ ! -d "${XDG_RUNTIME_DIR:-}" ] || locks=$XDG_RUNTIME_DIR/perry-container
if [ -d "$locks" ]; then locks_before=yes; else locks_before=; fi
running=

# Whatever happened: no container, network, volume, image, process or file of the demo stays.
clean_up() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP
    [ -z "$running" ] || "$temporary/$running" --remove "$name" || true
    end_conmon "$name"
    rm -f "$locks/$name"-*.lock
    [ -n "$locks_before" ] || rmdir "$locks" 2>/dev/null || true
    end_podman
    rm -rf "$temporary"
    exit "$status"
}
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
for program in demo stack; do
    "${CC:-cc}" -std=c11 -O2 -Wall -Wextra "$root/examples/$program.c" "${flags[@]}" -o "$temporary/$program"
done
choose_engine

# Runs an example. Arguments: its name, and what it takes but the name of what it makes.
show() {
    say "running examples/$1.c"
    running=$1
    "$temporary/$1" "${@:2}" "$name"
    running=
}

show demo "$temporary/image"
show stack "$root/examples/stack" "$temporary/image"
say "done"
