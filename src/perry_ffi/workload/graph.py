"""A graph whose every word has been checked: what the walk, the plan and the engine's side read. Nothing here changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from perry_ffi.model.workload import Output, Ready, Retry, WorkloadNode
    from perry_ffi.model.workload_values import Condition
    from perry_ffi.workload.policy import Enforcement

Kind = Literal["service", "job"]
Origin = Literal["depends_on", "edge", "ref"]


@dataclass(frozen=True, slots=True)
class Edge:
    """That ``node`` waits until ``condition`` holds of ``target``. required: else it counts as held where it never can be."""

    node: str
    target: str
    condition: Condition
    required: bool = True
    origin: tuple[Origin, ...] = ("depends_on",)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One node. level: 0 for one that waits for nobody. edges: what it waits for. late: whether values are put into it that
    are only known when others have started or ended, so that it is created after them. spec: as it was written.
    """

    name: str
    kind: Kind
    level: int
    spec: WorkloadNode
    edges: tuple[Edge, ...]
    late: bool
    enforcement: Enforcement
    retry: Retry | None = None
    timeout: float | None = None
    ready: Ready | None = None
    outputs: Mapping[str, Output] = field(default_factory=dict)
    keep: bool = True

    @property
    def attempts(self) -> int:
        """How many tries there may be."""
        return 1 + (self.retry.limit if self.retry else 0)


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """nodes: by name, in the order in which they were written. levels: names in waves. networks, volumes: as a Compose document
    has them.
    """

    name: str
    nodes: Mapping[str, Node]
    levels: tuple[tuple[str, ...], ...]
    networks: Mapping[str, Any] = field(default_factory=dict)
    volumes: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def dependents(self) -> dict[str, list[Edge]]:
        """The edges that lead to each node."""
        found: dict[str, list[Edge]] = {name: [] for name in self.nodes}
        for node in self.nodes.values():
            for edge in node.edges:
                found[edge.target].append(edge)
        return found
