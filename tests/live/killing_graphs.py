"""Processes that run a graph and are killed at it, at random moments."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from typing import Any

from tests.live.graph_support import Graphs, changes
from tests.live.killing import Nursery, settled


class GraphNursery(Nursery):
    """One that forks a child for every ``runGraph``."""

    module = "tests.live.killing_graphs"


def twelve(graphs: Graphs, edit: int) -> dict[str, Any]:
    """Two services, ten jobs in layers, an output, a retry; each job leaves a line in a volume whenever it runs. edit: changes one job."""

    def job(name: str, script: str = "true", **members: Any) -> dict[str, Any]:
        return graphs.job(f"echo {name} >>/log/runs; {script}", volumes=["log:/log"], **members)

    def out(name: str) -> dict[str, Any]:
        return {"nodeId": name, "projection": "output"}

    nodes: dict[str, Any] = {
        "db": graphs.service(),
        "cache": graphs.service(depends_on=["db"]),
        "seed": job("seed", "echo seed-$V", outputs={"id": {"from": "stdout"}}, env={"V": str(edit)}, depends_on=["db"]),
    }
    for number in range(4):
        nodes[f"map{number}"] = job(
            f"map{number}", 'echo "$SEED-$0"', env={"SEED": out("seed")}, outputs={"part": {"from": "stdout"}}
        )
    nodes["flaky"] = job(
        "flaky", "test -e /log/once || { touch /log/once; exit 3; }", depends_on=["cache"], retry={"limit": 2, "delay": "50ms"}
    )
    for number in range(2):
        nodes[f"join{number}"] = job(
            f"join{number}", 'test -n "$A"', env={"A": out(f"map{2 * number}"), "B": out(f"map{2 * number + 1}")}
        )
    nodes["report"] = job("report", depends_on=["join0", "join1", "flaky"])
    nodes["tidy"] = job("tidy", depends_on={"report": {"condition": "completed"}})
    return graphs.graph(nodes, volumes={"log": {}})


async def rounds(graphs: Graphs, kills: int, seed: int) -> dict[str, int]:
    """Kills a run again and again: after each, a run that resumes converges and repeats no job that is done and unchanged, or
    ``down`` leaves nothing. Gives how many were killed at work, how many of them left something, and how many jobs were not repeated.
    """
    chance = random.Random(seed)
    nursery = GraphNursery(graphs)
    told = {"killed": 0, "left": 0, "kept": 0}
    span, edits = 3.0, set[int]()
    """The edits that have been run since nothing was there: with one alone, what is done is unchanged."""
    try:
        while told["killed"] < kills:
            edit = chance.randrange(2)
            was = graphs.held()
            nursery.begin(twelve(graphs, edit))
            edits.add(edit)
            await asyncio.sleep(chance.uniform(0.0, 1.05 * span))
            if not nursery.end():
                span *= 0.9
            else:
                told["killed"] += 1
                told["left"] += await settled(graphs) != was
            where = f"seed {seed}, kill {told['killed']}"
            if chance.random() < 0.3:
                report = await graphs.call("down_by_project", graphs.prefix, b'{"volumes": true}')
                found = graphs.held()
                assert report["errors"] == [] and not found["containers"] and not found["networks"], (where, report, found)
                assert not [name for name in found["volumes"] if name.startswith(graphs.prefix)], (where, found)
                edits.clear()
            elif chance.random() < 0.7:
                edit = chance.choice([edit, edit, 1 - edit])
                span = max(span / 2, await _resumes(graphs, edit, where, told, same=edits <= {edit}))
                edits.add(edit)
        await _resumes(graphs, 0, f"seed {seed}, end", told, same=edits <= {0})
        await graphs.call("down_by_project", graphs.prefix, b'{"volumes": true}')
    finally:
        nursery.close()
    return told


async def _resumes(graphs: Graphs, edit: int, where: str, told: dict[str, int], *, same: bool) -> float:
    """Seconds that it took. same: whatever has been run so far was this graph, so that nothing that is done may run again."""
    graph = twelve(graphs, edit)
    done = await _done(graphs)
    began = time.monotonic()
    handle = await graphs.run(graph, resume=True)
    took = time.monotonic() - began
    status = await graphs.status(handle)
    wanted = {name: "ready" if name in ("db", "cache") else "succeeded" for name in graph["nodes"]}
    assert status["healthy"] and status["phases"] == wanted, (where, status)
    now = await _done(graphs)
    if same:
        again = [name for name in done if not now[name] & done[name]]
        assert again == [], f"{where}: ran again though they were done and unchanged"
        told["kept"] += len(done)
    assert changes(await graphs.planned(graph, resume=True)) == [], where
    return took


async def _done(graphs: Graphs) -> dict[str, set[str]]:
    """The ids of the containers of each job that have succeeded, as the engine has them: a killed run may leave two of one job."""
    found: dict[str, set[str]] = {}
    for ident, (_, state, _, _) in graphs.held()["containers"].items():
        shown = graphs.ask(f"/containers/{ident}/json") if state == "stopped" else None
        labels = shown["Config"]["Labels"] if shown else {}
        if (
            labels.get("perry.workload.kind") == "job"
            and shown["State"]["Status"] == "exited"
            and shown["State"]["ExitCode"] == 0
        ):
            found.setdefault(labels["perry.workload.node"], set()).add(ident)
    return found


async def _run(document: bytes) -> None:
    """In the child: its number once it is connected, then the run."""
    from perry_ffi.api import workloads
    from perry_ffi.service.client import Client

    client = Client(os.environ)
    await client.backend()
    print(os.getpid(), flush=True)
    await workloads.run_graph(client, document, json.dumps({"resume": True}).encode())


def serve() -> None:
    """The nursery, as that of stacks."""
    import gc

    from perry_ffi.api import workloads  # noqa: F401 - loaded before the forks
    from perry_ffi.backends.engine_api import engine  # noqa: F401
    from tests.live import killing

    gc.freeze()
    killing.serve_with(_run)


if __name__ == "__main__":
    sys.exit(serve())
