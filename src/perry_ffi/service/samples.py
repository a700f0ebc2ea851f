"""What the containers of one project, or of all, use of the machine at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import Conflict, NotFound, Unsupported
from perry_ffi.service.project_containers import UP, is_one_off, of_services
from perry_ffi.service.reader import ClientReader
from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container_info import ContainerInfo, ContainerStats
    from perry_ffi.service.client import Client


class Sample(NamedTuple):
    """Of one container. stats: ``None`` of one that does not run."""

    project: str
    container: ContainerInfo
    stats: ContainerStats | None


async def samples(
    client: Client, project: str | None, services: Sequence[str] = (), known: Iterable[str] = (), *, all: bool = False
) -> list[Sample]:
    """One sample of each container, all taken at once. project: ``None`` for every one that there is. all: also of what does not run.

    Raises NotFound for a service that is none, Unsupported where the engine tells nothing of it.
    """
    backend = await client.backend()
    label = identity.THEIRS + "project"
    rows = await (await ClientReader(client).open()).containers({label: project})
    own = [info for info in rows if identity.is_of(info.labels, info.labels.get(label, "")) and not is_one_off(info)]
    found: dict[str, ContainerStats] = {}
    unreachable: list[tuple[ContainerInfo, Unsupported]] = []

    async def take(info: ContainerInfo) -> None:
        try:
            found[info.id] = await (await _engine_of(backend, info)).container_stats(info.id)
        except (NotFound, Conflict):
            return
        except Unsupported as error:
            if info.place is None:
                raise
            unreachable.append((info, error))

    shown = [info for info in of_services(own, services, known) if all or info.status in UP]
    with one_error():
        async with anyio.create_task_group() as group:
            for info in shown:
                if info.status in UP:
                    group.start_soon(take, info)
    if unreachable and not found:
        raise unreachable[0][1]
    for info, error in unreachable:
        client.event_bus.tell("warning", message=f"{info.name} is left out: {error.message}")
    return [
        Sample(info.labels[label], info, found.get(info.id))
        for info in sorted(shown, key=lambda info: (info.labels[label], info.name))
        if all or info.id in found
    ]


async def _engine_of(backend: Backend, info: ContainerInfo) -> Backend:
    """The engine that has the container: of a task that of its node. Raises Unsupported where nobody said how that is reached."""
    if backend.services is None or info.place is None or not info.place.container:
        return backend
    return await backend.services.engine_of(info.place.node)
