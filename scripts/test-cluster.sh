#!/usr/bin/env bash
# make test-cluster: all tests of a real swarm, the contract of services among them, a part of which `make test` runs too. Arguments
# go to pytest, tests in place of these among them.
command_name=test-cluster
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

export PERRY_TEST_CLUSTER=1
names_tests "$@" || set -- tests/swarm tests/contract/test_services.py "$@"
exec "$root/scripts/test.sh" "$@"
