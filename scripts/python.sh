# Finds the Python to embed and keeps the virtual environment; sourced after common.sh.

# What a Python lacks to be embedded and to make a virtual environment, or nothing. Prints its own path.
check_python() {
    "$1" "$root/build_ffi.py" --check || return 1
    "$1" -c 'import ensurepip, venv' 2>/dev/null || {
        echo "it cannot make virtual environments (Debian: apt-get install python3-venv)"
        return 1
    }
}

# Sets python to the first of the candidates that will do. With PYTHON=... in the environment that one is the only one.
choose_python() {
    local candidate report
    for candidate in ${PYTHON:-python3 /usr/bin/python3 python3.13 python3.12 python3.11 python3.14}; do
        has "$candidate" || continue
        if report=$(check_python "$candidate" 2>&1); then
            python=$report
            return 0
        fi
        rejected+="  $candidate: $report"$'\n'
    done
    return 1
}

find_python() {
    rejected=
    choose_python && return 0
    [ -z "$rejected" ] || say "these will not do:"$'\n'"${rejected%$'\n'}"
    [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON will not do"
    need_packages python3 python3-dev python3-venv gcc libc6-dev
    PYTHON=/usr/bin/python3 choose_python || fail "a Python of 3.11 or newer is needed: PYTHON=/path/to/python3 make ..."
}

# The virtual environment and in it the library, editable, with what it needs; made anew when another Python is asked
# for. What was installed is noted in a stamp, so that nothing is done twice. Arguments: extras of pyproject.toml.
prepare_venv() {
    local extras="$*" wanted
    if [ -z "${PYTHON:-}" ] && [ -x "$venv/bin/python" ] && python=$("$venv/bin/python" "$root/build_ffi.py" --check); then
        :
    else
        find_python
    fi
    if ! [ "$(cat "$venv/.base" 2>/dev/null)" = "$python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        say "making .venv with $python ($("$python" -V))"
        rm -rf "$venv"
        "$python" -m venv "$venv"
        printf '%s\n' "$python" >"$venv/.base"
    fi
    wanted=$(cat "$root/pyproject.toml" "$root/setup.py" | sha256sum)
    stamped "" "$wanted" || install_into_venv "" "$wanted"
    local extra
    for extra in $extras; do stamped "$extra" "$wanted" || install_into_venv "$extra" "$wanted"; done
}

stamped() { [ "$(cat "$venv/.installed-${1:-library}" 2>/dev/null)" = "$2" ]; }

install_into_venv() {
    say "installing Python packages into .venv${1:+ (for $1)}"
    local pip=("$venv/bin/python" -m pip install --quiet)
    "${pip[@]}" "setuptools>=77" "cffi>=2.0" wheel packaging
    (cd "$root" && "${pip[@]}" --no-build-isolation --editable ".${1:+[$1]}")
    printf '%s\n' "$2" >"$venv/.installed-${1:-library}"
}
