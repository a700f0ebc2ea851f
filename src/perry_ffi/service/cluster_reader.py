"""A cluster that is looked at: its tasks in the place of containers, each asked for at the engine of its node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from perry_ffi.errors import NotFound, Unsupported
from perry_ffi.service.reader import ClientReader, each
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.rows import list_tasks, without_tasks

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.model.container_info import ContainerInfo, ProcessTable
    from perry_ffi.model.image_info import ImageDetails
    from perry_ffi.model.volume_info import VolumeInfo
    from perry_ffi.service.client import Client

T = TypeVar("T")


class ClusterReader(ClientReader):
    """What is not to be seen from here is missing in an answer about several; a warning names the nodes."""

    def __init__(self, client: Client, backend: Backend, services: Services) -> None:
        super().__init__(client)
        self._backend, self._services = backend, services
        self._nodes: dict[str, str] = {}
        """By the container's id."""

    @property
    def lists_health(self) -> bool:
        return True

    async def containers(self, labels: Labels) -> list[ContainerInfo]:
        rows = await list_tasks(self._services, labels.get(identity.THEIRS + "project"))
        self._nodes.update({info.id: info.place.node for info in rows if info.place and info.place.container})
        return rows

    async def stopped(self) -> list[ContainerInfo]:
        return await without_tasks(self._services)

    async def inspected(self, idents: Sequence[str]) -> dict[str, ContainerInfo]:
        """Nothing: the list tells all that is known without asking each node."""
        return {}

    async def images(self, idents: Sequence[str]) -> dict[str, ImageDetails]:
        """Those that this node has."""
        return await each(idents, self._backend.inspect_image)

    async def volumes(self, labels: Labels) -> list[VolumeInfo]:
        """Of every node whose engine is known: volumes are local to their nodes."""
        asked = {identity.PROJECT if name == identity.THEIRS + "project" else name: text for name, text in labels.items()}
        found: list[VolumeInfo] = []

        async def look(node: str) -> None:
            found.extend(await (await self._services.engine_of(node)).list_volumes(asked))

        await self._on_nodes({node.id: node.name for node in await self._services.nodes() if node.up}, look, "their volumes")
        return found

    async def processes(self, idents: Sequence[str]) -> dict[str, ProcessTable]:
        found: dict[str, ProcessTable] = {}
        names = {node.id: node.name for node in await self._services.nodes()}
        nodes = {
            self._nodes[ident]: names.get(self._nodes[ident], self._nodes[ident]) for ident in idents if ident in self._nodes
        }

        async def look(node: str) -> None:
            backend = await self._services.engine_of(node)
            own = [ident for ident in idents if self._nodes.get(ident) == node]
            found.update(await each(own, backend.container_processes))

        await self._on_nodes(nodes, look, "the processes of their tasks")
        return found

    async def _on_nodes(self, nodes: dict[str, str], look: Callable[[str], Awaitable[T]], what: str) -> None:
        """Does ``look`` for each of ``nodes``, by id. Raises Unsupported where none of them can be reached; tells of those that cannot."""
        unreachable: dict[str, Unsupported] = {}

        async def one(node: str) -> None:
            try:
                await look(node)
            except Unsupported as error:
                unreachable[node] = error
                raise NotFound(error.message) from error

        await each(list(nodes), one)
        if unreachable and len(unreachable) == len(nodes):
            raise next(iter(unreachable.values()))
        if unreachable:
            told = ", ".join(sorted(nodes[node] for node in unreachable))
            remedy = next(iter(unreachable.values())).details.get("remedy")
            message = f"{told}: {what} are not shown, for nobody said how its engine is reached" + (
                f" ({remedy})" if remedy else ""
            )
            self._client.event_bus.tell("warning", message=message)
