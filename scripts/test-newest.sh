#!/usr/bin/env bash
# make test-newest: of the live tests those in which engines of different ages differ, on docker and podman of Debian testing
# side by side. Arguments go to pytest, tests in place of these among them. Its root is made where it is missing (a minute or
# two); where it cannot be made the tests are skipped, and fail with CI=true.
command_name=test-newest
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

# What newer engines do in another way, each file for its reason. What is not here says the same of an engine of any age,
# and is tried by `make test-engines`.
files=(
    test_data.py             # volumes without a name are told of by docker 28 only where they were asked for in one way
    test_unnamed_volumes.py  # the same
    test_stack_seen.py       # docker's list is late after a stop or a kill from 25 on
    test_service_members.py  # what an API knows from some version on is used there, and warned of below
    test_spec_members.py     # the same, of a single container: refused below
    attributes               # the same, seen from inside: names and order of interfaces, MAC addresses, mounts
    test_stack_verbs.py      # who ended a container: podman 5 notes it, 4 tells it by its events
    test_stack_networks.py   # docker 28 ties interfaces to networks in its own order
    test_stack_rolling.py    # aardvark-dns of podman 4 hangs where containers come and go
    test_waits.py            # words and status codes of a wait, an end, a kill
    test_orchestration_calls.py  # the words of refusals: rename, exec, archives of a read-only root
    test_streams.py          # podman 5's logs come in pieces with stamps of their own
    test_stack_documents.py  # a whole file, up and down
    test_remote_engines.py   # TLS, ssh, contexts and connections: newer programs at the other end
)

skip() {
    [ "${CI:-}" != true ] || fail "CI=true, and $1"
    say "skipped: $1"
    echo "=========== 1 skipped in 0.00s ==========="
    exit 0
}

"$root/scripts/build.sh" test
cd "$root"
unset PYTHONDONTWRITEBYTECODE # as in make test
is_root || skip "the newest engines need root, for their root and their mounts"
said=$("$root/scripts/newer-engines.sh" true 2>&1 | tee >(cat >&2) | tail -n 1) || skip "$said"
# What is a program here, and stands in for an engine, is the same beside engines of any age: make test has tried it.
export PERRY_TEST_PROGRAMS=${PERRY_TEST_PROGRAMS-}
names_tests "$@" || set -- "${files[@]/#/tests/live/}" "$@"
exec "$root/scripts/newer-engines.sh" "$venv/bin/python" -m pytest -n "$(workers)" --dist loadfile "$@"
