#!/usr/bin/env bash
# make test-engines: the live tests on each engine there is a root for, one after the other, and a table of what came of it.
# Arguments go to pytest, tests/live where none is a path. ENGINES="docker@trixie podman@testing" picks rows, CI=true as ever.
# What each run said is kept in .cache/engines/ROW.log, where a row that was run before is also read for the table.
command_name=test-engines
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# engine@place: `machine` is what is installed here, `go` a docker built from its source, all else a suite of Debian.
rows=(
    docker@machine  # Debian 12: 20.10
    podman@machine  # Debian 12: 4.3
    docker@trixie   # Debian 13: 26.1
    podman@trixie   # Debian 13: 5.4
    docker@testing  # 28.5
    podman@testing  # 5.8
    docker@go       # 29, with containerd's store of images, which is its own choice
    docker@go-graph # 29, with the store of images that docker had before
)
logs=$root/.cache/engines

# What runs a command where the engines of a place are.
at() {
    local place=$1
    shift
    case $place in
        machine) "$@" ;;
        go) "$root/scripts/docker-go.sh" "$@" ;;
        go-graph) PERRY_TEST_DOCKER_CONFIG='{"features": {"containerd-snapshotter": false}}' "$root/scripts/docker-go.sh" "$@" ;;
        *) PERRY_ENGINES_SUITE=$place "$root/scripts/newer-engines.sh" "$@" ;;
    esac
}

# Runs one row; its log begins with the engine's own version.
run() {
    local engine=$1 place=$2 log=$3 status=0
    shift 3
    at "$place" bash -c '"$1" --version && shift && exec "$@"' bash "$(program "$engine")" \
        "$venv/bin/python" -m pytest -q -k "$(tests_of "$engine")" "$@" >"$log" 2>&1 || status=$?
    echo "exit status $status" >>"$log"
}

# Those of one engine, by the name in brackets, and those without one; the servers elsewhere have a dockerd behind them.
tests_of() {
    case $1 in
        docker) echo '[docker or docker] or not podman' ;;
        podman) echo '[podman or podman] or not docker and not remote_engines' ;;
    esac
}

program() { case $1 in docker) echo dockerd ;; *) echo "$1" ;; esac }

# One line of the table, from a row's log: the engine's version, and pytest's last line.
line() {
    local row=$1 log=$2 version summary
    version=$(grep -oiE "${row%@*} version [^, ;]+" "$log" | head -1 | awk '{print $3}')
    summary=$(grep -E '^(=+ )?([0-9]+ (passed|failed)|no tests ran).* in ' "$log" | tail -1 | sed 's/^=* //; s/ =*$//')
    if [ -z "$summary" ]; then
        printf '%-16s %-18s missing: %s\n' "$row" "${version:-?}" "$(grep -v '^exit status' "$log" | tail -1)"
        return
    fi
    printf '%-16s %-18s %7s %7s %7s %7s  %s\n' "$row" "${version:-?}" "$(count passed "$summary")" "$(count failed "$summary")" \
        "$(count 'errors?' "$summary")" "$(count skipped "$summary")" "${summary##* in }"
}

count() { grep -oE "[0-9]+ $1" <<<"$2" | awk '{print $1} END {if (!NR) print 0}'; }

is_root || fail "needed: root, for engines of the tests' own and the roots that they are in"
"$root/scripts/build.sh" test
get_peers
mkdir -p "$logs"
cd "$root"
read -ra wanted <<<"${ENGINES:-${rows[*]}}"
names_tests "$@" || set -- tests/live "$@"
for row in "${wanted[@]}"; do
    [[ " ${rows[*]} " == *" $row "* ]] || fail "no row is called $row; there are: ${rows[*]}"
    say "$row"
    run "${row%@*}" "${row#*@}" "$logs/$row.log" "$@"
done

printf '\n%-16s %-18s %7s %7s %7s %7s  %s\n' row version passed failed errors skipped time
green=true
for row in "${rows[@]}"; do
    log=$logs/$row.log
    if [ -e "$log" ]; then
        line "$row" "$log"
        [[ " ${wanted[*]} " != *" $row "* ]] || grep -qx 'exit status 0' "$log" || green=false
    else
        printf '%-16s %-18s %s\n' "$row" - "not run here: make test-engines ENGINES=$row"
    fi
done
$green
