"""A part of a graph: some nodes, and what they need. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from perry_ffi.errors import NotFound
from perry_ffi.graph import reachable

if TYPE_CHECKING:
    from perry_ffi.workload.graph import Graph


def only(graph: Graph, names: Sequence[str] | None) -> Graph:
    """``graph`` with these nodes and what they need, directly or through others. Raises NotFound for one that it does not have."""
    if names is None:
        return graph
    for index, name in enumerate(names):
        if name not in graph.nodes:
            path = f"options.only[{index}]"
            raise NotFound(f"{path}: the graph {graph.name} has no node {name}", path=path, node=name, subject=name)
    edges = {name: [edge.target for edge in node.edges] for name, node in graph.nodes.items()}
    kept = reachable(edges, names)
    return replace(
        graph,
        nodes={name: node for name, node in graph.nodes.items() if name in kept},
        levels=tuple(level for names_ in graph.levels if (level := tuple(name for name in names_ if name in kept))),
    )
