"""How services of the cluster in memory are replaced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perry_ffi.backends.contract.service_definition import RestartRule, UpdatePolicy
from tests.unit.backends.fake.cluster.rig import START_FIRST, Rig, definition

pytestmark = pytest.mark.anyio


async def test_a_good_update_completes_after_the_last_task_and_its_monitor() -> None:
    rig = Rig()
    await rig.created(definition())
    state = await rig.updated(definition("web:2"), 5)
    assert state.update and state.update.state == "updating"
    state = await rig.after(10)
    assert state.update and (state.update.state, state.update.message) == ("completed", "update completed")
    assert await rig.images() == {"web:2": 3}
    assert {task.labels["of"] for task in await rig.wanted()} == {"web:2"}


@pytest.mark.parametrize(("order", "least", "most"), [("stop-first", 2, 3), ("start-first", 3, 4)])
async def test_the_order_says_whether_it_is_ever_fewer_or_more(order: str, least: int, most: int) -> None:
    rig = Rig()
    await rig.created(definition())
    await rig.updated(definition("web:2", update=UpdatePolicy(order=order)), 0)  # type: ignore[arg-type]
    counts = {(await rig.after(0.05)).running for _ in range(400)}
    assert (min(counts), max(counts)) == (least, most)


@pytest.mark.parametrize(("parallelism", "at_once"), [(1, 1), (2, 2), (0, 3)])
async def test_so_many_at_a_time(parallelism: int, at_once: int) -> None:
    rig = Rig()
    await rig.created(definition())
    await rig.updated(definition("web:2", update=UpdatePolicy(parallelism=parallelism)), 0.3)
    assert (await rig.state()).running == 3 - at_once


async def test_a_failing_one_is_put_back_by_the_engine_and_the_old_run_on() -> None:
    rig = Rig()
    await rig.created(definition())
    await rig.updated(definition("sick:2", check=True, update=START_FIRST), 0)
    seen = []
    for _ in range(400):
        state = await rig.after(0.1)
        assert (await rig.images())["web:1"] == 3
        if state.update and state.update.state not in seen:
            seen.append(state.update.state)
    assert seen == ["updating", "rolling_back", "rolled_back"]
    assert state.image == "web:1"
    assert rig.cluster.service("p_web").previous is None


@pytest.mark.parametrize("order", ["stop-first", "start-first"])
async def test_a_crash_after_the_start_is_put_back_too(order: str) -> None:
    rig = Rig()
    await rig.created(definition())
    state = await rig.updated(definition("late-crash:2", update=UpdatePolicy(order=order)), 120)  # type: ignore[arg-type]
    assert state.update and state.update.state == "rolled_back"
    assert await rig.images() == {"web:1": 3} and len(await rig.wanted()) == 3


async def test_a_crash_after_the_monitor_is_no_failure_of_the_update() -> None:
    rig = Rig()
    await rig.created(definition(replicas=1))
    state = await rig.updated(definition("late-crash:2", replicas=1, update=UpdatePolicy(monitor=1)), 30)
    assert state.update and state.update.state == "completed"


async def test_pause_stays_paused_until_it_is_changed() -> None:
    """The second place was taken when the first one's task ran, before it crashed."""
    rig = Rig()
    await rig.created(definition())
    state = await rig.updated(definition("crash:2", update=UpdatePolicy(failure_action="pause")), 120)
    assert state.update and state.update.state == "paused"
    assert await rig.images() == {"web:1": 1}
    state = await rig.updated(definition("web:3"))
    assert state.update and state.update.state == "completed"
    assert await rig.images() == {"web:3": 3}


async def test_continue_goes_on() -> None:
    rig = Rig()
    await rig.created(definition())
    state = await rig.updated(definition("crash:2", update=UpdatePolicy(failure_action="continue")), 120)
    assert state.update and state.update.state == "completed"
    assert state.image == "crash:2"


async def test_a_share_may_fail() -> None:
    rig = Rig()
    await rig.created(definition())
    state = await rig.updated(definition("crash:2", update=UpdatePolicy(max_failure_ratio=1.0)), 120)
    assert state.update and state.update.state == "completed"


async def test_a_one_shot_that_ends_is_early_termination() -> None:
    rig = Rig()
    once = definition("job:1", replicas=1, restart=RestartRule("none"))
    await rig.created(once)
    state = await rig.updated(replace(once, container=definition("job:2").container))
    assert state.update and state.update.state in ("rolling_back", "rollback_paused", "rolled_back")
    again = replace(once, container=definition("job:3").container, update=UpdatePolicy(failure_action="continue"))
    state = await rig.updated(again)
    assert state.update and state.update.state == "completed"
    assert [task.state for task in await rig.tasks() if task.image == "job:3"] == ["complete"]


async def test_what_changes_no_task_leaves_each_alone_and_no_status() -> None:
    rig = Rig()
    await rig.created(definition())
    before = await rig.tasks()
    await rig.updated(definition("web:2"))
    after = await rig.wanted()
    for wanted in (definition("web:2", labels={"a": "b"}), definition("web:2", update=START_FIRST), definition("web:2")):
        state = await rig.updated(wanted)
        assert state.update is None
        assert await rig.wanted() == after
    assert {task.id for task in before}.isdisjoint({task.id for task in after})
    state = await rig.updated(definition("web:2", restart=RestartRule("any")))
    assert state.update and state.update.state == "completed"


async def test_a_restart_replaces_each_task() -> None:
    rig = Rig()
    state = await rig.created(definition())
    before = {task.id for task in await rig.wanted()}
    await rig.services.restart_service(state)
    state = await rig.after(60)
    assert state.update and state.update.state == "completed"
    assert before.isdisjoint({task.id for task in await rig.wanted()}) and state.running == 3


async def test_a_newer_update_takes_over() -> None:
    rig = Rig()
    await rig.created(definition())
    await rig.updated(definition("web:2"), 1)
    state = await rig.updated(definition("web:3"))
    assert state.update and state.update.state == "completed"
    assert await rig.images() == {"web:3": 3} and len(await rig.wanted()) == 3
