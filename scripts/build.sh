#!/usr/bin/env bash
# make build: .venv, build/libperry_container.so, build/site with the Python packages it runs, and the archive that Perry links.
# Arguments: extras of pyproject.toml that are to be in .venv as well.
command_name=build
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"
source "$root/scripts/python.sh"

only_one
has "${CC:-cc}" || need_packages gcc libc6-dev
prepare_venv "$@"
# A start of perry-compose from the checkout must not compile, also where Python may not write byte code.
"$venv/bin/python" -m compileall -q "$root/src"
"$venv/bin/python" "$root/build_ffi.py" --launcher "$venv/bin/perry-compose"
"$venv/bin/python" "$root/scripts/make_site.py" "$root/build"
# It begins as the shipped forms do, too. Tables that are older than a module only miss what is new.
cp "$root/build/site/perry_ffi/interpreter/start.tables" "$root/src/perry_ffi/interpreter/start.tables"
"$venv/bin/python" -P "$root/scripts/make_modules.py" "$root/src"
"$venv/bin/python" "$root/build_perry.py"
say "build/libperry_container.so is ready (Python $("$venv/bin/python" -c 'import platform; print(platform.python_version())') of $(cat "$venv/.base"))"
