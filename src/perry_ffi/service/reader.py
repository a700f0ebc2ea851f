"""What looks at an engine and changes nothing: the few questions that commands ask which only show.

An operation that takes a ``Reader`` awaits nothing else. So it runs on an engine of the contract, in an event loop, and as well where
each answer is there when it is asked for, without one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from perry_ffi.errors import Conflict, NotFound

if TYPE_CHECKING:
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.model.container_info import ContainerInfo, ProcessTable
    from perry_ffi.model.image_info import ImageDetails
    from perry_ffi.model.network_info import NetworkInfo
    from perry_ffi.model.volume_info import VolumeInfo
    from perry_ffi.service.client import Client

T = TypeVar("T")


class Reader(Protocol):
    """An engine that is looked at. What is not there any more is missing in an answer about several."""

    @property
    def name(self) -> str:
        """Of the engine."""

    @property
    def identity(self) -> str:
        """A text that tells engines apart, once one has answered."""

    @property
    def lists_health(self) -> bool:
        """Whether ``containers`` tells health; else only ``inspected`` does."""

    async def containers(self, labels: Labels) -> list[ContainerInfo]:
        """Those that carry all ``labels``, also those that do not run."""

    async def stopped(self) -> list[ContainerInfo]:
        """A row for each service of a cluster that was stopped, or not started yet, and so has no container; of all projects."""

    async def inspected(self, idents: Sequence[str]) -> dict[str, ContainerInfo]:
        """All that is known of each, its health as far as anybody knows it."""

    async def images(self, idents: Sequence[str]) -> dict[str, ImageDetails]:
        """Those that there are of these."""

    async def image_id(self, reference: str) -> str | None:
        """The id of the image that ``reference`` names; None where there is none."""

    async def networks(self) -> list[NetworkInfo]:
        """All that there are."""

    async def volumes(self, labels: Labels) -> list[VolumeInfo]:
        """Those that carry all ``labels``."""

    async def processes(self, idents: Sequence[str]) -> dict[str, ProcessTable]:
        """What runs inside of those of these that run."""

    async def nothing_of(self, project: str) -> None:
        """To be called where it has no container of ``project``. Raises Conflict where another engine of this machine has some."""


class ClientReader:
    """The engine in force of a client, asked for several things at a time."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def open(self) -> ClientReader:
        """Finds the engine, and gives who asks it. Raises as ``Client.backend``."""
        self._backend = await self._client.backend()
        if self._backend.services is not None:
            from perry_ffi.service.cluster_reader import ClusterReader

            return ClusterReader(self._client, self._backend, self._backend.services)
        return self

    @property
    def name(self) -> str:
        return self._backend.name

    @property
    def identity(self) -> str:
        return self._backend.identity

    @property
    def lists_health(self) -> bool:
        return self._backend.lists_health

    async def containers(self, labels: Labels) -> list[ContainerInfo]:
        return await self._backend.list_containers(all=True, labels=labels)

    async def stopped(self) -> list[ContainerInfo]:
        return []

    async def inspected(self, idents: Sequence[str]) -> dict[str, ContainerInfo]:
        from perry_ffi.runtime.probes import current_health

        async def look(ident: str) -> ContainerInfo:
            info = await self._backend.inspect_container(ident)
            if info.status == "running":
                info.health = await current_health(self._backend, info)
            return info

        return await each(idents, look)

    async def images(self, idents: Sequence[str]) -> dict[str, ImageDetails]:
        return await each(idents, self._backend.inspect_image)

    async def image_id(self, reference: str) -> str | None:
        return await self._backend.image_id(reference)

    async def networks(self) -> list[NetworkInfo]:
        return await self._backend.list_networks()

    async def volumes(self, labels: Labels) -> list[VolumeInfo]:
        return await self._backend.list_volumes(labels)

    async def processes(self, idents: Sequence[str]) -> dict[str, ProcessTable]:
        return await each(idents, self._backend.container_processes)

    async def nothing_of(self, project: str) -> None:
        from perry_ffi.service.context import stack_context
        from perry_ffi.stack.elsewhere import refuse_elsewhere

        await refuse_elsewhere(await stack_context(self._client), project)


async def each(idents: Sequence[str], look: Callable[[str], Awaitable[T]]) -> dict[str, T]:
    """What ``look`` finds of each, side by side, less what is gone or does not run any more."""
    import anyio

    from perry_ffi.cancellation import one_error

    found: dict[str, T] = {}

    async def one(ident: str) -> None:
        try:
            found[ident] = await look(ident)
        except (NotFound, Conflict):
            return

    with one_error():
        async with anyio.create_task_group() as group:
            for ident in dict.fromkeys(idents):
                group.start_soon(one, ident)
    return found
