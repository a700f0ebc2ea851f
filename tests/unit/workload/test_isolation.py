"""Which runtime a node gets, and what is said where none is enough."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from perry_ffi.backends.contract.sandbox_records import LEVELS, Runtime, SandboxHost
from perry_ffi.errors import BackendNotAvailable, Unsupported
from perry_ffi.workload.graph import Node
from perry_ffi.workload.isolation import Isolation, choose, demands
from tests.support.workloads import checked

PLAIN, OTHER = Runtime("runc", "container"), Runtime("crun", "container")
GVISOR, KATA = Runtime("runsc", "gvisor"), Runtime("kata", "microvm")
GONE = Runtime("kata-gone", "microvm", "kata is not there")
UNTRUSTED = {"policy": {"tier": "untrusted"}}


def node(**members: Any) -> Node:
    return checked({"a": members}).nodes["a"]


def host(*runtimes: Runtime, default: str = "runc", chooses: bool = True) -> SandboxHost:
    return SandboxHost(runtimes, default, chooses, "amd64", "add one")


@pytest.mark.parametrize(
    ("members", "there", "runtime", "level"),
    [
        ({}, [PLAIN, GVISOR, KATA], None, "container"),
        ({"runtime": {"type": "oci"}}, [PLAIN, GVISOR, KATA], None, "container"),
        ({"runtime": "crun"}, [PLAIN, OTHER], "crun", "container"),
        ({"runtime": {"type": "microVm"}}, [PLAIN, GVISOR, KATA], "kata", "microvm"),
        ({"policy": {"isolation": "gvisor"}}, [PLAIN, KATA, GVISOR], "runsc", "gvisor"),
        ({"policy": {"isolation": "gvisor"}}, [PLAIN, KATA], "kata", "microvm"),
        ({"policy": {"tier": "hardened"}}, [PLAIN, KATA], None, "container"),
        (UNTRUSTED, [PLAIN, GVISOR, KATA], "kata", "microvm"),
        (UNTRUSTED, [PLAIN, GVISOR, GONE], "runsc", "gvisor"),
        ({**UNTRUSTED, "runtime": "runsc"}, [PLAIN, GVISOR, KATA], "runsc", "gvisor"),
        ({**UNTRUSTED, "runtime": {"type": "oci"}}, [PLAIN, GVISOR], "runsc", "gvisor"),
    ],
)
def test_the_least_that_is_enough_or_the_strongest(members: Any, there: list[Runtime], runtime: str | None, level: str) -> None:
    found = choose(node(**members), host(*there), "fake")
    assert (found.runtime, found.level, found.shared) == (runtime, level, False)


def test_the_engines_own_runtime_is_enough_where_it_is() -> None:
    strong = host(PLAIN, KATA, default="kata")
    for members in ({}, UNTRUSTED, {"policy": {"isolation": "gvisor"}}):
        assert choose(node(**members), strong, "fake") == Isolation(None, "microvm")


def test_never_less_than_was_asked_for() -> None:
    there = [PLAIN, OTHER, GVISOR, KATA, GONE]
    policies = [{"tier": tier, "isolation": level} for tier in ("default", "hardened", "untrusted") for level in (None, *LEVELS)]
    for policy, count, chooses, allowed in product(policies, range(len(there)), [True, False], [True, False]):
        wanted = node(policy=policy)
        try:
            found = choose(wanted, host(*there[count:], chooses=chooses), "fake", allow_shared=allowed)
        except BackendNotAvailable:
            continue
        if found.shared:
            assert allowed and policy["tier"] == "untrusted" and policy["isolation"] in (None, "container")
        else:
            assert LEVELS.index(found.level) >= LEVELS.index(wanted.enforcement.least)


def test_what_is_said_where_none_is_enough() -> None:
    with pytest.raises(BackendNotAvailable) as refused:
        choose(node(**UNTRUSTED), host(PLAIN, GONE), "fake")
    error = refused.value
    assert error.message == (
        "nodes.a.policy: fake has no runtime that gives it own kernel; there is: runc (container), kata-gone (microvm)"
    )
    assert {name: error.details[name] for name in ("node", "tier", "wanted", "rows")} == {
        "node": "a", "tier": "untrusted", "wanted": "own kernel",
        "rows": [
            {"runtime": "runc", "class": "container", "reason": "", "remedy": "add one"},
            {"runtime": "kata-gone", "class": "microvm", "reason": "kata is not there", "remedy": "add one"},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("there", [None, host(PLAIN), host(PLAIN, KATA, chooses=False)])
def test_a_kernel_is_shared_only_where_that_is_allowed(there: SandboxHost | None) -> None:
    with pytest.raises(BackendNotAvailable):
        choose(node(**UNTRUSTED), there, "fake")
    assert choose(node(**UNTRUSTED), there, "fake", allow_shared=True) == Isolation(None, "container", shared=True)
    for members in ({"policy": {"tier": "untrusted", "isolation": "gvisor"}}, {"policy": {"isolation": "gvisor"}},
                    {"runtime": {"type": "microVm"}}, {**UNTRUSTED, "runtime": "runc"}):  # fmt: skip
        with pytest.raises(BackendNotAvailable):
            choose(node(**members), there, "fake", allow_shared=True)


def test_a_runtime_that_is_not_there_or_not_enough_is_refused_by_its_name() -> None:
    for members in ({"runtime": "gone"}, {"runtime": "runc", "policy": {"isolation": "gvisor"}}):
        with pytest.raises(BackendNotAvailable) as refused:
            choose(node(**members), host(PLAIN, KATA), "fake")
        assert refused.value.message.startswith("nodes.a.runtime: ")


def test_an_engine_that_does_not_tell_runs_what_demands_nothing() -> None:
    assert choose(node(), None, "fake") == Isolation()
    assert choose(node(runtime="crun"), None, "fake") == Isolation("crun")
    assert not demands(node())
    assert demands(node(runtime="crun")) and demands(node(**UNTRUSTED)) and demands(node(policy={"isolation": "gvisor"}))


def test_a_module_is_refused_with_the_name_of_its_node() -> None:
    module = node(image=None, runtime={"type": "wasm", "module": "x.wasm"})
    for there in (None, host(PLAIN, KATA)):
        with pytest.raises(Unsupported) as refused:
            choose(module, there, "fake")
        assert (refused.value.details["node"], refused.value.details["path"]) == ("a", "nodes.a.runtime")
