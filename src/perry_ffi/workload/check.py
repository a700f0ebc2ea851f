"""From what a program said of a graph to a graph whose every word is checked: before any engine is asked. Pure.

What only an engine or an image tells is not known here: whether a runtime is there, whether an image has a health check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from perry_ffi.compose.discover import normalize_name
from perry_ffi.graph import levels
from perry_ffi.workload import refs
from perry_ffi.workload.edges import Said, edges, kinds, refuse_cycle, said
from perry_ffi.workload.faults import fault, place
from perry_ffi.workload.graph import Graph, Node
from perry_ffi.workload.node_rules import check_node
from perry_ffi.workload.policy import enforcement
from perry_ffi.workload.ref_rules import check_refs
from perry_ffi.workload.sections import INNER, check_places, sections

if TYPE_CHECKING:
    from perry_ffi.model.workload import WorkloadGraph
    from perry_ffi.workload.graph import Edge, Kind

MAX_NAME = 128


def check(graph: WorkloadGraph) -> Graph:
    """The graph, or ValidationError with the path of the first thing that is wrong, or DependencyCycle."""
    _check_name(graph.name)
    rows = said(graph)
    kind = kinds(graph, rows)
    asked = {name: enforcement(node) for name, node in graph.nodes.items()}
    for name, node in graph.nodes.items():
        check_node(name, node, kind[name], asked[name])
    networks, volumes = sections(graph)
    check_places(graph)
    if INNER in graph.networks and not all(row.egress for row in asked.values()):
        raise fault(place("networks", INNER), "another name", "nodes with egress: false are on a network of this name")
    found = edges(rows, kind)
    refuse_cycle(found, rows)
    _check_health(graph, found, rows)
    waves = levels({name: [edge.target for edge in of] for name, of in found.items()})
    level = {name: number for number, wave in enumerate(waves) for name in wave}
    late = {row.node for row in rows if row.ref is not None and refs.is_late(row.ref)}
    nodes = {
        name: Node(
            name, kind[name], level[name], spec, found[name], name in late, asked[name],
            retry=spec.retry, timeout=spec.timeout, ready=spec.ready, outputs=spec.outputs, keep=spec.keep,
        )
        for name, spec in graph.nodes.items()
    }  # fmt: skip
    check_refs(nodes, rows)
    return Graph(graph.name, nodes, tuple(map(tuple, waves)), networks, volumes, tuple(_warnings(nodes, kind)))


def _check_name(name: str) -> None:
    if not name or normalize_name(name) != name or len(name) > MAX_NAME:
        expected = f"a project name of lower-case letters, digits, - and _, a letter or digit first, at most {MAX_NAME}"
        raise fault(place("name"), expected)


def _check_health(graph: WorkloadGraph, found: Mapping[str, tuple[Edge, ...]], rows: list[Said]) -> None:
    """A check that is turned off never passes; one that the node does not say may be the image's."""
    for of in found.values():
        for edge in of:
            test = graph.nodes[edge.target].healthcheck
            if edge.condition == "healthy" and test is not None and test.test == ("NONE",):
                row = next(row for row in rows if (row.node, row.target, row.condition) == (edge.node, edge.target, "healthy"))
                raise fault(f"{row.path}.condition", "ready or started", f"the health check of {edge.target} is turned off")


def _warnings(nodes: Mapping[str, Node], kind: Mapping[str, Kind]) -> Iterator[str]:
    users: dict[str, set[Kind]] = {}
    for node in nodes.values():
        for edge in node.edges:
            users.setdefault(edge.target, set()).add(kind[node.name])
    for name, node in nodes.items():
        path = place("nodes", name)
        if not node.enforcement.egress and node.spec.ports:
            yield f"{path}.ports: nobody reaches a published port of a node with egress: false; expose is enough for other nodes"
        if not node.keep and "job" not in users.get(name, ()):
            yield f"{path}.keep: {'no job' if name in users else 'nobody'} needs it, so it stays"
        for edge in node.edges:
            if edge.condition in ("succeeded", "completed", "failed") and _by_address(node, edge):
                yield f"{path}: it is given an address of {edge.target}, which has ended when it starts"


def _by_address(node: Node, edge: Edge) -> bool:
    return "ref" in edge.origin and any(
        ref.node == edge.target and ref.projection in refs.ADDRESSES for _, ref in refs.placed(node.spec)
    )


__all__ = ["MAX_NAME", "check"]
