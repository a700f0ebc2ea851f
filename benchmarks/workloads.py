"""What a workload graph costs before any engine is asked: read from its text, checked, hashed, drawn."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.figures import Figure, number
from benchmarks.measure import Measure
from perry_ffi.model.base import decode
from perry_ffi.model.workload import WorkloadGraph
from perry_ffi.workload.check import check
from perry_ffi.workload.drawing import graph_document
from perry_ffi.workload.graph import Graph
from perry_ffi.workload.hashing import node_hash
from tests.support.workloads import lattice

NODES, RUNS = 500, 21
BUDGET = 100
PLANNED = f"a graph of {NODES} nodes in a lattice, checked and planned"


def measures() -> Iterator[Measure]:
    yield Measure((PLANNED,), _planned)


def _planned() -> list[Figure]:
    text = json.dumps(lattice(NODES))
    began = time.perf_counter()
    _plan(_read(text))
    first = time.perf_counter() - began
    graph = _read(text)
    read = [_timed(lambda: _read(text)) for _ in range(RUNS)]
    planned = [_timed(lambda: _plan(graph)) for _ in range(RUNS)]
    parts = f"{number(median(read))} ms read and checked, {number(median(planned))} ms hashed and drawn; the first one {number(1000 * first)} ms"
    return [Figure(PLANNED, median(read) + median(planned), "ms", parts, BUDGET)]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def _read(text: str) -> Graph:
    return check(decode(WorkloadGraph, text))


def _plan(graph: Graph) -> None:
    """What needs no engine of it."""
    edges = [edge for node in graph.nodes.values() for edge in node.edges]
    graph_document(graph.name, {name: node.kind for name, node in graph.nodes.items()}, edges)
    for node in graph.nodes.values():
        node_hash(graph, node)


__all__ = ["measures"]
