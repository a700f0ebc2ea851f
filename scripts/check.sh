#!/usr/bin/env bash
# make check: the rules that need no engine. Each tool says one line; what one that fails has printed comes before it.
# All of them run, whatever one says; the exit code is 1 where one failed. Without arguments; writes nothing but .venv.
command_name=check
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
source "$root/scripts/python.sh"

has "${CC:-cc}" || need_packages gcc libc6-dev
only_one
prepare_venv test check
exec 9>&- # what follows changes nothing that a build needs
cd "$root"
failed=0

# Arguments: what is checked, as its line names it; the module to run, and its arguments.
tool() {
    local name=$1 printed
    shift
    if printed=$("$venv/bin/python" -m "$@" 2>&1); then
        say "$name: ok"
    else
        printf '%s\n' "$printed" >&2
        say "$name: failed"
        failed=1
    fi
}

tool "lint (ruff check)" ruff check --quiet --output-format concise .
tool "format (ruff format)" ruff format --quiet --check .
tool "types (mypy --strict)" mypy
tool "rooms and layout" pytest -q -p no:cacheprovider tests/unit/test_rooms.py tests/unit/test_layout.py \
    tests/unit/test_attributes.py
tool "generated files" perry_ffi.abi.generate --check
tool "the list of tests of attributes" tests.support.attributes --check
tool "the seccomp profile to read" tests.support.profiles --check
tool "docs/cli.md and the README's commands" scripts.reference --check
exit $failed
