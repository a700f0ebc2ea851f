"""Containers of nodes: what policies make of them, and what is read back from what was made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.contract.sandbox_records import Runtime, SandboxHost
from perry_ffi.backends.fake import FakeBackend
from perry_ffi.errors import BackendNotAvailable, Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.workload import RunGraphOptions
from perry_ffi.workload.run import run_graph
from tests.unit.workload.rig import GraphRig, graph

RUNC, RUNSC = Runtime("runc", "container"), Runtime("sentry", "gvisor")


def host(*rows: Runtime, default: str = "runc", chooses: bool = True, **more: Any) -> SandboxHost:
    return SandboxHost(rows, default, chooses=chooses, architecture="amd64", remedy="add one", **more)


UNTRUSTED = {"policy": {"tier": "untrusted"}}


class Sandboxing(FakeBackend):
    host = host(RUNC, RUNSC)


@pytest.mark.anyio
async def test_untrusted_without_a_kernel_of_its_own_makes_nothing(rig: GraphRig) -> None:
    with pytest.raises(BackendNotAvailable) as caught:
        await rig.run(graph({"db": {}, "a": UNTRUSTED}))
    assert caught.value.details["tier"] == "untrusted" and not rig.backend.writes


@pytest.mark.anyio
async def test_what_untrusted_becomes(tmp_path: Path) -> None:
    rig = GraphRig(tmp_path, Sandboxing)
    run = await rig.run(graph({"a": UNTRUSTED}))
    spec = rig.box("g-a-1").spec
    assert (
        spec.runtime == "sentry"
        and spec.network == "none"
        and spec.read_only
        and spec.cap_drop == ["ALL"]
        and spec.pids_limit == 64
    )
    assert spec.seccomp is None, "its kernel is its own, and knows no profile"
    assert run.status()["details"]["a"]["isolation"] == "gvisor"


@pytest.mark.anyio
async def test_what_hardened_becomes(rig: GraphRig) -> None:
    await rig.run(graph({"a": {"policy": {"tier": "hardened"}}}))
    spec = rig.box("g-a-1").spec
    assert spec.seccomp and json.loads(spec.seccomp)["defaultAction"] == "SCMP_ACT_ERRNO"
    assert spec.read_only and spec.tmpfs == {"/tmp": "mode=1777"} and spec.no_new_privileges and "SETUID" in spec.cap_add


@pytest.mark.anyio
async def test_an_engine_that_makes_less_is_found_out(tmp_path: Path) -> None:
    class Lying(Sandboxing):
        gives = {"sentry": "runc"}

    rig = GraphRig(tmp_path, Lying)
    with pytest.raises(BackendNotAvailable, match=r"sentry \(gvisor\) was asked for, and fake made it with runc"):
        await rig.run(graph({"a": UNTRUSTED}))
    assert not rig.world.boxes
    assert "start_container" not in {call.method for call in rig.backend.calls}


@pytest.mark.anyio
async def test_a_profile_that_the_machine_does_not_know_is_refused(tmp_path: Path) -> None:
    class Without(FakeBackend):
        host = host(RUNC, lacks={"seccomp": "its kernel knows none"})

    rig = GraphRig(tmp_path, Without)
    with pytest.raises(Unsupported, match=r"nodes.a.policy: fake cannot honour its seccomp profile: its kernel knows none"):
        await rig.run(graph({"a": {"policy": {"tier": "hardened"}}}))
    assert not rig.backend.writes


@pytest.mark.anyio
async def test_a_shared_kernel_is_told(rig: GraphRig) -> None:
    wanted = graph({"a": UNTRUSTED})
    run = await run_graph(rig.context, wanted, validate(RunGraphOptions, {}), allow_shared_kernel=True)
    assert run.status()["details"]["a"]["isolation"] == "container"
    assert rig.box("g-a-1").spec.labels["perry.workload.isolation"] == "shared" and rig.box("g-a-1").spec.seccomp
    assert [row["node"] for row in await rig.told("warning")] == ["a"]
