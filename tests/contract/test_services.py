"""Services, their tasks and what they need: what whoever reconciles a project with a cluster relies on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import anyio
import pytest

from perry_ffi.backends.contract.service_definition import NetworkUse, Placement, PortUse, RestartRule
from perry_ffi.backends.contract.service_records import ServiceChange, TaskLog, TaskState
from perry_ffi.backends.contract.services import is_uncertain
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import Conflict, ContainerError, NotFound, Unsupported, ValidationError
from perry_ffi.model.container import LogOptions
from perry_ffi.model.network import NetworkSpec
from tests.contract.clusters import BOUND, FAILS, PASSES, QUICK, START_FIRST, WATCHED, ClusterBench, cluster, with_labels
from tests.swarm.conftest import swarm

pytestmark = pytest.mark.anyio

__all__ = ["cluster", "swarm"]


def marks(tasks: list[TaskState], *states: str) -> Counter[str]:
    """How many of the tasks that shall run, and are in these states, are of each version."""
    return Counter(task.labels["mark"] for task in tasks if task.wanted and task.state in (states or ("running",)))


def ended(tasks: list[TaskState], state: str) -> list[TaskState]:
    return [task for task in tasks if task.state == state]


async def update_states(stream: Stream[ServiceChange], ident: str, count: int) -> list[str]:
    """The first ``count`` states of its update that the stream tells, in the engine's words; closes it."""
    found: list[str] = []
    with anyio.fail_after(BOUND):
        while len(found) < count:
            changes = await stream.next() or ()
            found += [
                change.about["updatestate.new"] for change in changes if change.id == ident and "updatestate.new" in change.about
            ]
    await stream.aclose()
    return found


# -- tasks ------------------------------------------------------------------------------------------


async def test_created_it_says_so_before_anything_runs(cluster: ClusterBench) -> None:
    wanted = cluster.defined(replicas=3)
    ident = await cluster.services.create_service(wanted)
    state = await cluster.state(wanted.name)
    assert (state.id, state.name, state.wanted, state.running) == (ident, wanted.name, 3, 0)
    assert state == await cluster.state(ident)


async def test_its_tasks_are_told_whole(cluster: ClusterBench) -> None:
    wanted = with_labels(cluster.defined(replicas=3), {"of": "the service"})
    state = await cluster.create(wanted)
    assert (state.labels, state.task_labels, state.image) == (dict(wanted.labels), {"mark": "1"}, cluster.image)
    assert (state.everywhere, state.update, state.completed) == (False, None, 0)
    tasks = await cluster.tasks(state)
    assert sorted(task.slot for task in tasks) == [1, 2, 3]
    assert {task.node_name for task in tasks} == {node.name for node in await cluster.services.nodes()}
    assert {(task.service, task.state, task.wanted, task.image) for task in tasks} == {(state.id, "running", True, cluster.image)}
    assert {(task.error, task.exit_code, task.has_check) for task in tasks} == {("", None, False)}
    assert all(task.container and task.created <= task.changed and task.labels["mark"] == "1" for task in tasks)
    assert [task.created for task in tasks] == sorted(task.created for task in tasks)


async def test_services_are_listed_by_labels_and_name(cluster: ClusterBench) -> None:
    for name in ("b", "a"):
        await cluster.services.create_service(with_labels(cluster.defined(name), {"which": name}))
    found = await cluster.services.services(cluster.labels)
    assert [state.name for state in found] == [cluster.named("a"), cluster.named("b")]
    assert [state.name for state in await cluster.services.services({**cluster.labels, "which": "b"})] == [cluster.named("b")]
    assert [state.name for state in await cluster.services.services({**cluster.labels, "which": None})] == [
        cluster.named("a"), cluster.named("b"),
    ]  # fmt: skip
    assert await cluster.services.services({**cluster.labels, "which": "c"}) == []


async def test_with_a_check_it_starts_until_that_passes(cluster: ClusterBench) -> None:
    wanted = cluster.defined(check=PASSES)
    await cluster.services.create_service(wanted)
    state = await cluster.state(wanted.name)
    seen: list[str] = []

    def runs(tasks: list[TaskState]) -> bool:
        seen.extend(task.state for task in tasks if task.state not in seen)
        return "running" in seen

    await cluster.until_tasks(state, runs)
    assert "starting" in seen and "failed" not in seen
    assert [task.has_check for task in await cluster.tasks(state)] == [True]


async def test_a_first_start_never_fails_by_itself(cluster: ClusterBench) -> None:
    wanted = cluster.defined("a", "sh", "-c", "exit 3")
    await cluster.services.create_service(wanted)
    state = await cluster.state(wanted.name)
    tasks = await cluster.until_tasks(state, lambda tasks: len(ended(tasks, "failed")) > 1)
    assert {(task.slot, task.exit_code) for task in ended(tasks, "failed")} == {(1, 3)}
    assert not ended(tasks, "failed")[0].wanted
    assert {task.error for task in ended(tasks, "failed")} == {"task: non-zero exit (3)"}
    assert (await cluster.state(wanted.name)).update is None


async def test_one_that_never_is_healthy_fails(cluster: ClusterBench) -> None:
    wanted = cluster.defined(check=FAILS)
    await cluster.services.create_service(wanted)
    state = await cluster.state(wanted.name)
    tasks = await cluster.until_tasks(state, lambda tasks: bool(ended(tasks, "failed")))
    assert "unhealthy" in ended(tasks, "failed")[0].error
    assert state.running == 0


async def test_an_image_that_is_missing_is_rejected_by_its_node(cluster: ClusterBench) -> None:
    wanted = cluster.defined(image=cluster.missing)
    await cluster.services.create_service(wanted)
    state = await cluster.state(wanted.name)
    tasks = await cluster.until_tasks(state, lambda tasks: len(ended(tasks, "rejected")) > 1)
    assert {task.error for task in ended(tasks, "rejected")} == {f"No such image: {cluster.missing}"}
    with pytest.raises(NotFound):
        await cluster.services.resolve_image(cluster.missing)


async def test_no_node_that_fits_is_waited_for_with_its_reason(cluster: ClusterBench) -> None:
    wanted = cluster.defined(placement=Placement(("node.labels.disk == none",)))
    await cluster.services.create_service(wanted)
    state = await cluster.state(wanted.name)
    (task,) = await cluster.until_tasks(state, lambda tasks: bool(tasks[0].error) if tasks else False)
    assert (task.state, task.node, task.container) == ("pending", "", "")
    assert task.error == "no suitable node (scheduling constraints not satisfied on 3 nodes)"


async def test_a_port_of_each_node_is_one_tasks_alone(cluster: ClusterBench) -> None:
    wanted = cluster.defined(replicas=4, ports=(PortUse(80, 18080, mode="host"),))
    await cluster.services.create_service(wanted)
    state = await cluster.until(wanted.name, lambda state: state.running == 3)
    tasks = await cluster.until_tasks(state, lambda tasks: any(task.error for task in tasks))
    assert {task.error for task in tasks if task.state == "pending"} == {
        "no suitable node (host-mode port already in use on 3 nodes)"
    }
    assert {task.ports for task in tasks if task.state == "running"} == {("18080:80/tcp",)}


async def test_a_one_shot_stays_complete_and_nothing_follows(cluster: ClusterBench) -> None:
    wanted = cluster.defined("a", "sh", "-c", "exit 0", restart=RestartRule("none"), replicas=2)
    await cluster.services.create_service(wanted)
    state = await cluster.state(wanted.name)
    tasks = await cluster.until_tasks(
        state, lambda tasks: len(ended(tasks, "complete")) == 2 and not any(task.wanted for task in tasks)
    )
    assert [(task.exit_code, task.error) for task in tasks] == [(0, "")] * 2
    state = await cluster.state(wanted.name)
    assert (state.wanted, state.running, state.completed, state.update) == (2, 0, 0, None)


async def test_a_one_shot_that_fails_is_not_started_again(cluster: ClusterBench) -> None:
    wanted = cluster.defined("a", "sh", "-c", "exit 7", restart=RestartRule("none"))
    await cluster.services.create_service(wanted)
    state = await cluster.state(wanted.name)
    await cluster.until_tasks(state, lambda tasks: bool(ended(tasks, "failed")))
    await anyio.sleep(cluster.pause * 10)
    assert [(task.state, task.exit_code) for task in await cluster.tasks(state)] == [("failed", 7)]


async def test_attempts_are_bounded(cluster: ClusterBench) -> None:
    wanted = cluster.defined("a", "sh", "-c", "exit 1", restart=RestartRule("any", delay=0.1, max_attempts=2))
    await cluster.services.create_service(wanted)
    state = await cluster.state(wanted.name)
    await cluster.until_tasks(state, lambda tasks: len(ended(tasks, "failed")) == 3)
    await anyio.sleep(cluster.pause * 10)
    assert [task.state for task in await cluster.tasks(state)] == ["failed"] * 3


# -- updates ----------------------------------------------------------------------------------------


async def test_updated_each_task_is_replaced(cluster: ClusterBench) -> None:
    before = await cluster.create(cluster.defined(replicas=2))
    await cluster.update(cluster.defined(replicas=2, mark="2"))
    state = await cluster.until_updated(before.name, "completed")
    assert state.version > before.version and state.id == before.id
    assert (state.task_labels, state.wanted) == ({"mark": "2"}, 2)
    tasks = await cluster.until_tasks(state, lambda tasks: marks(tasks) == {"2": 2})
    old = [task for task in tasks if task.labels["mark"] == "1"]
    assert [(task.state, task.wanted, task.exit_code) for task in old] == [("stopped", False, None)] * 2
    assert sorted(task.slot for task in old) == [1, 2]


async def test_start_first_never_has_fewer_than_wanted(cluster: ClusterBench) -> None:
    state = await cluster.create(cluster.defined(replicas=2))
    await cluster.update(cluster.defined(replicas=2, mark="2", update=START_FIRST))
    counts: list[int] = []

    async def done() -> bool:
        now = await cluster.state(state.name)
        counts.append(now.running)
        return now.update is not None and now.update.state == "completed"

    await cluster.eventually(done)
    assert min(counts) == 2
    assert marks(await cluster.tasks(state)) == {"2": 2}


@pytest.mark.parametrize("order", ["stop-first", "start-first"])
async def test_a_failing_update_is_put_back_by_the_engine(cluster: ClusterBench, order: str) -> None:
    first = with_labels(cluster.defined(replicas=2), {"version": "1"})
    state = await cluster.create(first)
    bad = cluster.defined("a", "sh", "-c", "exit 3", replicas=3, mark="2", update=replace(WATCHED, order=order))  # type: ignore[arg-type]
    stream = await cluster.services.changes()
    await cluster.update(with_labels(bad, {"version": "2"}))
    state = await cluster.until_updated(state.name, "rolled_back")
    assert await update_states(stream, state.id, 3) == ["updating", "rollback_started", "rollback_completed"]
    assert (state.labels, state.task_labels, state.wanted) == (dict(first.labels), {"mark": "1"}, 2)
    tasks = await cluster.until_tasks(state, lambda tasks: marks(tasks) == {"1": 2})
    assert {task.exit_code for task in ended(tasks, "failed")} == {3}
    assert state.update is not None and state.update.message


async def test_one_that_does_not_get_healthy_is_put_back(cluster: ClusterBench) -> None:
    state = await cluster.create(cluster.defined(replicas=2))
    await cluster.update(cluster.defined(replicas=2, mark="2", check=FAILS, update=START_FIRST))

    async def is_back() -> bool:
        now = await cluster.state(state.name)
        assert now.running >= 2
        return now.update is not None and now.update.state == "rolled_back"

    await cluster.eventually(is_back)
    assert marks(await cluster.tasks(state)) == {"1": 2}


async def test_a_missing_image_is_put_back(cluster: ClusterBench) -> None:
    state = await cluster.create(cluster.defined())
    await cluster.update(cluster.defined(image=cluster.missing, mark="2"))
    state = await cluster.until_updated(state.name, "rolled_back")
    assert state.image == cluster.image
    await cluster.until_tasks(state, lambda tasks: marks(tasks) == {"1": 1})


async def test_paused_it_stays_until_it_is_changed(cluster: ClusterBench) -> None:
    state = await cluster.create(cluster.defined())
    pause = replace(WATCHED, failure_action="pause")
    await cluster.update(cluster.defined("a", "sh", "-c", "exit 3", mark="2", update=pause))
    paused = await cluster.until_updated(state.name, "paused")
    assert paused.task_labels == {"mark": "2"}
    await cluster.services.restore_service(paused, state)
    await cluster.until_updated(state.name, "completed")
    assert marks(await cluster.tasks(state)) == {"1": 1}


async def test_a_newer_update_takes_over(cluster: ClusterBench) -> None:
    state = await cluster.create(cluster.defined(replicas=2))
    await cluster.update(cluster.defined("a", replicas=2, mark="2", update=replace(QUICK, delay=30.0)))
    await cluster.until_tasks(state, lambda tasks: bool(marks(tasks)["2"]))
    await cluster.update(cluster.defined(replicas=2, mark="3"))
    await cluster.until_updated(state.name, "completed")
    assert marks(await cluster.tasks(state)) == {"3": 2}
    assert len(await cluster.wanted(state)) == 2


async def test_what_changes_no_task_leaves_each_alone_and_tells_no_update(cluster: ClusterBench) -> None:
    await cluster.create(cluster.defined())
    await cluster.update(cluster.defined(mark="2"))
    state = await cluster.until_updated(cluster.named("a"), "completed")
    before = [task.id for task in await cluster.wanted(state)]
    same = cluster.defined(mark="2")
    for wanted in (with_labels(same, {"more": "1"}), replace(same, update=START_FIRST), same):
        await cluster.update(wanted)
        state = await cluster.state(state.name)
        assert (state.update, state.labels) == (None, dict(wanted.labels))
        await anyio.sleep(cluster.pause * 3)
        assert [task.id for task in await cluster.wanted(state)] == before
    await cluster.update(replace(same, restart=RestartRule("any", delay=0.1)))
    await cluster.until_updated(state.name, "completed")
    assert [task.id for task in await cluster.wanted(state)] != before


async def test_a_one_shot_that_is_updated_ended_too_early_unless_its_policy_goes_on(cluster: ClusterBench) -> None:
    once = cluster.defined("a", "sh", "-c", "exit 0", restart=RestartRule("none"))
    await cluster.services.create_service(once)
    state = await cluster.state(once.name)
    await cluster.until_tasks(state, lambda tasks: bool(ended(tasks, "complete")))
    await cluster.update(cluster.defined("a", "sh", "-c", "exit 0", restart=RestartRule("none"), mark="2", update=WATCHED))
    state = await cluster.until_updated(once.name, "rolled_back", "rollback_paused")
    assert state.task_labels == {"mark": "1"}
    go_on = replace(QUICK, failure_action="continue")
    await cluster.update(cluster.defined("a", "sh", "-c", "exit 0", restart=RestartRule("none"), mark="3", update=go_on))
    state = await cluster.until_updated(once.name, "completed")
    tasks = await cluster.tasks(state)
    assert [task.exit_code for task in tasks if task.labels["mark"] == "3"] == [0]


async def test_what_is_stale_is_refused_and_nothing_is_changed(cluster: ClusterBench) -> None:
    stale = await cluster.create(cluster.defined())
    await cluster.update(with_labels(cluster.defined(), {"more": "1"}))
    now = await cluster.state(stale.name)
    services = cluster.services
    for call in (
        services.update_service(stale, cluster.defined(mark="2")),
        services.restore_service(stale, stale),
        services.scale_service(stale, 2),
        services.restart_service(stale),
    ):
        with pytest.raises(Conflict):
            await call
    assert await cluster.state(stale.name) == now


async def test_scaled_no_task_is_replaced_and_labels_come_and_go(cluster: ClusterBench) -> None:
    state = await cluster.create(with_labels(cluster.defined(replicas=2), {"goes": "1", "stays": "1"}))
    before = {task.id for task in await cluster.wanted(state)}
    await cluster.services.scale_service(state, 4, {"goes": None, "comes": "2"})
    state = await cluster.until(state.name, lambda state: state.running == 4)
    assert (state.wanted, state.update) == (4, None)
    assert state.labels == {**cluster.labels, "stays": "1", "comes": "2"}
    assert before < {task.id for task in await cluster.wanted(state)}
    await cluster.services.scale_service(state, 1)
    state = await cluster.until(state.name, lambda state: state.running == 1)
    assert state.labels == {**cluster.labels, "stays": "1", "comes": "2"}
    await cluster.services.scale_service(state, 0)
    await cluster.until_tasks(state, lambda tasks: not tasks)
    assert (await cluster.state(state.name)).wanted == 0


async def test_restarted_each_task_is_replaced_and_nothing_else(cluster: ClusterBench) -> None:
    first = await cluster.create(cluster.defined(replicas=2))
    before = {task.id for task in await cluster.wanted(first)}
    await cluster.services.restart_service(first)
    state = await cluster.until_updated(first.name, "completed")
    again = {task.id for task in await cluster.wanted(state)}
    assert len(again) == 2 and again.isdisjoint(before)
    assert (state.labels, state.task_labels, state.image) == (first.labels, first.task_labels, first.image)
    # The number of restarts is no part of a definition: the same once more replaces nothing.
    await cluster.update(cluster.defined(replicas=2))
    await anyio.sleep(cluster.pause * 3)
    assert {task.id for task in await cluster.wanted(state)} == again


async def test_put_back_it_is_what_it_was_whole(cluster: ClusterBench) -> None:
    former = await cluster.create(with_labels(cluster.defined(replicas=2), {"version": "1"}))
    await cluster.update(with_labels(cluster.defined(replicas=1, mark="2"), {"version": "2"}))
    state = await cluster.until_updated(former.name, "completed")
    await cluster.services.restore_service(state, former)
    state = await cluster.until(former.name, lambda state: state.running == 2 and state.update is not None
                                and state.update.state == "completed")  # fmt: skip
    assert (state.labels, state.task_labels, state.wanted) == (former.labels, former.task_labels, 2)
    assert marks(await cluster.tasks(state)) == {"1": 2}


async def test_put_back_after_the_engine_did_so_it_is_left_alone(cluster: ClusterBench) -> None:
    """Its own memory of what was before is gone then; what was read before holds."""
    former = await cluster.create(cluster.defined())
    await cluster.update(cluster.defined("a", "sh", "-c", "exit 3", mark="2", update=replace(WATCHED, order="start-first")))
    state = await cluster.until_updated(former.name, "rolled_back")
    before = [task.id for task in await cluster.wanted(state)]
    await cluster.services.restore_service(state, former)
    await anyio.sleep(cluster.pause * 3)
    state = await cluster.state(former.name)
    assert state.task_labels == {"mark": "1"} and state.update is None
    assert [task.id for task in await cluster.wanted(state)] == before


async def test_one_that_is_gone_is_made_again(cluster: ClusterBench) -> None:
    former = await cluster.create(with_labels(cluster.defined(replicas=2), {"version": "1"}))
    await cluster.services.remove_service(former.id)
    await cluster.services.restore_service(None, former)
    state = await cluster.until(former.name, lambda state: state.running == 2)
    assert (state.labels, state.task_labels, state.wanted) == (former.labels, former.task_labels, 2)
    assert state.id != former.id


# -- answers that tell nothing -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "uncertain", "there"), [("refused", False, False), ("lost", True, True), ("never", True, False)]
)
async def test_who_is_not_answered_knows_that_nobody_knows(
    cluster: ClusterBench, outcome: str, uncertain: bool, there: bool
) -> None:
    wanted = cluster.defined(replicas=0)
    async with cluster.failing("create_service", outcome) as services:
        with pytest.raises(ContainerError) as caught:
            await services.create_service(wanted)
        assert is_uncertain(caught.value) is uncertain
        assert [state.name for state in await services.services(cluster.labels)] == [wanted.name] * there
        if not there:
            await services.create_service(wanted)
    async with cluster.failing("update_service", outcome) as services:
        state = await services.service(wanted.name)
        with pytest.raises(ContainerError) as caught:
            await services.update_service(state, cluster.defined(replicas=0, mark="2"))
        assert is_uncertain(caught.value) is uncertain
        assert (await services.service(wanted.name)).task_labels == {"mark": "2" if there else "1"}
    async with cluster.failing("remove_service", outcome) as services:
        with pytest.raises(ContainerError) as caught:
            await services.remove_service(state.id)
        assert is_uncertain(caught.value) is uncertain
        assert len(await services.services(cluster.labels)) == (not there)
    async with cluster.failing("create_file", outcome) as services:
        with pytest.raises(ContainerError) as caught:
            await services.create_file("config", cluster.named("f"), b"x", cluster.labels)
        assert is_uncertain(caught.value) is uncertain
        assert len(await services.objects("config", cluster.labels)) == there


# -- names, removal, nodes ----------------------------------------------------------------------------


async def test_a_name_that_is_taken(cluster: ClusterBench) -> None:
    await cluster.services.create_service(cluster.defined())
    with pytest.raises(Conflict):
        await cluster.services.create_service(cluster.defined())


@pytest.mark.parametrize("case", ["a dot", "too long", "ingress without an address", "back from a way back"])
async def test_what_no_service_can_be_is_refused_before_the_engine_is_asked(cluster: ClusterBench, case: str) -> None:
    wanted = cluster.defined()
    bad = {
        "a dot": replace(wanted, name="a.b"),
        "too long": replace(wanted, name="a" * 64),
        "ingress without an address": replace(wanted, ports=(PortUse(80, 18081),)),
        "back from a way back": replace(wanted, rollback=replace(QUICK, failure_action="rollback")),
    }[case]
    with pytest.raises(ValidationError):
        await cluster.services.check_service(bad)
    with pytest.raises(ValidationError):
        await cluster.services.create_service(bad)
    assert await cluster.services.services(cluster.labels) == []


async def test_a_port_of_the_cluster_is_one_services_alone(cluster: ClusterBench) -> None:
    published = {"ports": (PortUse(80, 18082),), "endpoint": "vip", "replicas": 0}
    await cluster.services.create_service(cluster.defined("a", **published))
    with pytest.raises(Conflict):
        await cluster.services.create_service(cluster.defined("b", **published))
    await cluster.services.remove_service(cluster.named("a"))
    await cluster.services.create_service(cluster.defined("b", **published))


async def test_removed_its_tasks_are_told_until_they_have_ended(cluster: ClusterBench) -> None:
    slow = cluster.defined(replicas=2)
    slow = replace(slow, container=slow.container.model_copy(update={"stop_timeout": 4}))
    state = await cluster.create(slow)
    await cluster.services.remove_service(state.id)
    with pytest.raises(NotFound):
        await cluster.state(state.name)
    assert await cluster.services.services(cluster.labels) == []
    tasks = await cluster.until_tasks(state, lambda tasks: not any(task.wanted for task in tasks))
    assert [task.state for task in tasks] == ["running"] * 2
    await cluster.until_tasks(state, lambda tasks: not tasks)
    with pytest.raises(NotFound):
        await cluster.services.remove_service(state.id)


async def test_what_is_gone_is_not_found(cluster: ClusterBench) -> None:
    state = await cluster.create(cluster.defined())
    await cluster.services.remove_service(state.id)
    services = cluster.services
    for call in (
        services.service(state.name),
        services.service(state.id),
        services.remove_service(state.name),
        services.update_service(state, cluster.defined()),
        services.scale_service(state, 2),
        services.logs(state.id, LogOptions()),
    ):
        with pytest.raises(NotFound):
            await call


async def test_on_each_node_one(cluster: ClusterBench) -> None:
    wanted = cluster.defined(replicas=None)
    await cluster.services.create_service(wanted)
    state = await cluster.until(wanted.name, lambda state: state.running == 3)
    assert (state.everywhere, state.wanted) == (True, 3)
    tasks = await cluster.tasks(state)
    assert {task.slot for task in tasks} == {0} and len({task.node for task in tasks}) == 3
    with pytest.raises(Unsupported):
        await cluster.services.scale_service(state, 2)
    with pytest.raises(Unsupported):
        await cluster.services.update_service(state, cluster.defined(replicas=3))
    await cluster.update(cluster.defined(replicas=None, mark="2"))
    await cluster.until_updated(wanted.name, "completed")
    assert marks(await cluster.tasks(state)) == {"2": 3}


async def test_nodes_are_told(cluster: ClusterBench) -> None:
    nodes = await cluster.services.nodes()
    assert [node.name for node in nodes] == ["n1", "n2", "n3"]
    assert all(node.id and node.address and node.up and node.active and not node.draining for node in nodes)
    assert [(node.manager, node.leader) for node in nodes] == [(True, True), (False, False), (False, False)]
    assert all(node.platform.startswith("linux/") for node in nodes)


async def test_a_drained_nodes_tasks_go_elsewhere(cluster: ClusterBench) -> None:
    state = await cluster.create(cluster.defined(replicas=3))
    cluster.drain("n2")
    try:
        tasks = await cluster.until_tasks(
            state, lambda tasks: marks([task for task in tasks if task.node_name != "n2"]) == {"1": 3}
        )
        assert all(not task.wanted for task in tasks if task.node_name == "n2")
        assert [(node.active, node.draining) for node in await cluster.services.nodes()] == [
            (True, False),
            (False, True),
            (True, False),
        ]
    finally:
        cluster.activate("n2")


async def test_the_dead_of_a_node_without_power_are_told_as_running_and_are_not_wanted(cluster: ClusterBench) -> None:
    state = await cluster.create(cluster.defined(replicas=3))
    cluster.cut("n3")
    try:
        there = await cluster.until_tasks(
            state, lambda tasks: len([task for task in tasks if task.node_name != "n3" and task.state == "running"]) == 3
        )
        dead = [task for task in there if task.node_name == "n3"]
        assert [(task.state, task.wanted) for task in dead] == [("running", False)]
        assert (await cluster.state(state.name)).running == 4
        assert [(node.name, node.up) for node in await cluster.services.nodes()] == [("n1", True), ("n2", True), ("n3", False)]
    finally:
        cluster.power("n3")
    await cluster.until_tasks(state, lambda tasks: all(task.wanted for task in tasks if task.state == "running"))
    assert (await cluster.state(state.name)).running == 3


async def test_the_engine_of_a_node_is_known_or_asked_for(cluster: ClusterBench) -> None:
    (leader,) = (node for node in await cluster.services.nodes() if node.leader)
    assert await cluster.services.engine_of(leader.name) is await cluster.services.engine_of(leader.id)
    with pytest.raises(Unsupported) as caught:
        await cluster.services.engine_of("n3")
    assert "n3" in str(caught.value.details["remedy"])
    with pytest.raises(NotFound):
        await cluster.services.engine_of("n9")


# -- what they need -----------------------------------------------------------------------------------


async def test_an_image_is_resolved_to_its_digest(cluster: ClusterBench) -> None:
    found = await cluster.services.resolve_image(cluster.image)
    assert found.digest.startswith("sha256:") and found.reference == f"{cluster.image}@{found.digest}"
    assert all(text.startswith("linux/") for text in found.platforms)
    assert (await cluster.services.resolve_image(found.reference)).digest == found.digest
    state = await cluster.create(cluster.defined(image=found.reference))
    assert state.image == found.reference


@pytest.mark.parametrize("kind", ["config", "secret"])
async def test_a_file_stays_while_it_is_in_use(cluster: ClusterBench, kind: str) -> None:
    services = cluster.services
    use = await cluster.file(kind, "f")
    (found,) = await services.objects(kind, cluster.labels)
    assert (found.id, found.kind, found.name, found.labels) == (use.ident, kind, cluster.named("f"), cluster.labels)
    assert await services.objects(kind, {**cluster.labels, "other": None}) == []
    with pytest.raises(Conflict):
        await services.create_file(kind, use.name, b"other", cluster.labels)
    await services.create_service(cluster.defined(replicas=0, **{f"{kind}s": (use,)}))
    with pytest.raises(Conflict):
        await services.remove_object(kind, use.ident)
    await cluster.update(cluster.defined(replicas=0))
    await services.remove_object(kind, use.ident)
    assert await services.objects(kind, cluster.labels) == []
    with pytest.raises(NotFound):
        await services.remove_object(kind, use.ident)


@pytest.mark.parametrize(("kind", "size"), [("config", 0), ("config", 1_024_000), ("secret", 512_000)])
async def test_a_file_of_no_possible_size_is_refused(cluster: ClusterBench, kind: str, size: int) -> None:
    with pytest.raises(ValidationError):
        await cluster.services.check_file(kind, cluster.named("f"), b"x" * size)
    with pytest.raises(ValidationError):
        await cluster.services.create_file(kind, cluster.named("f"), b"x" * size, cluster.labels)
    await cluster.services.check_file(kind, cluster.named("f"), b"x")


@pytest.mark.parametrize("kind", ["config", "secret", "network"])
async def test_what_a_service_uses_has_to_be_there(cluster: ClusterBench, kind: str) -> None:
    if kind == "network":
        ident = await cluster.services.create_network(cluster.named("n"), NetworkSpec(labels=cluster.labels))
        wanted = cluster.defined(networks=(NetworkUse(ident),))
    else:
        use = await cluster.file(kind, "f")
        ident, wanted = use.ident, cluster.defined(**{f"{kind}s": (use,)})
    await cluster.services.remove_object(kind, ident)
    with pytest.raises(ContainerError):
        await cluster.services.create_service(wanted)
    assert await cluster.services.services(cluster.labels) == []


async def test_a_network_reaches_over_all_nodes_and_stays_while_it_is_in_use(cluster: ClusterBench) -> None:
    services = cluster.services
    ident = await services.create_network(cluster.named("n"), NetworkSpec(labels=cluster.labels))
    (found,) = await services.objects("network", cluster.labels)
    assert (found.id, found.name, found.labels) == (ident, cluster.named("n"), cluster.labels)

    async def has_addresses() -> bool:
        (now,) = await services.objects("network", cluster.labels)
        return now.driver == "overlay" and len(now.subnets) == 1

    await cluster.eventually(has_addresses)
    state = await cluster.create(cluster.defined(replicas=3, networks=(NetworkUse(ident, ("alias",)),)))
    with pytest.raises(Conflict):
        await services.remove_object("network", ident)
    await services.remove_service(state.id)
    await cluster.until_tasks(state, lambda tasks: not tasks)
    await cluster.eventually(lambda: cluster._remove("network", ident))
    assert await services.objects("network", cluster.labels) == []


async def test_the_name_of_a_network_that_is_going_can_be_had_again(cluster: ClusterBench) -> None:
    services = cluster.services
    ident = await services.create_network(cluster.named("n"), NetworkSpec(labels=cluster.labels))
    slow = cluster.defined(replicas=3, networks=(NetworkUse(ident),))
    slow = replace(slow, container=slow.container.model_copy(update={"stop_timeout": 3}))
    state = await cluster.create(slow)
    await services.remove_service(state.id)
    await services.remove_object("network", ident)
    assert await services.objects("network", cluster.labels) == []
    with pytest.raises(ContainerError):
        await services.create_service(slow)
    again = await services.create_network(cluster.named("n"), NetworkSpec(labels=cluster.labels))
    assert again != ident
    assert [found.id for found in await services.objects("network", cluster.labels)] == [again]
    await cluster.create(cluster.defined(networks=(NetworkUse(again),)))


# -- watching -----------------------------------------------------------------------------------------


async def read(stream: Stream[TaskLog], lines: int) -> list[TaskLog]:
    """At least so many; to the end where the stream has one."""
    found: list[TaskLog] = []
    with anyio.fail_after(BOUND):
        while len(found) < lines and (batch := await stream.next()) is not None:
            found += batch
    return found


async def test_logs_are_those_of_all_tasks_from_all_nodes(cluster: ClusterBench) -> None:
    state = await cluster.create(cluster.defined("a", "sh", "-c", "echo one; echo two; sleep 600", replicas=3))
    found: list[TaskLog] = []

    async def all_there() -> bool:
        stream = await cluster.services.logs(state.id, LogOptions())
        found[:] = await read(stream, 7)
        await stream.aclose()
        return len(found) == 6

    await cluster.eventually(all_there, lambda: found)
    tasks = {task.id: task for task in await cluster.tasks(state)}
    assert Counter(log.task for log in found) == dict.fromkeys(tasks, 2)
    assert {(log.text, log.stream, log.service) for log in found} == {
        (f"{word}\n", "stdout", state.id) for word in ("one", "two")
    }
    assert all(log.node in (tasks[log.task].node, tasks[log.task].node_name) for log in found)
    assert all(log.time for log in found)
    last = await cluster.services.logs(state.id, LogOptions(tail=1))
    assert Counter(log.text for log in await read(last, 4)) == {"two\n": 3}
    await last.aclose()
    one = next(iter(tasks))
    of_one = await cluster.services.logs(one, LogOptions(), task=True)
    assert [(log.task, log.text) for log in await read(of_one, 3)] == [(one, "one\n"), (one, "two\n")]
    await of_one.aclose()


async def test_a_log_is_followed_over_an_update(cluster: ClusterBench) -> None:
    state = await cluster.create(cluster.defined("a", "sh", "-c", "echo one; sleep 600"))
    stream = await cluster.services.logs(state.id, LogOptions(), follow=True)
    assert [log.text for log in await read(stream, 1)] == ["one\n"]
    await cluster.update(cluster.defined("a", "sh", "-c", "echo two; sleep 600"))
    assert [log.text for log in await read(stream, 1)] == ["two\n"]
    await stream.aclose()
    assert await stream.next() is None


async def test_changes_are_told_from_the_call_on(cluster: ClusterBench) -> None:
    stream = await cluster.services.changes()
    use = await cluster.file("config", "f")
    state = await cluster.create(cluster.defined())
    await cluster.update(cluster.defined(mark="2"))
    await cluster.until_updated(state.name, "completed")
    await cluster.services.remove_service(state.id)
    found: list[ServiceChange] = []
    with anyio.fail_after(BOUND):
        while not any(change.action == "remove" for change in found):
            found += await stream.next() or ()
    await stream.aclose()
    mine = [change for change in found if change.id in (state.id, use.ident)]
    assert [(change.kind, change.action) for change in mine[:2]] == [("config", "create"), ("service", "create")]
    assert mine[-1].action == "remove" and {change.action for change in mine[2:-1]} == {"update"}
    assert {change.name for change in mine if change.kind == "service"} == {state.name}
    states = [change.about["updatestate.new"] for change in mine if "updatestate.new" in change.about]
    assert states == ["updating", "completed"]


async def test_a_closed_stream_of_changes_ends(cluster: ClusterBench) -> None:
    stream = await cluster.services.changes()
    async with anyio.create_task_group() as group:

        async def read_on() -> None:
            assert await stream.next() is None

        group.start_soon(read_on)
        await anyio.sleep(0.05)
        await stream.aclose()
    assert await stream.next() is None
