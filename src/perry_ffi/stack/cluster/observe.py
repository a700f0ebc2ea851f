"""What an engine that keeps services holds of a project: read by label, once, without changing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.service_records import ClusterObject
from perry_ffi.cancellation import one_error
from perry_ffi.errors import ContainerError
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.attach import HOST
from perry_ffi.stack.cluster.wanted import digest_of

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.service_records import ServiceState, TaskState
    from perry_ffi.backends.contract.services import Services

OBJECTS = ("network", "config", "secret")
_HOST = ClusterObject("network", HOST, HOST, driver=HOST)


@dataclass(frozen=True)
class Found:
    """What an image's reference stands for now. reference: what tasks are made from, with the digest where there is one. digest: of
    its content; empty where nobody asked. local: it is this machine's, and in no registry. platforms: what machines it runs on; empty
    where nobody knows.
    """

    reference: str
    digest: str = ""
    local: bool = False
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClusterObserved:
    """A project as the engine holds it.

    services: by their names in the file; of ``run`` none. tasks: of those services that do not stand, or may be done, by the same names. objects:
    networks, configs and secrets by kind: the project's, and external ones. images: by reference as it is written. unresolved: why
    nobody knows what a reference stands for. nodes: how many machines there are; ``None`` where nobody asked. beside: the services of
    others; none where nobody asked.
    """

    services: Mapping[str, ServiceState]
    tasks: Mapping[str, tuple[TaskState, ...]] = field(default_factory=dict)
    objects: Mapping[str, tuple[ClusterObject, ...]] = field(default_factory=dict)
    images: Mapping[str, Found] = field(default_factory=dict)
    unresolved: Mapping[str, ContainerError] = field(default_factory=dict, compare=False)
    nodes: int | None = None
    beside: tuple[ServiceState, ...] = field(default=(), compare=False, repr=False)

    def of_kind(self, kind: str) -> tuple[ClusterObject, ...]:
        return self.objects.get(kind, ())

    @property
    def empty(self) -> bool:
        """Whether nothing of the project is there."""
        return not self.services

    def digests(self) -> dict[str, str]:
        """What it holds part by part, for who wants to know whether it is still the same."""
        found = {f"service {key}": digest_of(_service(state)) for key, state in self.services.items()}
        for kind, rows in self.objects.items():
            found.update({f"{kind} {row.name} {row.id}": digest_of(dict(row.labels)) for row in rows})
        found.update({f"image {name}": digest_of(row.digest) for name, row in self.images.items()})
        return found


def _service(state: ServiceState) -> list[object]:
    return [state.id, dict(state.labels), state.wanted, state.everywhere, state.image]


def stands(state: ServiceState) -> bool:
    """Whether as many tasks run as shall, and no change of it is under way or was given up."""
    return state.running >= state.wanted and (state.update is None or state.update.state in ("completed", "rolled_back"))


def _may_be_done(state: ServiceState) -> bool:
    """Whether its tasks may have ended well: of one on each node an engine counts then that none is to run."""
    return state.everywhere and not state.wanted


def newest_tasks(tasks: Iterable[TaskState]) -> dict[str, TaskState]:
    """The newest task of each place. tasks: oldest first."""
    return {str(task.slot) if task.slot else f"on {task.node}": task for task in tasks}


def is_own(state: ServiceState) -> bool:
    """Whether it is a service of the file, and not one of a single ``run``."""
    return state.labels.get(identity.SERVICE) is not None and state.labels.get(identity.ONE_OFF, "").lower() != "true"


async def read_services(services: Services, project: str) -> dict[str, ServiceState]:
    """The project's services by their names in the file."""
    return _by_name(await services.services({identity.PROJECT: project}))


def _by_name(states: Iterable[ServiceState]) -> dict[str, ServiceState]:
    return {state.labels[identity.SERVICE]: state for state in states if is_own(state)}


async def read_objects(services: Services, kind: str, project: str, external: Iterable[str] = ()) -> tuple[ClusterObject, ...]:
    """The project's objects of one kind, and those of these names whoever's they are; ``host`` is a network of every node."""
    others = frozenset(external)
    rows = await services.objects(kind, None if others else {identity.PROJECT: project})
    found = [row for row in rows if row.labels.get(identity.PROJECT) == project or row.name in others]
    return (*found, _HOST) if kind == "network" and HOST in others else tuple(found)


async def observe(
    backend: Backend,
    services: Services,
    project: str,
    *,
    images: Iterable[str] = (),
    external: Mapping[str, frozenset[str]] | None = None,
    count_nodes: bool = False,
    others: bool = False,
) -> ClusterObserved:
    """Reads what there is.

    images: the references to be resolved. external: by kind, the names of objects that are somebody else's. count_nodes: whether
    it matters how many machines there are. others: whether the services of others are looked at too, in the same call.
    """
    names = external or {}
    own: dict[str, ServiceState] = {}
    objects: dict[str, tuple[ClusterObject, ...]] = {}
    found: dict[str, Found] = {}
    unresolved: dict[str, ContainerError] = {}
    beside: list[ServiceState] = []
    nodes: int | None = None
    places = anyio.CapacityLimiter(backend.parallel_calls)

    async def read_own() -> None:
        if not others:
            return own.update(await read_services(services, project))
        rows = await services.services()
        own.update(_by_name(state for state in rows if state.labels.get(identity.PROJECT) == project))
        idents = {state.id for state in own.values()}
        beside.extend(state for state in rows if state.id not in idents)

    async def read_kind(kind: str) -> None:
        objects[kind] = await read_objects(services, kind, project, names.get(kind, ()))

    async def read_image(reference: str) -> None:
        try:
            async with places:
                found[reference] = await resolve(backend, services, reference)
        except ContainerError as error:
            unresolved[reference] = error

    async def read_nodes() -> None:
        nonlocal nodes
        nodes = len(await services.nodes())

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(read_own)
            for kind in OBJECTS:
                group.start_soon(read_kind, kind)
            for reference in dict.fromkeys(images):
                group.start_soon(read_image, reference)
            if count_nodes:
                group.start_soon(read_nodes)
    tasks = await read_tasks(services, {key: state for key, state in own.items() if not stands(state) or _may_be_done(state)})
    return ClusterObserved(own, tasks, objects, found, unresolved, nodes, tuple(beside))


async def read_tasks(services: Services, states: Mapping[str, ServiceState]) -> dict[str, tuple[TaskState, ...]]:
    """The tasks of these services, in one call; by the same names."""
    if not states:
        return {}
    by_service: dict[str, list[TaskState]] = {}
    for task in await services.tasks([state.id for state in states.values()]):
        by_service.setdefault(task.service, []).append(task)
    return {key: tuple(by_service.get(state.id, ())) for key, state in states.items()}


async def resolve(backend: Backend, services: Services, reference: str) -> Found:
    """What ``reference`` stands for in its registry. Where that cannot be told and there is one machine only, what it stands for
    there.

    Raises what a pull would raise.
    """
    try:
        resolved = await services.resolve_image(reference)
    except ContainerError as error:
        if (found := await _here(backend, services, reference)) is None:
            raise error
        return found
    return Found(resolved.reference, resolved.digest, platforms=resolved.platforms)


async def _here(backend: Backend, services: Services, reference: str) -> Found | None:
    try:
        if len(await services.nodes()) != 1:
            return None
        details = await backend.inspect_image(reference)
    except ContainerError:
        return None
    if details.digests:
        return Found(details.digests[0], details.digests[0].rpartition("@")[2])
    return Found(reference, details.id, local=True)


__all__ = [
    "OBJECTS", "ClusterObserved", "Found", "is_own", "newest_tasks", "observe", "read_objects", "read_services", "read_tasks", "resolve", "stands",
]  # fmt: skip
