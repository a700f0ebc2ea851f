"""Services on apple/container as a program asks for them: replicas, orphans, verbs, data, and what is told of one that fails."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import ServiceStartupFailed
from tests.contract.test_apple_kill import stacks
from tests.live.stack_support import IDLE, Stacks, encode

__all__ = ["stacks"]
pytestmark = pytest.mark.anyio


def spec(stacks: Stacks, services: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """Services that idle, and end without a grace."""
    return stacks.spec(
        {name: {"command": IDLE, "stop_grace_period": "0s", **given} for name, given in services.items()}, **sections
    )


async def test_replicas_come_and_go_and_know_each_other(stacks: Stacks) -> None:
    handle = await stacks.up(spec(stacks, {"web": {"scale": 2}, "db": {}}))
    first = {name: row["startedAt"] for name, row in (await stacks.rows(handle)).items() if "startedAt" in row}
    await stacks.call("scale", handle, encode({"web": 3}))
    assert await stacks.states(handle) == dict.fromkeys(["web-1", "web-2", "web-3", "db-1"], "running")
    assert (await stacks.out(handle, "db", "cat", "/etc/hosts")).count(" web") == 3
    await stacks.call("scale", handle, encode({"web": 1}))
    assert await stacks.states(handle) == dict.fromkeys(["web-1", "db-1"], "running")
    again = {name: row["startedAt"] for name, row in (await stacks.rows(handle)).items() if "startedAt" in row}
    assert again.items() <= first.items()


async def test_orphans_go_where_that_is_asked_for(stacks: Stacks) -> None:
    await stacks.up(spec(stacks, {"old": {}, "new": {}}))
    handle = await stacks.up(spec(stacks, {"new": {}}))
    backend = await stacks.client.backend()
    assert len(await backend.list_containers(all=True)) == 2
    handle = await stacks.up(spec(stacks, {"new": {}}), removeOrphans=True)
    assert [row.name for row in await backend.list_containers(all=True)] == [f"{stacks.prefix}-new-1"]
    assert await stacks.states(handle) == {"new-1": "running"}


async def test_what_is_stopped_is_started_again_and_data_outlives_containers(stacks: Stacks) -> None:
    wanted = spec(stacks, {"db": {"volumes": ["data:/data"]}, "web": {"depends_on": ["db"]}}, volumes={"data": {}})
    handle = await stacks.up(wanted)
    await stacks.call("stop", handle, encode(["db"]), None)
    assert await stacks.states(handle) == {"db-1": "exited", "web-1": "running"}
    await stacks.call("start", handle, encode(["db"]), None)
    await stacks.call("restart", handle, encode(["web"]), None)
    assert await stacks.states(handle) == {"db-1": "running", "web-1": "running"}
    report = await stacks.down(handle, volumes=False)
    assert report["errors"] == []
    backend = await stacks.client.backend()
    assert [row.name for row in await backend.list_volumes()] == [f"{stacks.prefix}_data"]
    handle = await stacks.up(wanted)
    assert await stacks.states(handle) == {"db-1": "running", "web-1": "running"}
    report = await stacks.down(handle)
    assert report["errors"] == [] and await backend.list_volumes() == [] and await backend.list_containers(all=True) == []


async def test_a_service_that_ends_before_it_is_healthy(stacks: Stacks) -> None:
    check = {"test": ["CMD", "false"], "interval": "200ms", "retries": 100}
    failing = {"command": ["sh", "-c", "echo why >&2; sleep 1.5; exit 4"], "healthcheck": check, "restart": "no"}
    with pytest.raises(ServiceStartupFailed, match="exit code 4") as caught:
        await stacks.up(spec(stacks, {"db": failing, "web": {"depends_on": {"db": {"condition": "service_healthy"}}}}))
    assert "why" in str(caught.value.details)
    backend = await stacks.client.backend()
    assert await backend.list_containers(all=True) == []
