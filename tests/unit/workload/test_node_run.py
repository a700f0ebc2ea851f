"""A graph that was run before: what stays, what is replaced, what is not run again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import BackendError, ServiceStartupFailed
from perry_ffi.runtime.rollback import UndoLog
from tests.unit.stack.rig import lesser
from tests.unit.workload.rig import FAILS, JOB, GraphRig, graph

pytestmark = pytest.mark.anyio
OUT = {"tag": {"from": "stdout"}}


def ref(node: str, projection: str, **more: Any) -> dict[str, Any]:
    return {"nodeId": node, "projection": projection, **more}


def pipeline(tag: str = "1", **more: Any) -> Any:
    return graph({
        "db": {},
        "build": {"env": {"TAG": tag}, "outputs": OUT},
        "test": {"kind": "job", "env": {"TAG": ref("build", "output", name="tag")}, "depends_on": ["db"]},
        **more,
    })  # fmt: skip


def reused(status: Any) -> set[str]:
    return {name for name, row in status["details"].items() if row["reused"]}


async def test_services_stay_and_jobs_run_anew(rig: GraphRig) -> None:
    rig.tries = {"build": Behaviour(exit_code=0, stdout="v1\n"), "test": JOB}
    await rig.run(pipeline())
    before = {box.name: box.id for box in rig.world.boxes.values()}
    run = await rig.run(pipeline())
    after = {box.name: box.id for box in rig.world.boxes.values()}
    assert reused(run.status()) == {"db"} and before.keys() == after.keys()
    assert {name for name in before if before[name] == after[name]} == {"g-db-1"}


async def test_resume_runs_nothing_again_that_is_done_and_unchanged(rig: GraphRig) -> None:
    rig.tries = {"build": Behaviour(exit_code=0, stdout="v1\n"), "test": JOB}
    await rig.run(pipeline())
    writes = len(rig.backend.writes)
    run = await rig.run(pipeline(), resume=True)
    assert reused(run.status()) == {"db", "build", "test"} and run.status()["healthy"]
    assert len(rig.backend.writes) == writes


async def test_resume_runs_what_failed_and_what_follows(rig: GraphRig) -> None:
    rig.tries = {"build": Behaviour(exit_code=0, stdout="v1\n"), "test": FAILS, "ship": JOB}
    more = {"ship": {"kind": "job", "depends_on": ["test"]}}
    await rig.run(pipeline(**more), onFailure="haltGraph")
    rig.tries["test"] = JOB
    run = await rig.run(pipeline(**more), resume=True)
    assert reused(run.status()) == {"db", "build"} and run.status()["healthy"]
    assert set(rig.names()) == {"g-db-1", "g-build-1", "g-test-1", "g-ship-1"}


async def test_what_follows_a_changed_node_runs_again(rig: GraphRig) -> None:
    rig.tries = {"build": Behaviour(exit_code=0, stdout="v1\n"), "test": JOB}
    await rig.run(pipeline())
    run = await rig.run(pipeline("2"), resume=True)
    assert reused(run.status()) == {"db"}
    assert set(rig.names()) == {"g-db-1", "g-build-1", "g-test-1"}


async def test_a_job_whose_container_is_gone_runs_again(rig: GraphRig) -> None:
    rig.tries = {"build": Behaviour(exit_code=0, stdout="v1\n"), "test": JOB}
    await rig.run(pipeline())
    await rig.backend.remove_container("g-build-1")
    assert reused((await rig.run(pipeline(), resume=True)).status()) == {"db"}


async def test_a_changed_service_takes_the_place_of_the_old_one(rig: GraphRig) -> None:
    await rig.run(graph({"db": {"env": {"A": "1"}, "ports": ["5432:5432"], "volumes": ["/data"]}}))
    old = rig.box("g-db-1")
    data = old.volumes["/data"]
    run = await rig.run(graph({"db": {"env": {"A": "2"}, "ports": ["5432:5432"], "volumes": ["/data"]}}))
    new = rig.box("g-db-1")
    assert new.id != old.id and new.spec.env == {"A": "2"} and rig.names() == {"g-db-1": "running"}
    assert new.volumes["/data"] == data and data in rig.world.volumes, "the data of anonymous volumes goes on"
    assert not reused(run.status())


async def test_a_changed_service_that_fails_gives_the_old_one_back(rig: GraphRig) -> None:
    await rig.run(graph({"db": {"env": {"A": "1"}, "ports": ["5432:5432"]}}))
    was = rig.state()
    rig.world.behave = lambda box: Behaviour(exit_code=1 if box.spec.env["A"] == "2" else None)
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.run(graph({"db": {"env": {"A": "2"}, "ports": ["5432:5432"]}}))
    assert caught.value.details["rolledBack"] is True
    assert rig.state() == was


async def test_a_service_that_was_stopped_starts_again(rig: GraphRig) -> None:
    await rig.run(graph({"db": {}}))
    ident = rig.box("g-db-1").id
    await rig.backend.stop_container(ident)
    run = await rig.run(graph({"db": {}}))
    assert rig.box("g-db-1").id == ident and rig.names() == {"g-db-1": "running"} and reused(run.status()) == {"db"}


async def test_only_some_nodes_and_what_they_need(rig: GraphRig) -> None:
    rig.tries = {"a": JOB, "b": JOB, "c": JOB}
    wanted = graph({"a": {"kind": "job"}, "b": {"kind": "job", "depends_on": ["a"]}, "c": {"kind": "job"}})
    run = await rig.run(wanted, only=["b"])
    assert set(rig.names()) == {"g-a-1", "g-b-1"} and run.status()["phases"].keys() >= {"a", "b"}


async def cut_off(rig: GraphRig, wanted: Any) -> None:
    """A run whose process is killed: nothing is put back."""
    run = await rig.run(wanted, until="started")
    while not any(box.live for box in rig.world.boxes.values()):
        await anyio.sleep(0.005)
    real, UndoLog.roll_back = UndoLog.roll_back, lambda self: _nothing()  # type: ignore[method-assign]
    try:
        await run.cancel()
    finally:
        UndoLog.roll_back = real  # type: ignore[method-assign]


async def _nothing() -> list[str]:
    return []


async def test_a_job_that_still_runs_is_waited_for_by_resume(rig: GraphRig) -> None:
    await cut_off(rig, graph({"build": {"kind": "job"}}))
    box = rig.box("g-build-1")
    assert box.live
    rig.tries = {"build": Behaviour(exit_code=0, seconds=0.01)}
    asyncio.get_running_loop().call_later(0.03, rig.world.time_is_up, box, box.starts)
    run = await rig.run(graph({"build": {"kind": "job"}}), resume=True)
    assert rig.box("g-build-1") is box and reused(run.status()) == {"build"}


async def test_a_job_that_still_ran_and_failed_then_is_made_anew(rig: GraphRig) -> None:
    await cut_off(rig, graph({"build": {"kind": "job"}}))
    box = rig.box("g-build-1")
    rig.world.behave = lambda each: Behaviour(exit_code=7, seconds=0.01) if each is box else JOB
    asyncio.get_running_loop().call_later(0.03, rig.world.time_is_up, box, box.starts)
    run = await rig.run(graph({"build": {"kind": "job"}}), resume=True)
    assert rig.box("g-build-1") is not box and run.status()["phases"] == {"build": "succeeded"} and reused(run.status()) == set()


async def test_a_job_that_still_runs_is_ended_by_a_run_from_the_beginning(rig: GraphRig) -> None:
    await cut_off(rig, graph({"build": {"kind": "job"}}))
    box = rig.box("g-build-1")
    rig.tries = {"build": JOB}
    await rig.run(graph({"build": {"kind": "job"}}))
    assert rig.box("g-build-1") is not box and rig.names() == {"g-build-1": "exited"}


async def test_an_engine_that_renames_none_has_the_old_one_removed_first(tmp_path: Path) -> None:
    rig = GraphRig(tmp_path, lesser("op.rename"))
    await rig.run(graph({"db": {"env": {"A": "1"}, "volumes": ["/data"]}}))
    data = rig.box("g-db-1").volumes["/data"]
    await rig.run(graph({"db": {"env": {"A": "2"}, "volumes": ["/data"]}}))
    assert rig.box("g-db-1").spec.env == {"A": "2"} and rig.box("g-db-1").volumes["/data"] == data
    rig.world.behave = lambda box: Behaviour(exit_code=1 if box.spec.env["A"] == "3" else None)
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.run(graph({"db": {"env": {"A": "3"}, "volumes": ["/data"]}}))
    assert caught.value.details["rolledBack"] is True
    assert rig.names() == {"g-db-1": "running"} and rig.box("g-db-1").spec.env == {"A": "2"}
    assert rig.box("g-db-1").volumes["/data"] == data


async def test_what_a_killed_run_left_beside_a_service_goes(rig: GraphRig) -> None:
    wanted = graph({"db": {}})
    await rig.run(wanted)
    box = rig.box("g-db-1")
    rig.world.rename(box, "g-db-1_old")
    await rig.backend.start_container((await rig.backend.create_container(box.spec.model_copy(update={"name": "g-db-1"}))).id)
    run = await rig.run(wanted)
    assert rig.names() == {"g-db-1": "running"} and reused(run.status()) == {"db"}


async def test_a_service_whose_successor_cannot_be_made_runs_on(rig: GraphRig) -> None:
    await rig.run(graph({"db": {"env": {"A": "1"}}}))
    was = rig.state()
    rig.interrupt(1, lambda: BackendError("no room", backend="fake", status=500))
    run = await rig.run(graph({"db": {"env": {"A": "2"}}}), onFailure="haltGraph")
    assert run.failure is not None and run.failure.message == "nodes.db: no room"
    assert rig.state() == was
