"""``create`` on a cluster in memory: services without tasks, that ``start`` and ``up`` give theirs."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import Unsupported
from perry_ffi.stack.lifecycle import lifecycle
from perry_ffi.stack.status import status
from tests.unit.stack.cluster.rig import Rig, project, shop

pytestmark = pytest.mark.anyio

NONE = {"p_api": 0, "p_db": 0, "p_migrate": 0, "p_side": 0, "p_web": 0}
ALL = {"p_api": 3, "p_db": 1, "p_migrate": 0, "p_side": 1, "p_web": 2}


async def test_what_is_created_has_no_task_until_it_is_started(rig: Rig) -> None:
    await rig.up(shop(), start=False)
    assert await rig.names() == NONE
    assert not any(call.method == "tasks" for call in rig.cluster.calls), "nobody waits for what gets no tasks"
    assert len(await rig.services.objects("config")) == len(await rig.services.objects("secret")) == 1
    assert {row["status"] for row in (await status(rig.context, "p", shop(), {}))["services"].values()} == {"exited"}
    await lifecycle(rig.context, "p", shop()).start(None, wait=True)
    assert await rig.names() == ALL
    assert (await rig.up(shop())).empty


async def test_an_up_gives_them_their_tasks_in_their_order(rig: Rig) -> None:
    await rig.up(shop(), start=False)
    assert (await rig.up(shop(), start=False)).empty
    await rig.up(shop())
    assert await rig.names() == ALL
    assert all("perry.compose.stopped" not in state.labels for state in await rig.services.services())


async def test_what_is_there_stays_as_it_is(rig: Rig) -> None:
    await rig.up(shop())
    before = await rig.state()

    def edit(document: dict[str, Any]) -> None:
        document["services"]["side"]["command"] = ["other"]
        document["configs"]["schema"]["content"] = "two"

    found = await rig.up(shop(edit), start=False)
    assert found.empty
    assert sorted(note for note in found.notes if "stays as it is" in note) == [
        f"services.{name}: it is there and would be changed; it stays as it is until it is brought up"
        for name in ("migrate", "side")
    ]
    assert await rig.state() == before


async def test_one_on_each_node_is_not_created_and_nothing_is(rig: Rig) -> None:
    wanted = project({"app": {}, "agent": {"deploy": {"mode": "global"}}})
    with pytest.raises(Unsupported, match="services.agent: a service with a task on each node starts as it is made"):
        await rig.up(wanted, start=False)
    assert not rig.cluster.writes
