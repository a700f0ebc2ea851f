"""Which runtime is chosen, and what is said where none is enough."""

from __future__ import annotations

from itertools import product

import pytest

from perry_ffi.backends.contract.sandbox_records import LEVELS, Runtime, SandboxHost
from perry_ffi.errors import BackendNotAvailable, Unsupported
from perry_ffi.model.capability import IsolationWish
from perry_ffi.sandbox.isolation import choose, refuse_lacking

PLAIN, OTHER = Runtime("runc", "container"), Runtime("crun", "container")
GVISOR, KATA = Runtime("runsc", "gvisor"), Runtime("kata", "microvm")
GONE = Runtime("kata-gone", "microvm", "kata is not there")


def host(*runtimes: Runtime, default: str = "runc", chooses: bool = True) -> SandboxHost:
    return SandboxHost(runtimes, default, chooses, "amd64", "add one")


@pytest.mark.parametrize(
    ("wish", "there", "wanted"),
    [
        ("container", [PLAIN, GVISOR, KATA], "runc"),
        ("container", [OTHER, PLAIN], "runc"),
        ("gvisor", [PLAIN, GVISOR, KATA], "runsc"),
        ("gvisor", [PLAIN, KATA], "kata"),
        ("microvm", [PLAIN, GVISOR, KATA], "kata"),
        ("strongest", [PLAIN, GVISOR, KATA], "kata"),
        ("strongest", [PLAIN, GVISOR, GONE], "runsc"),
        ("strongest", [OTHER, PLAIN], "runc"),
    ],
)
def test_the_least_that_is_enough_or_the_strongest(wish: IsolationWish, there: list[Runtime], wanted: str) -> None:
    assert choose(host(*there), wish, None, "fake").name == wanted


def test_never_less_than_was_asked_for() -> None:
    there = [PLAIN, OTHER, GVISOR, KATA, GONE]
    wishes: list[IsolationWish] = ["container", "gvisor", "microvm", "strongest"]
    for wish, count, chooses in product(wishes, range(len(there)), [True, False]):
        for runtime in (None, *(row.name for row in there)):
            try:
                found = choose(host(*there[count:], chooses=chooses), wish, runtime, "fake")
            except BackendNotAvailable as error:
                assert error.details["rows"] == [
                    {"runtime": row.name, "class": row.level, "reason": reason(row, chooses)} for row in there[count:]
                ]
                continue
            assert not found.missing and (runtime is None or found.name == runtime)
            assert wish == "strongest" or LEVELS.index(found.level) >= LEVELS.index(wish)


def reason(row: Runtime, chooses: bool) -> str:
    return row.missing or ("" if chooses or row.name == "runc" else "the engine does not run it")


def test_an_engine_that_does_not_choose_has_its_default() -> None:
    assert choose(host(GVISOR, default="runsc", chooses=False), "container", None, "fake") is GVISOR
    with pytest.raises(BackendNotAvailable) as refused:
        choose(host(PLAIN, GVISOR, chooses=False), "gvisor", None, "fake")
    assert refused.value.details["remedy"] == "add one" and refused.value.code == 503


def test_what_the_machine_does_not_bound_is_refused_by_its_member() -> None:
    for member in ("memory", "pids", "cpus", "seccomp"):
        lacking = SandboxHost((PLAIN,), "runc", True, "amd64", "", {member: "it cannot"})
        with pytest.raises(Unsupported) as refused:
            refuse_lacking(lacking, "container", root=False, backend="fake")
        assert refused.value.details["member"] == f"CapabilitySpec.{member}"
    rootless = SandboxHost((PLAIN,), "runc", True, "amd64", "", {"user": "it is the engine's own"})
    refuse_lacking(rootless, "container", root=False, backend="fake")
    with pytest.raises(Unsupported):
        refuse_lacking(rootless, "container", root=True, backend="fake")
    refuse_lacking(rootless, "gvisor", root=True, backend="fake")
