from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.errors import Conflict, NotFound, ServiceStartupFailed, Unsupported
from perry_ffi.model.container import ContainerSpec
from perry_ffi.stack import identity
from perry_ffi.stack.cluster import watch
from perry_ffi.stack.lifecycle import Lifecycle, lifecycle
from tests.unit.stack.cluster.served import IMAGE, Served, until

pytestmark = pytest.mark.anyio

DB_FIRST = {"db": {"condition": "service_healthy"}}
CHECK = {"healthcheck": {"test": ["CMD", "true"]}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SOON_SECONDS", "LATER_SECONDS"):
        monkeypatch.setattr(watch, name, 0.005)
    monkeypatch.setattr("perry_ffi.stack.cluster.waiting.SETTLED_SECONDS", 0.02)


def verbs(served: Served, **how: bool) -> Lifecycle:
    return lifecycle(served.context, "p", None, **how)


async def both(served: Served) -> None:
    """db, and web on it."""
    await served.serve("db", **CHECK)
    await served.serve("web", 2, after=DB_FIRST)
    await served.stand("db", "web")


async def wanted(served: Served) -> dict[str, int]:
    return {state.name: state.wanted for state in await served.services.services()}


async def steps(served: Served) -> list[str]:
    return [f"{row['action']} {row['target']}" for row in await served.records("step") if row["state"] == "done"]


async def test_stop_takes_the_tasks_away_and_start_brings_as_many_back(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await both(served)
    await verbs(served).stop(None)
    assert await wanted(served) == {"p_db": 0, "p_web": 0}
    assert await served.tasks("web") == []
    assert await steps(served) == ["stop service p_web", "stop service p_db"]
    await verbs(served).stop(None)
    assert await steps(served) == [], "it is stopped already"
    await verbs(served).start(None, wait=True)
    assert await wanted(served) == {"p_db": 1, "p_web": 2}
    assert sorted(await steps(served)) == ["start service p_db", "start service p_web", "wait p_db", "wait p_web"]
    assert identity.STOPPED not in (await served.services.service("p_web")).labels
    assert [task.state for task in await served.tasks("web")] == ["running", "running"]


async def test_start_brings_along_what_is_needed_and_waits_for_its_condition(tmp_path: Path) -> None:
    served = Served(tmp_path, db=TaskScript(healthy_after=30.0))
    await both(served)
    await verbs(served).stop(None)
    await served.records("step")
    served.cluster.calls.clear()
    await verbs(served).start(["web"])
    assert (await steps(served))[:2] == ["start service p_db", "start service p_web"]
    (db,) = await served.tasks("db")
    assert db.state == "running", "a task with a check runs once it is healthy"
    assert min(task.created for task in await served.tasks("web")) > db.changed


async def test_a_dependency_that_never_will_be_healthy_ends_the_start(tmp_path: Path) -> None:
    served = Served(tmp_path, db=[TaskScript(), TaskScript(exit_code=4)])
    await both(served)
    await verbs(served).stop(None)
    with pytest.raises(ServiceStartupFailed, match=r"services\.db") as raised:
        await verbs(served).start(["web"])
    assert (raised.value.details["task"], raised.value.details["exitCode"]) == ("db.1", 4)
    assert raised.value.details["waitedBy"] == ["web"]
    assert (await wanted(served))["p_web"] == 0


async def test_a_job_that_is_done_runs_again_where_it_is_named(tmp_path: Path) -> None:
    served = Served(tmp_path, job=TaskScript(exit_code=0))
    await served.serve("job", restart="none")
    await served.stand("job")
    await verbs(served).start(None)
    assert len(await served.tasks("job")) == 1
    await verbs(served).start(["job"])

    async def twice() -> bool:
        return [task.state for task in await served.tasks("job")] == ["complete", "complete"]

    await until(twice)


async def test_restart_replaces_each_task_and_waits_for_the_new_ones(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await both(served)
    before = {task.id for task in await served.tasks("web")}
    await verbs(served).restart(["web"])
    running = [task for task in await served.tasks("web") if task.wanted]
    assert [task.state for task in running] == ["running", "running"]
    assert before.isdisjoint(task.id for task in running)
    assert len(await served.tasks("db")) == 1
    assert "restart service p_web" in await steps(served)


async def test_a_restart_that_fails_says_so(tmp_path: Path) -> None:
    served = Served(tmp_path, web=[TaskScript(), TaskScript(exit_code=5)])
    await served.serve("web")
    await served.stand("web")
    with pytest.raises(ServiceStartupFailed, match=r"services\.web"):
        await verbs(served).restart(["web"])


async def test_the_grace_of_tasks_is_no_bound_of_what_is_waited_for(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await both(served)
    await verbs(served).restart(["db"], 0.0)
    (warning,) = await served.records("warning")
    assert "stop_grace_period" in warning["message"]
    assert [task.state for task in await served.tasks("db") if task.wanted] == ["running"]


async def test_what_has_ended_well_runs_once_more_and_its_end_is_no_failure(tmp_path: Path) -> None:
    """Its update policy goes back where a task ends early, which has each of them run once more than was asked for."""
    served = Served(tmp_path, job=TaskScript(exit_code=0))
    await served.serve("job", 2)
    await served.stand("job")
    await verbs(served).restart(["job"])
    with anyio.fail_after(20):
        while (update := (await served.services.service("p_job")).update) is None or update.state == "updating":
            await anyio.sleep(0.005)
    assert update.state == "completed"
    assert [task.state for task in await served.tasks("job")] == ["complete"] * 4


async def test_what_had_ended_well_and_fails_now_is_told(tmp_path: Path) -> None:
    served = Served(tmp_path, job=[TaskScript(exit_code=0), TaskScript(exit_code=5)])
    await served.serve("job", restart="none")
    await served.stand("job")
    with pytest.raises(ServiceStartupFailed, match=r"services\.job") as raised:
        await verbs(served).restart(["job"])
    assert raised.value.details["exitCode"] == 5


async def test_the_end_of_a_former_task_is_not_the_end_of_a_restart(tmp_path: Path) -> None:
    served = Served(tmp_path, db=[TaskScript(exit_code=0, seconds=20.0), TaskScript(prepares=60.0, healthy_after=60.0)])
    await served.serve("db", **CHECK)
    await served.stand("db")
    served.cluster.clock.move(100.0)
    assert [task.state for task in await served.tasks("db")] == ["complete"]
    await verbs(served).restart(["db"])
    assert [task.state for task in await served.tasks("db")] == ["complete", "running"]


async def test_a_stale_version_is_read_again_and_a_lost_answer_is_looked_after(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await both(served)
    served.cluster.faults.fail("scale_service", error=Conflict("update out of sequence"))
    served.cluster.faults.fail("scale_service", nth=2, outcome="lost")
    await verbs(served).stop(["web"])
    assert await wanted(served) == {"p_db": 1, "p_web": 0}
    assert (await served.services.service("p_web")).labels[identity.STOPPED] == "2"


async def test_one_on_each_node_cannot_be_stopped_and_nothing_else_is(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("agent", None)
    await served.serve("web", 2)
    with pytest.raises(Unsupported, match=r"services\.agent"):
        await verbs(served).stop(None)
    assert (await wanted(served))["p_web"] == 2
    await verbs(served).stop(["web"], 5.0)
    (warning,) = await served.records("warning")
    assert "stop_grace_period" in warning["message"]


async def test_remove_takes_away_what_was_stopped_or_is_done(tmp_path: Path) -> None:
    served = Served(tmp_path, job=TaskScript(exit_code=0))
    await both(served)
    await served.serve("job", restart="none")
    await served.stand("job")
    await verbs(served).stop(["web"])
    assert await verbs(served).stopped(None) == ["p_job", "p_web"]
    assert sorted(await verbs(served).remove(None)) == ["p_job", "p_web"]
    assert await wanted(served) == {"p_db": 1}
    assert await verbs(served).remove(None, running=True) == ["p_db"]
    assert await wanted(served) == {}


async def test_a_rehearsal_tells_and_does_nothing(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await both(served)
    served.cluster.calls.clear()
    for verb in ("stop", "restart", "kill"):
        work = verbs(served, rehearse=True)
        await (work.kill(None, "SIGKILL") if verb == "kill" else getattr(work, verb)(None))
        assert {step.owner for step in work.plan().steps} == {"db", "web"}
    assert served.cluster.writes == []


async def test_require_and_orphans_are_about_services(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("web", 0)
    await verbs(served).require(["web"])
    with pytest.raises(NotFound):
        await verbs(served).require(["db"])
    assert await verbs(served).orphans() == []


# -- what is done to containers -----------------------------------------------------------------------


async def with_boxes(served: Served, *engines: FakeBackend) -> list[Any]:
    """Gives the tasks of web containers on the engines of their nodes."""
    boxes = []
    for task in await served.tasks("web"):
        backend = served.cluster.engines[task.node_name]
        assert isinstance(backend, FakeBackend)
        backend.world.make_image(IMAGE)
        made = await backend.create_container(ContainerSpec(image=IMAGE, name="xx"))
        await backend.start_container(made.id)
        box = backend.world.boxes.pop(made.id)
        box.id = task.container
        backend.world.boxes[task.container] = box
        boxes.append(box)
    return boxes


async def test_kill_pause_and_unpause_ask_the_engines_of_the_nodes(tmp_path: Path) -> None:
    n1, n2 = FakeBackend(World()), FakeBackend(World())
    served = Served(tmp_path, engines={"n1": n1, "n2": n2})
    await served.serve("web", 2)
    await served.stand("web")
    boxes = await with_boxes(served, n1, n2)
    await verbs(served).pause(None)
    assert {box.status for box in boxes} == {"paused"}
    await verbs(served).unpause(None)
    assert {box.status for box in boxes} == {"running"}
    await verbs(served).kill(["web"], "SIGKILL")
    assert {box.status for box in boxes} == {"exited"}
    assert await steps(served) == [
        *(f"{verb} container web.{n}" for verb in ("pause", "unpause", "kill") for n in (1, 2)),
    ]  # fmt: skip


async def test_nothing_is_killed_where_a_node_cannot_be_reached(tmp_path: Path) -> None:
    n1 = FakeBackend(World())
    served = Served(tmp_path, engines={"n1": n1})
    await served.serve("web", 2)
    await served.stand("web")
    with pytest.raises(Unsupported, match="n2"):
        await verbs(served).kill(None, "SIGKILL")
    assert not n1.writes


async def test_in_haste_the_tasks_are_killed(tmp_path: Path) -> None:
    n1 = FakeBackend(World())
    served = Served(tmp_path, nodes=1, engines={"n1": n1}, web=TaskScript(stops_after=1000.0))
    await served.serve("web", stop_timeout=2000)
    await served.stand("web")
    (box,) = await with_boxes(served, n1)
    stopping = asyncio.ensure_future(verbs(served).stop(None))

    async def asked() -> bool:
        return not (await wanted(served))["p_web"]

    await until(asked)
    assert not stopping.done()
    served.context.urgent.set()
    with anyio.fail_after(20):
        while box.status == "running":
            await anyio.sleep(0.005)
    stopping.cancel()
    await asyncio.wait([stopping])
