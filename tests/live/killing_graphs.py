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
    span = 3.0
    try:
        while told["killed"] < kills:
            edit = chance.randrange(2)
            was = graphs.held()
            nursery.begin(twelve(graphs, edit))
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
            elif chance.random() < 0.7:
                span = max(span / 2, await _resumes(graphs, chance.choice([edit, edit, 1 - edit]), where, told))
        await _resumes(graphs, 0, f"seed {seed}, end", told)
        await graphs.call("down_by_project", graphs.prefix, b'{"volumes": true}')
    finally:
        nursery.close()
    return told


async def _resumes(graphs: Graphs, edit: int, where: str, told: dict[str, int]) -> float:
    """Seconds that it took."""
    graph = twelve(graphs, edit)
    done = await _done(graphs)
    unchanged = {name for name in done if _unchanged(await graphs.planned(graph, resume=True), name)}
    began = time.monotonic()
    handle = await graphs.run(graph, resume=True)
    took = time.monotonic() - began
    status = await graphs.status(handle)
    assert status["healthy"], (where, status)
    wanted = {name: "ready" if name in ("db", "cache") else "succeeded" for name in graph["nodes"]}
    assert status["phases"] == wanted, (where, status)
    now = await _done(graphs)
    for name in unchanged:
        assert now[name] == done[name], f"{where}: {name} ran again though it was done and unchanged"
    told["kept"] += len(unchanged)
    again = await graphs.planned(graph, resume=True)
    assert changes(again) == [], (where, again["plan"])
    return took


async def _done(graphs: Graphs) -> dict[str, str]:
    """The id of the container of each job that has succeeded, as the engine has it."""
    found: dict[str, str] = {}
    for ident, (name, state, _, _) in graphs.held()["containers"].items():
        node = name.removeprefix(graphs.prefix + "-").rpartition("-")[0]
        shown = graphs.ask(f"/containers/{ident}/json") if state == "stopped" else None
        if shown and shown["State"]["Status"] == "exited" and shown["State"]["ExitCode"] == 0 and node not in ("db", "cache"):
            found[node] = ident
    return found


def _unchanged(plan: dict[str, Any], node: str) -> bool:
    return all(row["node"] != node for row in changes(plan))


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
