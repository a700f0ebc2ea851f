"""A verb over a project is told from its begin to its end."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import ServiceStartupFailed
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio


async def verbs(listener: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await listener.next() or () if row["kind"] == "verb"]


async def test_up_and_down(rig: Rig) -> None:
    listener = rig.context.bus.subscribe()
    wanted = project({"web": {}})
    await rig.up(wanted)
    await rig.down(wanted.name, wanted)
    found = [(row["verb"], row["state"], row["project"]) for row in await verbs(listener)]
    assert found == [(verb, state, wanted.name) for verb in ("up", "down") for state in ("started", "done")]


async def test_where_it_is_reached_is_told_to_who_listens_closely(rig: Rig) -> None:
    listener = rig.context.bus.subscribe(closely=True)
    wanted = project({"web": {"ports": ["18080:80"]}, "db": {}})
    await rig.up(wanted)
    last = (await verbs(listener))[-1]
    assert set(last["published"]) == {"web"} and "18080->80/tcp" in last["published"]["web"][0]
    await rig.up(wanted)
    assert "published" not in (await verbs(listener))[-1], "nothing was done"


async def test_a_plan_is_told_to_who_listens_closely(rig: Rig) -> None:
    listener = rig.context.bus.subscribe(closely=True)
    await rig.up(
        project({"web": {"depends_on": {"db": {"condition": "service_healthy"}}}, "db": {"healthcheck": {"test": ["CMD", "x"]}}})
    )
    plans = [row for row in await listener.next() or () if row["kind"] == "plan"]
    waits = [step for step in plans[-1]["steps"] if step["action"] == "wait"]
    assert [(step["service"], step["condition"]) for step in waits] == [("db", "healthy")]


async def test_one_that_fails(rig: Rig) -> None:
    rig.behave = {"web": Behaviour(exit_code=3)}
    listener = rig.context.bus.subscribe()
    with pytest.raises(ServiceStartupFailed):
        await rig.up(project({"web": {}}), wait=True)
    assert [row["state"] for row in await verbs(listener)] == ["started", "failed"]
