"""A verb over a project is told from its begin to its end."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import NotFound, ServiceStartupFailed
from perry_ffi.stack import images
from perry_ffi.stack.lifecycle import Lifecycle
from perry_ffi.stack.steps.verbs import Doing
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


async def test_what_is_done_to_containers_and_images_is_told_too(rig: Rig) -> None:
    wanted = project({"web": {}, "made": {"build": "."}})
    await rig.up(project({"web": {}}))
    rig.world.remote.add("app")
    listener = rig.context.bus.subscribe()
    verbs_of = Lifecycle(rig.context, wanted.name, wanted)
    for work in (verbs_of.stop, verbs_of.start, verbs_of.restart, verbs_of.pause, verbs_of.unpause):
        await work(["web"])
    await verbs_of.kill(["web"], "KILL")
    await verbs_of.remove(["web"])
    await images.pull(rig.context, wanted, ["web"], ignore=False)
    names = ("stop", "start", "restart", "pause", "unpause", "kill", "remove", "pull")
    found = [(row["verb"], row["state"], row["project"]) for row in await verbs(listener)]
    assert found == [(verb, state, wanted.name) for verb in names for state in ("started", "done")]


async def test_what_is_rehearsed_is_not_told(rig: Rig) -> None:
    wanted = project({"web": {}})
    await rig.up(wanted)
    listener = rig.context.bus.subscribe()
    await Lifecycle(rig.context, wanted.name, wanted, rehearse=True).stop(None)
    await images.pull(rig.context, wanted, None, ignore=False, doing=Doing(rig.context.bus, wanted.name, rehearse=True))
    rig.context.bus.tell("end")
    assert not await verbs(listener)


async def test_one_that_fails_is_told_as_failed(rig: Rig) -> None:
    listener = rig.context.bus.subscribe()
    with pytest.raises(NotFound):
        await Lifecycle(rig.context, "p", project({"web": {}})).stop(["nobody"])
    assert [(row["verb"], row["state"]) for row in await verbs(listener)] == [("stop", "started"), ("stop", "failed")]
