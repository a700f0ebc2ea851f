"""Reads what an engine holds of a project, by label, without changing anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import NotFound, Timeout
from perry_ffi.stack import identity
from perry_ffi.stack.observed import Replica, Resource, network_row, replica, volume_row

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container import ContainerInfo

STOPPING_SECONDS = 60.0
"""How long somebody else's stop of a container is waited for before it is taken as it is."""


async def list_own(backend: Backend, project: str, *, all: bool = True) -> list[ContainerInfo]:
    """The containers that are the project's own, where an engine keeps services their tasks. all: also those that do not run."""
    if backend.services is not None:
        from perry_ffi.stack.cluster.rows import list_tasks

        return [info for info in await list_tasks(backend.services, project) if all or info.status == "running"]
    # Ours carry docker compose's labels too: one question finds both.
    found = await backend.list_containers(all=all, labels={identity.THEIRS + "project": project})
    return [info for info in found if identity.is_of(info.labels, project)]


async def read_replicas(backend: Backend, project: str, *, ends: bool = True) -> list[Replica]:
    """The containers of a project, by service and number. ends: whether it is asked who ended those that ended well (``completed``)."""
    found = await list_own(backend, project)
    if backend.services is not None:
        tasks = [replace(replica(backend, info), completed=info.exit_code == 0) for info in found]
        return sorted(tasks, key=lambda row: (row.service, row.number, row.name))
    replicas = [replica(backend, await _settled(backend, info)) for info in found]
    for index, row in enumerate(replicas):
        if ends and row.status == "exited" and row.exit_code == 0:
            replicas[index] = replace(row, completed=_negated(await backend.was_stopped(row.id)))
    return sorted(replicas, key=lambda row: (row.service, row.number, row.name))


def _negated(value: bool | None) -> bool | None:
    return None if value is None else not value


async def namespaces_of(backend: Backend, rows: list[Replica], looked: set[str]) -> list[Replica]:
    """``rows``, those whose ids are in ``looked`` with what an inspection tells: the namespaces they are in, since when they run."""
    found: dict[str, Replica] = {}
    # Docker tells the name where a container was told to join another by its name.
    idents = {row.name: row.id for row in rows}

    async def look(row: Replica) -> None:
        from perry_ffi.model.container_values import moment  # Most of the time nothing is looked at.

        try:
            info = await backend.inspect_container(row.id)
        except NotFound:
            return
        joined = frozenset(idents.get(other, other) for other in info.joined.values())
        started = moment(info.started_at).ns if info.started_at else 0
        # Podman tells the places of the one whose network namespace it is in.
        if "network" in info.joined:
            row = replace(row, networks={}, addresses=frozenset())
        # A list may be late where somebody else ended it a moment ago.
        found[row.id] = replace(row, joined=joined, started=started, status=info.status, exit_code=info.exit_code)

    with one_error():
        async with anyio.create_task_group() as group:
            for row in rows:
                if row.id in looked:
                    group.start_soon(look, row)
    return [found.get(row.id, row) for row in rows]


async def with_namespaces(backend: Backend, rows: list[Replica]) -> list[Replica]:
    """``rows`` with the namespaces that they are in, and when they were started. Tasks are in nobody else's."""
    if backend.services is not None:
        return rows
    return await namespaces_of(backend, rows, {row.id for row in rows})


async def _settled(backend: Backend, info: ContainerInfo) -> ContainerInfo:
    """The container once a stop of it has ended that is still under way: the process that asked may be gone."""
    if not info.stopping:
        return info
    try:
        await backend.wait_container(info.id, STOPPING_SECONDS)
        return await backend.inspect_container(info.id)
    except (NotFound, Timeout):
        return info


async def with_health(backend: Backend, rows: list[Replica]) -> list[Replica]:
    """``rows`` with the health of those that run, also where an engine's list does not tell it, as far as it is known."""
    if backend.lists_health or backend.services is not None:
        return rows
    from perry_ffi.runtime.probes import current_health

    found = dict[str, Replica]()

    async def look(row: Replica) -> None:
        try:
            found[row.id] = replace(row, health=await current_health(backend, await backend.inspect_container(row.id)))
        except NotFound:
            return

    with one_error():
        async with anyio.create_task_group() as group:
            for row in rows:
                if row.status == "running":
                    group.start_soon(look, row)
    return [found.get(row.id, row) for row in rows]


async def read_resources(backend: Backend, project: str) -> tuple[list[Resource], list[Resource]]:
    """The networks and the volumes that are the project's by all their labels, by name."""
    wanted = {identity.THEIRS + "project": project}
    networks, volumes = list[Resource](), list[Resource]()

    async def read_networks() -> None:
        networks.extend(map(network_row, await backend.list_networks(wanted)))

    async def read_volumes() -> None:
        volumes.extend(map(volume_row, await backend.list_volumes(wanted)))

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(read_networks)
            group.start_soon(read_volumes)
    return _of(project, networks), _of(project, volumes)


async def read_all(backend: Backend, project: str) -> tuple[list[Replica], list[Resource], list[Resource]]:
    """The containers, the networks and the volumes of a project, read side by side: to take them away."""
    found: list[Replica] = []

    async def read_containers() -> None:
        found.extend(await read_replicas(backend, project, ends=False))

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(read_containers)
            networks, volumes = await read_resources(backend, project)
    return found, networks, volumes


def _of(project: str, rows: list[Resource]) -> list[Resource]:
    return sorted((row for row in rows if row.project == project), key=lambda row: row.name)
