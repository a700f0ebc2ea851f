"""How tasks of the cluster in memory go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perry_ffi.backends.contract.service_definition import NetworkUse, Placement, PortUse, RestartRule
from perry_ffi.backends.fake.cluster.tasks import REMEMBERED
from perry_ffi.model.network import NetworkSpec
from tests.unit.backends.fake.cluster.rig import Rig, definition

pytestmark = pytest.mark.anyio


async def test_a_task_goes_from_new_to_running() -> None:
    rig = Rig()
    await rig.services.create_service(definition())
    seen = []
    for _ in range(40):
        states = await rig.states()
        seen += [state for state in states if state not in seen]
        rig.cluster.clock.move(0.02)
    assert seen == ["new", "preparing", "starting", "running"]
    assert {task.node_name for task in await rig.tasks()} == {"n1", "n2", "n3"}
    assert all(task.container for task in await rig.tasks())


async def test_with_a_check_it_starts_until_that_passes() -> None:
    rig = Rig()
    await rig.created(definition(check=True), 1.0)
    assert await rig.states() == {"starting": 3}
    assert (await rig.after(2)).running == 3


async def test_one_that_never_is_healthy_is_started_again_for_ever() -> None:
    rig = Rig()
    state = await rig.created(definition("sick:1", check=True, replicas=1), 300)
    tasks = await rig.tasks()
    assert state.update is None
    assert len(tasks) == REMEMBERED
    assert {task.error for task in tasks if not task.wanted} == {"dockerexec: unhealthy container"}


async def test_a_crash_is_started_again_after_its_delay() -> None:
    rig = Rig()
    await rig.created(definition("crash:1", replicas=1, restart=RestartRule("any", delay=2)), 1.9)
    assert [(task.state, task.exit_code, task.error) for task in await rig.tasks() if not task.wanted] == [
        ("failed", 3, "task: non-zero exit (3)")
    ]
    assert await rig.states() == {"preparing": 1}
    rig.cluster.clock.move(1.5)
    assert [task.state for task in await rig.tasks() if not task.wanted] == ["failed", "failed"]


@pytest.mark.parametrize(("condition", "image", "ends"), [("none", "job:1", 1), ("none", "crash:1", 1), ("on-failure", "job:1", 1),
                                                          ("on-failure", "crash:1", 5), ("any", "job:1", 5)])  # fmt: skip
async def test_what_follows_an_end(condition: str, image: str, ends: int) -> None:
    rig = Rig()
    await rig.created(definition(image, replicas=1, restart=RestartRule(condition)), 300)  # type: ignore[arg-type]
    assert len(await rig.tasks()) == ends


async def test_attempts_are_bounded() -> None:
    rig = Rig()
    await rig.created(definition("crash:1", replicas=1, restart=RestartRule("any", delay=1, max_attempts=2)), 300)
    assert [task.state for task in await rig.tasks()] == ["failed"] * 3


async def test_an_image_that_is_missing_is_rejected_for_ever() -> None:
    rig = Rig(missing={"gone:1"})
    state = await rig.created(definition("gone:1", replicas=1), 300)
    assert state.update is None and state.running == 0
    assert {task.error for task in await rig.tasks() if task.state == "rejected"} == {"No such image: gone:1"}


async def test_no_node_that_fits_is_told_and_waited_for() -> None:
    rig = Rig()
    rig.cluster.drain("n3")
    await rig.created(definition(replicas=1, placement=Placement(("node.labels.disk == fast",))))
    (task,) = await rig.tasks()
    words = "no suitable node (scheduling constraints not satisfied on 2 nodes; 1 node not available for new tasks)"
    assert (task.state, task.error, task.node) == ("pending", words, "")
    rig.cluster.node("n3").labels["disk"] = "fast"
    rig.cluster.activate("n3")
    assert (await rig.after(5)).running == 1


async def test_a_port_of_the_node_is_one_tasks_alone() -> None:
    rig = Rig()
    wanted = definition(replicas=4, ports=(PortUse(80, 8080, mode="host"),))
    await rig.created(wanted)
    assert await rig.states() == {"running": 3, "pending": 1}
    assert {task.error for task in await rig.wanted()} == {"", "no suitable node (host-mode port already in use on 3 nodes)"}
    await rig.updated(replace(wanted, replicas=3))
    assert (await rig.state()).running == 3


async def test_more_tasks_than_addresses_stay_new_and_nobody_says_why() -> None:
    rig = Rig()
    ident = await rig.services.create_network("p_net", NetworkSpec())
    wanted = definition(replicas=300, networks=(NetworkUse(ident),))
    await rig.created(wanted)
    assert await rig.states() == {"running": 253, "new": 47}
    await rig.services.scale_service(await rig.state(), 253)
    assert (await rig.after(10)).running == 253


async def test_a_drained_nodes_tasks_go_elsewhere_and_none_comes_back() -> None:
    rig = Rig()
    await rig.created(definition())
    rig.cluster.drain("n2")
    assert (await rig.after(30)).running == 3
    assert "n2" not in {task.node_name for task in await rig.wanted()}
    rig.cluster.activate("n2")
    await rig.after(30)
    assert "n2" not in {task.node_name for task in await rig.wanted()}


async def test_a_power_cut_is_noticed_late_and_the_dead_are_told_as_running() -> None:
    rig = Rig()
    await rig.created(definition(restart=RestartRule("on-failure", delay=1)))
    rig.cluster.cut("n2")
    assert (await rig.after(10)).running == 3
    assert (await rig.after(20)).running == 4
    dead = [task for task in await rig.tasks() if not task.wanted]
    assert [(task.state, task.node_name) for task in dead] == [("running", "n2")]
    assert [node.up for node in await rig.services.nodes()] == [True, False, True]
    rig.cluster.restore_power("n2")
    assert (await rig.after(30)).running == 3


async def test_one_shots_are_not_moved_and_stay_complete() -> None:
    rig = Rig()
    await rig.created(definition("job:1", restart=RestartRule("none")))
    rig.cluster.drain("n1")
    await rig.after(60)
    assert [task.state for task in await rig.tasks()] == ["complete"] * 3


async def test_a_removed_services_tasks_run_on_for_their_grace() -> None:
    rig = Rig()
    state = await rig.created(definition("tough:1"))
    await rig.services.remove_service(state.id)
    assert await rig.services.services() == []
    rig.cluster.clock.move(9)
    assert [(task.state, task.wanted) for task in await rig.services.tasks([state.id])] == [("running", False)] * 3
    rig.cluster.clock.move(2)
    assert await rig.services.tasks([state.id]) == []
    assert rig.cluster.world.tasks == rig.cluster.world.leaving == {}
