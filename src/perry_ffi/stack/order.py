"""Dependency order of a project's containers: from its model, or, without one, from their labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from perry_ffi.graph import levels
from perry_ffi.stack import identity
from perry_ffi.stack.edges import service_edges
from perry_ffi.stack.observed import Replica
from perry_ffi.stack.services import require_services

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project

Edges = dict[str, dict[str, str]]
"""Service → the services it depends on, each with the condition."""


def edges_of(project: Project | None, replicas: Iterable[Replica]) -> Edges:
    """Who depends on whom. Services that only their containers still tell of count too."""
    edges: Edges = {}
    for row in replicas:
        found = identity.read_depends_on(row.depends_on)
        edges.setdefault(row.service, {}).update({name: str(edge["condition"]) for name, edge in found.items()})
    if project is not None:
        for name, tree in project.services.items():
            edges[name] = {other: edge.condition for other, edge in service_edges(tree).items()}
    return edges


def waves(edges: Mapping[str, Iterable[str]], services: Iterable[str]) -> list[list[str]]:
    """The ``services`` in waves, dependencies first. A cycle, which only foreign labels can make, ends the order."""
    wanted = set(services)
    inner = {name: [other for other in edges.get(name, ()) if other in wanted] for name in wanted}
    try:
        return levels(inner)
    except ValueError:
        return [sorted(wanted)]


class Dependents:
    """Steps for services whose dependents have theirs first. edges: service → those it depends on."""

    def __init__(self, edges: Mapping[str, Iterable[str]]) -> None:
        self._edges = edges
        self._before: dict[str, list[int]] = {}
        self.steps: list[int] = []

    def add(self, service: str, step: int) -> None:
        """Notes a step of ``service``: those it depends on have theirs after it."""
        self.steps.append(step)
        self.pass_on(service, [step])

    def pass_on(self, service: str, steps: Iterable[int]) -> None:
        """Has those that ``service`` depends on have theirs after ``steps``: its own, or, where it has none, those it would wait for."""
        for other in self._edges.get(service, ()):
            if other != service:
                self._before.setdefault(other, []).extend(steps)

    def of(self, service: str) -> list[int]:
        """The steps so far of those that depend on ``service``."""
        return self._before.get(service, [])


def chosen(
    project: Project | None,
    edges: Mapping[str, Mapping[str, object]],
    replicas: Iterable[Replica],
    services: Iterable[str] | None,
) -> set[str]:
    """The services that a verb is about: ``None`` all but orphans. Raises NotFound for one that the project does not have."""
    known = set(edges) | {row.service for row in replicas}
    if services is None:
        return known if project is None else known & project.all_services.keys()
    require_services(services, known)
    return set(services)
