"""Machines and leaders that go away during an ``up``: it ends with the truth, nothing is doubled, and nothing is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.contract.service_records import TaskState
from perry_ffi.backends.fake.cluster import FakeCluster, TaskScript
from perry_ffi.backends.fake.world import Call
from perry_ffi.errors import ContainerError, ServiceStartupFailed
from tests.unit.stack.cluster.rig import Rig, project, shop
from tests.unit.stack.cluster.test_transaction import FIRST_WRITES

pytestmark = pytest.mark.anyio
WHOLE = {"p_api": 3, "p_db": 1, "p_migrate": 0, "p_side": 1, "p_web": 2}


def at_write(rig: Rig, number: int, happens: Callable[[FakeCluster], object]) -> None:
    """Has it happen right before the call with this number that changes something."""
    seen = 0

    async def watch(call: Call, moment: str) -> None:
        nonlocal seen
        if call.write and moment == "before":
            seen += 1
            if seen == number:
                happens(rig.cluster)

    rig.backend.interrupt = watch


async def wanted(rig: Rig) -> list[TaskState]:
    states = await rig.services.services()
    return [task for task in await rig.services.tasks([state.id for state in states]) if task.wanted]


async def is_whole(rig: Rig) -> None:
    """Every service has its tasks, once, and another ``up`` has nothing to do."""
    names = {state.id: state.name for state in await rig.services.services()}
    assert len(set(names.values())) == len(names) == len(WHOLE)
    tasks = await wanted(rig)
    assert Counter(names[task.service] for task in tasks) == {name: count for name, count in WHOLE.items() if count}
    assert len({(task.service, task.slot) for task in tasks}) == len(tasks)
    assert len((await rig.state())["objects"]) == 3
    assert await rig.plan(shop()) == "nothing to do\n"


@pytest.mark.parametrize("carries_out", [True, False])
@pytest.mark.parametrize("number", [1, 5, FIRST_WRITES])
async def test_a_leader_that_falls_at_any_call(rig: Rig, number: int, carries_out: bool) -> None:
    at_write(rig, number, lambda cluster: cluster.lose_leader(5, carries_out=carries_out))
    await rig.up(shop())
    await is_whole(rig)


async def test_a_power_cut_of_a_node_at_the_last_call(rig: Rig) -> None:
    at_write(rig, FIRST_WRITES, lambda cluster: cluster.cut("n3"))
    await rig.up(shop())
    rig.cluster.clock.move(60)
    assert not [task for task in await wanted(rig) if task.node_name == "n3"]
    await is_whole(rig)


async def test_a_one_shot_on_a_node_that_goes_away_is_not_waited_for(rig: Rig) -> None:
    """The engine starts it nowhere else. The node is silent before any task has its place, and is known to be down later."""
    heard = rig.bus.subscribe()
    at_write(rig, 3, lambda cluster: cluster.cut("n3", noticed=1000.0))
    with anyio.fail_after(40), pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(shop())
    assert caught.value.details["service"] == "migrate" and "n3" in caught.value.message
    assert caught.value.details["rolledBack"] is True
    assert await rig.state() == {"services": {}, "objects": set()}
    told = [row["message"] for row in await heard.next() or () if row["kind"] == "warning"]
    assert "n3: no answer; what runs there of what was put back ends when it comes back" in told


async def test_what_was_put_back_is_not_waited_for_on_nodes_that_do_not_answer(tmp_path: Path) -> None:
    """It stands as far as it can: a task on each of two nodes of three, and none of what is pinned to the third."""
    rig = Rig(tmp_path, late=TaskScript(exit_code=3))
    pinned = {"deploy": {"placement": {"constraints": ["node.hostname == n3"]}}}
    before = {"each": {"deploy": {"mode": "global"}}, "there": pinned}
    await rig.up(project(before))
    labels = {name: row[3:] for name, row in (await rig.state())["services"].items()}
    heard = rig.bus.subscribe()
    rig.cluster.cut("n3", noticed=0.0)

    def edited(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "command": "new"}

    rig.cluster.faults.fail("create_service", nth=1)
    changed = {"each": edited(before["each"]), "there": edited(pinned), "late": {"depends_on": ["each"]}}
    with anyio.fail_after(40), pytest.raises(ContainerError) as caught:
        await rig.up(project(changed))
    assert caught.value.details["rolledBack"] is True, caught.value.details["leftOver"]
    assert {name: row[3:] for name, row in (await rig.state())["services"].items()} == labels
    told = [row["message"] for row in await heard.next() or () if row["kind"] == "warning"]
    assert "p_there: put back, and not all of its tasks run: no answer from n3" in told


@pytest.mark.parametrize("number", [3, FIRST_WRITES])
async def test_a_drain_of_a_node_at_a_call(rig: Rig, number: int) -> None:
    at_write(rig, number, lambda cluster: cluster.drain("n2"))
    await rig.up(shop())
    rig.cluster.clock.move(60)
    assert not [task for task in await wanted(rig) if task.node_name == "n2"]
    await is_whole(rig)


async def test_a_leader_that_falls_while_a_failing_up_is_put_back(tmp_path: Path) -> None:
    rig = Rig(tmp_path, web=TaskScript(exit_code=3))
    at_write(rig, FIRST_WRITES + 1, lambda cluster: cluster.lose_leader(20, carries_out=True))
    with pytest.raises(ContainerError) as caught:
        await rig.up(shop())
    assert caught.value.details.get("rolledBack", True) is True
    assert await rig.state() == {"services": {}, "objects": set()}
