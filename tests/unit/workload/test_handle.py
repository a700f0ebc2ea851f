"""One graph behind a handle, on an engine in memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from perry_ffi.backends.contract.engine import Elsewhere
from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import BackendNotAvailable, Conflict, NotFound, Timeout
from perry_ffi.model.base import validate
from perry_ffi.model.container import LogOptions
from perry_ffi.model.workload import GraphLogOptions, RunGraphOptions
from perry_ffi.stack import identity
from perry_ffi.workload.graph import Graph
from perry_ffi.workload.handle import RunningGraph, attach
from perry_ffi.workload.run import run_graph
from tests.unit.workload.rig import FAILS, JOB, GraphRig, graph

pytestmark = pytest.mark.anyio


async def running(rig: GraphRig, wanted: Graph, **options: Any) -> RunningGraph:
    found = RunningGraph(rig.context, wanted.name, wanted)
    found.run = await run_graph(found.context, wanted, validate(RunGraphOptions, options))
    return found


async def test_an_engine_that_does_not_answer_leaves_nodes_unknown(rig: GraphRig) -> None:
    found = await running(rig, graph({"a": {}}))
    attached = await attach(rig.context, "g")

    async def silent(*_: Any, **__: Any) -> Any:
        raise BackendNotAvailable("nobody answers")

    rig.backend.list_containers = silent  # type: ignore[method-assign]
    status = await found.status()
    assert status["nodes"] == {"a": "unknown"} and not status["healthy"] and status["errors"] == {"a": "nobody answers"}
    assert status["phases"] == {"a": "ready"}, "as it was last"
    with pytest.raises(BackendNotAvailable):
        await attached.status()


async def test_why_a_run_in_the_background_was_put_back_stays_told(rig: GraphRig) -> None:
    rig.tries = {"b": FAILS}
    found = await running(rig, graph({"a": {}, "b": {"kind": "job", "depends_on": ["a"]}}), until="started")
    status = await found.wait(5)
    assert status["phases"] == {"a": "rolledBack", "b": "rolledBack"} and not status["healthy"]
    assert status["errors"].keys() == {"b"} and "exit" in status["errors"]["b"]
    assert not rig.world.boxes


async def test_a_graph_of_another_engine_is_not_taken_for_absent(rig: GraphRig) -> None:
    async def elsewhere(labels: Any) -> list[Elsewhere]:
        return [
            Elsewhere(
                "podman", "unix:///p.sock", [dict(identity.container_labels("g", "a", 1, digest="", image_id="", depends_on={}))]
            )
        ]

    from dataclasses import replace

    with pytest.raises(Conflict):
        await attach(replace(rig.context, elsewhere=elsewhere), "g")
    with pytest.raises(NotFound):
        await attach(rig.context, "g")


async def test_a_node_that_nobody_knows_is_told_from_one_without_a_container(rig: GraphRig) -> None:
    rig.tries = {"a": FAILS}
    found = await running(rig, graph({"a": {"kind": "job"}, "b": {"depends_on": ["a"]}}), onFailure="partialContinue")
    for node, words in (("b", "nodes.b: it has no container"), ("z", "nodes.z: no such node; there are a, b")):
        with pytest.raises(NotFound) as refused:
            await found.logs(node, LogOptions())
        assert refused.value.message == words and refused.value.details["node"] == node
    with pytest.raises(NotFound):
        await found.follow_logs(validate(GraphLogOptions, {"nodes": ["z"]}))
    stream = await found.follow_logs(validate(GraphLogOptions, {"nodes": ["b"]}))
    await stream.aclose()
    assert rig.backend.open_streams == 0


async def test_lines_have_their_time_where_it_is_asked_for(rig: GraphRig) -> None:
    rig.tries = {"a": Behaviour(exit_code=0, stdout="one\ntwo\n")}
    found = await running(rig, graph({"a": {"kind": "job"}, "long-one": {}}))
    assert (await found.logs(None, LogOptions(tail=1))).stdout == "a | two\n"
    with_time = (await found.logs(None, validate(LogOptions, {"timestamps": True}))).stdout.splitlines()
    assert [line.split(" ")[:2] for line in with_time] == [["a", "|"]] * 2 and all(
        "T" in line.split(" ")[2] for line in with_time
    )


async def test_a_wait_ends_with_the_run_and_a_bound_ends_the_wait_alone(rig: GraphRig) -> None:
    rig.tries = {"a": Behaviour(exit_code=0, seconds=0.3)}
    found = await running(rig, graph({"a": {"kind": "job"}}), until="started")
    with pytest.raises(Timeout) as late:
        await found.wait(0.05)
    assert late.value.details == {"waitedFor": "graph g", "seconds": 0.05, "project": "g"}
    assert found.runs
    assert (await found.wait(5))["phases"] == {"a": "succeeded"}
    assert not found.runs


async def test_who_waits_is_told_when_the_run_is_ended(rig: GraphRig) -> None:
    rig.tries = {"a": Behaviour(exit_code=0, seconds=60)}
    found = await running(rig, graph({"a": {"kind": "job"}}), until="started")
    waiting = asyncio.create_task(found.wait(None))
    await asyncio.sleep(0.05)
    await found.end_run()
    assert (await waiting)["nodes"] == {"a": "stopped"}
    await found.end_run()
    assert not rig.world.boxes


async def test_health_checks_are_run_when_the_run_does_not_wait_for_them_any_more(
    rig: GraphRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def run_probes(*_: Any) -> None:
        begun.set()

    monkeypatch.setattr("perry_ffi.stack.containers.prober.run_probes", run_probes)
    rig.tries = {"a": Behaviour(exit_code=0, seconds=0.2)}
    found = await running(rig, graph({"a": {"kind": "job"}}), until="started")
    found.begin_probes()
    await asyncio.sleep(0.05)
    assert not begun.is_set()
    await asyncio.wait_for(begun.wait(), 5)
    await found.aclose()


async def test_a_handle_that_is_closed_leaves_what_has_settled(rig: GraphRig) -> None:
    rig.tries = {"b": JOB}
    found = await running(rig, graph({"a": {}, "b": {"kind": "job"}}))
    await found.events()
    await found.aclose()
    await found.aclose()
    assert rig.names() == {"g-a-1": "running", "g-b-1": "exited"}
    assert rig.backend.open_streams == 0
