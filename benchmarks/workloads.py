"""What a workload graph costs before anything is made: read from its text, checked, planned."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from benchmarks import graphs, walks
from benchmarks.figures import Figure, number
from benchmarks.measure import Measure
from perry_ffi.model.base import decode
from perry_ffi.model.workload import RunGraphOptions, WorkloadGraph
from perry_ffi.workload.check import check
from perry_ffi.workload.graph import Graph
from perry_ffi.workload.plan import plan_graph
from tests.support.workloads import lattice
from tests.unit.workload.rig import GraphRig

NODES, RUNS = 500, 21
BUDGET = 100
PLANNED = f"a graph of {NODES} nodes in a lattice, checked and planned"


def measures() -> Iterator[Measure]:
    yield Measure((PLANNED,), _planned)
    yield from walks.measures()
    yield from graphs.measures()


def _planned() -> list[Figure]:
    """In processor time: nothing is waited for."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        rig = GraphRig(Path(folder))

        def plan(graph: Graph) -> None:
            runner.run(plan_graph(rig.context, graph, decode(RunGraphOptions, None)))

        text = json.dumps(lattice(NODES))
        first = _timed(lambda: plan(_read(text)))
        graph = _read(text)
        read = median(_timed(lambda: _read(text)) for _ in range(RUNS))
        planned = median(_timed(lambda: plan(graph)) for _ in range(RUNS))
    parts = f"{number(read)} ms read and checked, {number(planned)} ms planned on the engine in memory; the first one {number(first)} ms"
    return [Figure(PLANNED, read + planned, "ms", parts, BUDGET)]


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


def _read(text: str) -> Graph:
    return check(decode(WorkloadGraph, text))


__all__ = ["measures"]
