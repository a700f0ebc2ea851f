"""Each call of an ``up`` on a cluster fails, is lost, or comes too late: the old state is left whole, or the new one stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.backends.fake.cluster.faults import Outcome
from perry_ffi.backends.fake.world import Call
from perry_ffi.errors import BackendError, ContainerError, ServiceStartupFailed
from perry_ffi.model.network import NetworkSpec
from perry_ffi.stack.cluster import undo as undoing
from perry_ffi.stack.cluster.undo import ClusterUndo
from perry_ffi.stack.identity import TRANSACTION
from tests.unit.stack.cluster.rig import Rig, project, shop

pytestmark = pytest.mark.anyio

FIRST_WRITES = 8
EDIT_WRITES = 8
"""Of an edit of everything: a config, four services that change and one that is replaced; then what is old goes."""
EDIT_CALLS = 60


def edited(document: dict[str, Any]) -> None:
    document["services"]["db"]["command"] = "new"
    document["services"]["side"]["deploy"] = {"mode": "global"}
    document["services"]["api"]["scale"] = 2
    document["services"]["api"]["deploy"] = {"replicas": 2}
    document["services"]["web"]["labels"] = {"a": "b"}
    document["configs"]["schema"]["content"] = "two"


async def before_an_edit(tmp_path: Path) -> tuple[Rig, dict[str, Any]]:
    rig = Rig(tmp_path)
    await rig.up(shop())
    return rig, await rig.state()


async def test_how_many_calls_there_are(tmp_path: Path) -> None:
    """The numbers above, so that no call is left out below."""
    rig = Rig(tmp_path)
    await rig.up(shop())
    assert len(rig.cluster.writes) == FIRST_WRITES
    rig.cluster.calls.clear()
    await rig.up(shop(edited))
    assert len(rig.cluster.writes) == EDIT_WRITES


@pytest.mark.parametrize("number", range(1, FIRST_WRITES + 1))
async def test_a_first_up_whose_call_fails_leaves_nothing(rig: Rig, number: int) -> None:
    rig.cluster.faults.fail(nth=number)
    with pytest.raises(BackendError) as caught:
        await rig.up(shop())
    assert caught.value.details.get("rolledBack", True) is True
    assert await rig.state() == {"services": {}, "objects": set()}
    assert not any(node.tasks for node in rig.cluster.world.nodes.values())


@pytest.mark.parametrize("outcome", ["lost", "later", "never"])
@pytest.mark.parametrize("number", range(1, FIRST_WRITES + 1))
async def test_a_first_up_whose_answer_is_lost_stands(rig: Rig, number: int, outcome: Outcome) -> None:
    rig.cluster.faults.fail(nth=number, outcome=outcome)
    await rig.up(shop())
    assert await rig.names() == {"p_api": 3, "p_db": 1, "p_migrate": 0, "p_side": 1, "p_web": 2}
    assert len((await rig.state())["objects"]) == 3
    assert await rig.plan(shop()) == "nothing to do\n"


@pytest.mark.parametrize("number", range(1, EDIT_WRITES + 1))
async def test_an_edit_whose_call_fails_leaves_what_was(tmp_path: Path, number: int) -> None:
    rig, before = await before_an_edit(tmp_path)
    rig.cluster.faults.fail(nth=number)
    try:
        await rig.up(shop(edited))
    except ContainerError as error:
        assert error.details.get("rolledBack", True) is True, error.details
        after = await rig.state()
        assert after["services"] == before["services"]
        assert after["objects"] == before["objects"]
        assert await rig.plan(shop()) == "nothing to do\n"
    else:
        # It was one that is tried again: a removal, once the new state stands.
        assert await rig.plan(shop(edited)) == "nothing to do\n"


@pytest.mark.parametrize("outcome", ["lost", "later", "never"])
@pytest.mark.parametrize("number", range(1, EDIT_WRITES + 1))
async def test_an_edit_whose_answer_is_lost_stands(tmp_path: Path, number: int, outcome: Outcome) -> None:
    rig, _ = await before_an_edit(tmp_path)
    rig.cluster.faults.fail(nth=number, outcome=outcome)
    await rig.up(shop(edited))
    assert await rig.names() == {"p_api": 2, "p_db": 1, "p_migrate": 0, "p_side": 3, "p_web": 2}
    assert await rig.plan(shop(edited)) == "nothing to do\n"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(0, EDIT_CALLS, 3))
async def test_whatever_call_fails_the_state_is_old_or_new(tmp_path: Path, number: int, when: str) -> None:
    """Reads too. after: it was carried out, and the error does not say so."""
    rig, before = await before_an_edit(tmp_path)
    seen = 0

    async def watch(call: Call, moment: str) -> None:
        nonlocal seen
        if moment == when:
            seen += 1
            if seen == number + 1:
                raise BackendError("told to fail", backend="fake")

    rig.backend.interrupt = watch
    try:
        await rig.up(shop(edited))
    except ContainerError as error:
        assert error.details.get("rolledBack", True) is True, error.details
        assert await rig.state() == before
    else:
        seen = EDIT_CALLS
        assert await rig.plan(shop(edited)) == "nothing to do\n"


@pytest.mark.parametrize("policy", ["pause", "rollback"])
async def test_a_restart_without_a_change_that_fails_leaves_what_was(tmp_path: Path, policy: str) -> None:
    """The tasks that come for the former ones fail; of what comes after them again, nothing is wrong."""
    broken = [False]
    rig = Rig(tmp_path, web=lambda task: TaskScript(exit_code=3) if broken[0] and task.forced == 1 else TaskScript())
    served = project({"web": {"scale": 2, "deploy": {"update_config": {"failure_action": policy}}}})
    await rig.up(served)
    before = await rig.state()
    broken[0] = True
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(served, force_recreate=True)
    assert caught.value.details["rolledBack"] is True, caught.value.details
    assert await rig.state() == before
    assert await rig.plan(served) == "nothing to do\n"


async def test_a_restart_that_went_well_stays_though_the_up_fails(tmp_path: Path) -> None:
    rig = Rig(tmp_path, late=TaskScript(exit_code=3))
    await rig.up(project({"web": {}}))
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(project({"web": {}, "late": {"depends_on": ["web"]}}), force_recreate=True)
    assert caught.value.details["rolledBack"] is True
    assert [task.forced for task in rig.cluster.service("p_web").places[1] if task.wanted] == [1]


@pytest.mark.parametrize("call", ["remove_service", "remove_object"])
async def test_a_down_whose_call_fails_says_so_and_waits_for_nothing(rig: Rig, call: str) -> None:
    """What was not removed does not go, and the next one takes it."""
    await rig.up(shop())
    rig.cluster.faults.fail(call)
    with anyio.fail_after(20):
        report = await rig.down()
    assert any("was told to fail" in line for line in report.errors), report.errors
    assert await rig.state() != {"services": {}, "objects": set()}
    assert (await rig.down()).errors == []
    assert await rig.state() == {"services": {}, "objects": set()}


@pytest.mark.parametrize("kind", ["network", "config", "secret"])
async def test_what_comes_late_of_a_call_that_nobody_waited_for_goes(
    rig: Rig, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undoing, "LATE_SECONDS", 2.0)
    undo = ClusterUndo(rig.backend, rig.services, "p", "t")
    undo.made(kind, "late")

    async def carried_out() -> None:
        await anyio.sleep(0.1)
        labels = {TRANSACTION: "t"}
        if kind == "network":
            await rig.services.create_network("late", NetworkSpec(labels=labels))
        else:
            await rig.services.create_file(kind, "late", b"x", labels)

    async with anyio.create_task_group() as group:
        group.start_soon(carried_out)
        assert await undo.roll_back() == []
    assert (await rig.state())["objects"] == set()
