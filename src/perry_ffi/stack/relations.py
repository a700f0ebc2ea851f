"""Which services of a project a verb takes along: what they depend on, who restarts with them, who lives in their namespaces.

From the project's model, from the labels of its containers where there is none, and from the containers themselves. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from perry_ffi.graph import reachable
from perry_ffi.stack import identity
from perry_ffi.stack.conditions import CONDITIONS
from perry_ffi.stack.edges import Awaited, Edge, service_edges, shared_namespaces
from perry_ffi.stack.index import Index
from perry_ffi.stack.observed import Replica

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project


@dataclass(frozen=True)
class Relations:
    """edges: what each service depends on. inside: the services in whose namespaces its containers are."""

    edges: Mapping[str, Mapping[str, Edge]]
    inside: Mapping[str, frozenset[str]]

    def before(self) -> dict[str, list[str]]:
        """What has to run before each service starts: what it depends on, and whose namespaces it joins."""
        names = self.edges.keys() | self.inside.keys()
        return {name: sorted({*self.edges.get(name, ()), *self.inside.get(name, ())}) for name in names}

    def with_dependencies(self, services: Iterable[str]) -> set[str]:
        """``services``, and what they need to run, however far away."""
        return set(reachable(self.before(), sorted(services)))

    def with_restarting(self, services: Iterable[str], dependents: bool) -> set[str]:
        """``services``, and those that restart with them, however far away: those in their namespaces, which end with a run.

        dependents: also those that ask for it (``restart: true``).
        """
        follow: dict[str, list[str]] = {}
        for name in self.edges.keys() | self.inside.keys():
            asked = {other for other, edge in self.edges.get(name, {}).items() if edge.restart and dependents}
            for other in asked | self.inside.get(name, frozenset()):
                follow.setdefault(other, []).append(name)
        return set(reachable(follow, sorted(services)))

    @cached_property
    def awaited(self) -> Awaited:
        """What they wait for."""
        return Awaited.by(self.edges.values())


def relations(project: Project | None, rows: Iterable[Replica]) -> Relations:
    """Of all services there are: those of the model, enabled or not, and those that only containers tell of.

    rows: with the namespaces they are in.
    """
    found = list(rows)
    disabled = {} if project is None else project.disabled_services
    trees = {} if project is None else {**disabled, **project.services}
    edges: dict[str, dict[str, Edge]] = {}
    inside: dict[str, set[str]] = {}
    owners = {row.id: row.service for row in found}
    for row in found:
        told = identity.read_depends_on(row.depends_on)
        edges.setdefault(row.service, {}).update(
            {n: Edge(str(e["condition"]), restart=bool(e["restart"])) for n, e in told.items()}
        )
        inside.setdefault(row.service, set()).update(owners[ident] for ident in row.joined if ident in owners)
    for name, tree in trees.items():
        edges[name] = {other: edge for other, edge in service_edges(tree).items() if edge.required or other not in disabled}
        inside.setdefault(name, set()).update(shared_namespaces(tree))
    return Relations(edges, {name: frozenset(others - {name}) for name, others in inside.items()})


def is_done(row: Replica, found: Relations) -> bool:
    """Whether it is a job that ended well, as ``Awaited.is_done`` has it."""
    return row.status == "exited" and row.exit_code == 0 and found.awaited.is_done(row.service, row.completed)


def cut_off(rows: Iterable[Replica], starting: Collection[str]) -> set[str]:
    """The running containers, by id, that lose the namespaces they are in when those of ``starting`` start, and so on."""
    index = Index(rows)
    lost: dict[str, None] = {}
    todo = list(starting)
    while todo:
        inside = index.inside(todo.pop())
        more = [row.id for row in inside if row.running and row.id not in starting and row.id not in lost]
        lost.update(dict.fromkeys(more))
        todo += more
    return set(lost)


def missing(service: str, found: Relations, there: Container[str], without: Container[str]) -> list[tuple[str, Edge]]:
    """The conditions of ``service`` that cannot come to hold, because what it waits for has no container.

    there: the services that have one, without: those that shall have none.
    """
    edges = sorted(found.edges.get(service, {}).items())
    return [(n, edge) for n, edge in edges if edge.condition in CONDITIONS and n not in there and n not in without]
