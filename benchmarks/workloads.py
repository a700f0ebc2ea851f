"""What a workload graph costs before any engine is asked: read from its text, checked, planned."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.figures import Figure, number
from benchmarks.measure import Measure
from perry_ffi.model.base import decode
from perry_ffi.model.workload import RunGraphOptions, WorkloadGraph
from perry_ffi.workload.check import check
from perry_ffi.workload.graph import Graph
from perry_ffi.workload.hashing import node_hash
from perry_ffi.workload.plan import static_plan
from tests.support.workloads import lattice

NODES, RUNS = 500, 21
BUDGET = 100
PLANNED = f"a graph of {NODES} nodes in a lattice, checked and planned"


def measures() -> Iterator[Measure]:
    yield Measure((PLANNED,), _planned)


def _planned() -> list[Figure]:
    text = json.dumps(lattice(NODES))
    first = _timed(lambda: _plan(_read(text)))
    graph = _read(text)
    read = [_timed(lambda: _read(text)) for _ in range(RUNS)]
    planned = [_timed(lambda: _plan(graph)) for _ in range(RUNS)]
    parts = f"of processor time; {number(median(read))} ms read and checked, {number(median(planned))} ms planned and hashed"
    parts += f"; the first one {number(first)} ms"
    return [Figure(PLANNED, median(read) + median(planned), "ms", parts, BUDGET)]


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


def _read(text: str) -> Graph:
    return check(decode(WorkloadGraph, text))


def _plan(graph: Graph) -> None:
    """What needs no engine of it."""
    static_plan(graph, decode(RunGraphOptions, None))
    for node in graph.nodes.values():
        node_hash(graph, node)


__all__ = ["measures"]
