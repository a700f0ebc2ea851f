"""What nodes wait for: said in ``depends_on``, in ``edges``, and by references; merged to one edge for each pair. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.errors import DependencyCycle
from perry_ffi.graph import find_cycle
from perry_ffi.model.workload_values import Condition
from perry_ffi.workload import refs
from perry_ffi.workload.faults import fault, place, unknown
from perry_ffi.workload.graph import Edge, Kind, Origin

if TYPE_CHECKING:
    from perry_ffi.model.workload import WorkloadGraph, WorkloadNode
    from perry_ffi.model.workload_values import Ref

_ENDS = frozenset(("succeeded", "completed"))
_STRENGTH: Mapping[Condition, int] = {"started": 0, "completed": 1, "ready": 1, "failed": 2, "succeeded": 2, "healthy": 2}
_APART = frozenset((
    frozenset(("failed", "succeeded")), frozenset(("failed", "ready")), frozenset(("failed", "healthy")),
))  # fmt: skip
"""What cannot hold of one node at one time."""


@dataclass(frozen=True, slots=True)
class Said:
    """One source of an edge. condition: None for the target's default. needed: whether the dependent cannot be made without it."""

    node: str
    target: str
    condition: Condition | None
    required: bool
    origin: Origin
    steps: tuple[str | int, ...]
    ref: Ref | None = None

    @property
    def path(self) -> str:
        """Where in the document it is said."""
        return place(*self.steps)


def said(graph: WorkloadGraph) -> list[Said]:
    """Everything that makes an edge, in the order of the document. Raises ValidationError for a node that is not there, and for
    one that waits for itself.
    """
    found = [row for name, node in graph.nodes.items() for row in _of_node(name, node)]
    found += (
        Said(edge.source, edge.target, edge.condition, edge.required, "edge", ("edges", index))
        for index, edge in enumerate(graph.edges)
    )
    for row in found:
        _check_names(graph, row)
    return found


def _of_node(name: str, node: WorkloadNode) -> Iterator[Said]:
    for target, row in node.depends_on.items():
        yield Said(name, target, row.condition, row.required, "depends_on", ("nodes", name, "depends_on", target))
    for path, ref in refs.placed(node):
        yield Said(name, ref.node, None, True, "ref", ("nodes", name, *path), ref)


def _check_names(graph: WorkloadGraph, row: Said) -> None:
    if row.origin == "edge" and row.node not in graph.nodes:
        raise unknown(f"{row.path}.from", "a node", row.node, graph.nodes)
    if row.target not in graph.nodes:
        member = {"edge": ".to", "ref": ".nodeId", "depends_on": ""}[row.origin]
        raise unknown(row.path + member, "a node", row.target, graph.nodes)
    if row.target == row.node:
        raise fault(row.path, "another node than itself")


def kinds(graph: WorkloadGraph, rows: list[Said]) -> dict[str, Kind]:
    """What each node is: as it says; else a job if it says what it gives, or others wait for its end or read what came of it.

    Who waits for a failure waits for an end; only where the node is clearly a service is that one's.
    """
    ends = {row.target for row in rows if row.condition in _ENDS or (row.ref and row.ref.projection in refs.OF_JOBS)}
    fails = {row.target for row in rows if row.condition == "failed"}
    if fails:
        serving = {row.target for row in rows if _is_of_service(row)}
        ends |= {name for name in fails - serving if name in graph.nodes and not _serves(graph.nodes[name])}
    return {
        name: node.kind or ("job" if node.outputs or name in ends else "service")
        for name, node in graph.nodes.items()
    }  # fmt: skip


def _is_of_service(row: Said) -> bool:
    """Whether who says this means a service."""
    return row.condition in ("ready", "healthy") or (
        row.ref is not None and row.ref.projection in refs.ADDRESSES | refs.PUBLISHED
    )


def _serves(node: WorkloadNode) -> bool:
    """Whether it has what only a service has."""
    restarts = node.restart is not None and node.restart[0] != "no"
    return (
        restarts or not node.keep or node.healthcheck is not None or node.ready.log is not None or node.ready.timeout is not None
    )


def edges(rows: list[Said], kind: Mapping[str, Kind]) -> dict[str, tuple[Edge, ...]]:
    """The edges of each node, in the order in which they were said first. Raises ValidationError for conditions that never hold
    together or never of such a node.
    """
    pairs: dict[str, dict[str, list[tuple[Said, Condition]]]] = {name: {} for name in kind}
    for row in rows:
        pairs[row.node].setdefault(row.target, []).append((row, _condition(row, kind[row.target])))
    return {name: tuple(_merged(group) for group in targets.values()) for name, targets in pairs.items()}


def _condition(row: Said, kind: Kind) -> Condition:
    if row.ref is not None:
        return _of_ref(row.ref, kind)
    if row.condition is None:
        return "ready" if kind == "service" else "succeeded"
    if kind == "job" and row.condition in ("ready", "healthy"):
        raise fault(
            f"{row.path}.condition",
            "succeeded, completed, failed or started",
            f"{row.target} is a job, unless it says kind: service",
        )
    if kind == "service" and row.condition in _ENDS:
        raise fault(f"{row.path}.condition", "ready, healthy, started or failed", f"{row.target} says that it is a service")
    return row.condition


def _of_ref(ref: Ref, kind: Kind) -> Condition:
    if ref.projection == "output":
        return "succeeded"
    if ref.projection == "exitCode":
        return "completed"
    if ref.projection in ("containerId", "containerName") or kind == "job":
        return "started"
    return "ready"


def _merged(group: list[tuple[Said, Condition]]) -> Edge:
    """One edge of all that was said of a pair: the strongest condition."""
    first = group[0][0]
    if len(group) == 1:
        return Edge(first.node, first.target, group[0][1], first.required, (first.origin,))
    conditions = [condition for _, condition in group]
    for row, condition in group:
        for other in conditions:
            if frozenset((condition, other)) in _APART:
                raise fault(
                    row.path, f"no other condition than {other!r} of {row.target}", f"{condition!r} never holds beside it"
                )
    origins = dict.fromkeys(row.origin for row, _ in group)
    return Edge(first.node, first.target, max(conditions, key=_STRENGTH.__getitem__), _required(group), tuple(origins))


def _required(group: list[tuple[Said, Condition]]) -> bool:
    """A value that is known in any case asks for nothing where the edge is said; one that is not is needed."""
    told = [row for row, _ in group if row.ref is None]
    late = any(row.ref and refs.is_late(row.ref) for row, _ in group)
    return late or any(row.required for row in told) or not told


def refuse_cycle(found: Mapping[str, tuple[Edge, ...]], rows: list[Said]) -> None:
    """Raises DependencyCycle with the nodes in order and the place that makes the first step."""
    cycle = find_cycle({name: sorted(edge.target for edge in of) for name, of in found.items()})
    if cycle:
        path = next(row.path for row in rows if (row.node, row.target) == (cycle[0], cycle[1]))
        raise DependencyCycle(f"{path}: nodes wait for each other: {' -> '.join(cycle)}", cycle=cycle, path=path)


__all__ = ["Said", "edges", "kinds", "refuse_cycle", "said"]
