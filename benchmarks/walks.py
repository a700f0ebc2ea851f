"""What the walk over a workload graph costs beside what its nodes do: by a runner that runs nothing."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from statistics import median

import anyio
import anyio.lowlevel

from benchmarks.figures import Figure, number
from benchmarks.measure import Measure
from perry_ffi.model.base import decode
from perry_ffi.model.workload import WorkloadGraph
from perry_ffi.model.workload_status import Phase
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.workload.check import check
from perry_ffi.workload.graph import Graph, Node
from perry_ffi.workload.runner import Result, Told
from perry_ffi.workload.walk import Walk
from tests.support.workloads import lattice

SIZES = (500, 4000)
RUNS = 5
BUDGET = 2
NAME = f"a graph of {SIZES[0]} nodes in a lattice, walked: each node"
PHASES: tuple[Phase, ...] = ("pulling", "creating", "starting", "running")


def measures() -> Iterator[Measure]:
    yield Measure((NAME,), _walked)


def _walked() -> list[Figure]:
    """In processor time: nothing is waited for."""
    found = {}
    for size in SIZES:
        graph = check(decode(WorkloadGraph, json.dumps(lattice(size))))
        found[size] = median(_timed(graph) for _ in range(RUNS)) / size
    detail = f"one listener; of {SIZES[1]:,} nodes {number(found[SIZES[1]])} ms"
    return [Figure(NAME, found[SIZES[0]], "ms", detail, BUDGET)]


def _timed(graph: Graph) -> float:
    began = time.process_time()
    asyncio.run(_walk(graph))
    return 1000 * (time.process_time() - began)


async def _walk(graph: Graph) -> None:
    bus = EventBus()
    heard = bus.subscribe()
    walk = Walk(graph, _Nothing(), bus, places=8)
    await walk.run()
    assert walk.status()["healthy"] and await heard.next()


class _Nothing:
    """Runs nodes as an engine would that takes no time."""

    async def prepare(self, node: Node) -> None:
        await anyio.lowlevel.checkpoint()

    async def run(self, node: Node, attempt: int, told: Told) -> Result:
        for phase in PHASES:
            told(phase, container=node.name)
            await anyio.lowlevel.checkpoint()
        return Result("ready") if node.kind == "service" else Result("succeeded", 0)

    async def until_end(self, node: Node) -> Result:
        await anyio.sleep_forever()
        raise AssertionError

    async def stop(self, node: Node) -> None:
        await anyio.lowlevel.checkpoint()


__all__ = ["measures"]
