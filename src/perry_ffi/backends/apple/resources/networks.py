"""Networks and volumes. Both are named, and a label is compared here: lists have no filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.apple import words
from perry_ffi.backends.apple.calls import AppleCalls, carries
from perry_ffi.backends.apple.responses.container import is_generated
from perry_ffi.backends.apple.responses.fields import one, rows
from perry_ffi.backends.apple.responses.resources import network, volume
from perry_ffi.backends.command_line.arguments import shown
from perry_ffi.backends.command_line.honoured import refuse_lacking
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.cancellation import all_or_nothing
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.container_info import ContainerInfo

if TYPE_CHECKING:
    from perry_ffi.model.network import NetworkInfo, NetworkSpec
    from perry_ffi.model.volume import VolumeInfo, VolumeSpec

SHOWN = 10
"""So many containers are named in a message."""


class Networks(AppleCalls):
    """The network operations."""

    async def check_network(self, name: str, spec: NetworkSpec) -> None:
        refuse_lacking("NetworkSpec", spec, words.NAME)
        words.network(name, spec)

    async def create_network(self, name: str, spec: NetworkSpec) -> NetworkInfo:
        doing = f"create the network {shown(name)}"
        refuse_lacking("NetworkSpec", spec, words.NAME)
        return await all_or_nothing(self._create_network(words.network(name, spec), name, doing), self._discard_network)

    async def _create_network(self, argv: list[str], name: str, doing: str) -> NetworkInfo:
        await self.line.change(argv, doing=doing, subject=name)
        return await self.inspect_network(name)

    async def _discard_network(self, info: NetworkInfo) -> None:
        try:
            await self.remove_network(info.name)
        except NotFound:
            return

    async def remove_network(self, name: str) -> None:
        doing = f"remove the network {shown(name)}"
        found = await self.inspect_network(name)
        if found.containers:
            users = sorted(found.containers.values())
            told = ", ".join(users[:SHOWN]) + (f" and {len(users) - SHOWN} more" if len(users) > SHOWN else "")
            raise Conflict(
                f"{doing}: {told} {'is' if len(users) == 1 else 'are'} on it", backend=self.name, operation=doing, subject=name,
                containers=users, remedy="remove them first",
            )  # fmt: skip
        await self.line.change(["network", "delete", found.name], doing=doing, subject=name)

    async def inspect_network(self, name: str) -> NetworkInfo:
        doing = f"inspect the network {shown(name)}"
        said = await self.line.read(["network", "inspect", self.named(name, "network")], doing=doing, subject=name)
        found = network(one(said.stdout, doing))
        on_it = [row for row in await self.list_containers(all=True) if _is_on(row, found.name)]
        return found.model_copy(update={"containers": {row.id: row.name for row in on_it}})

    async def list_networks(self, labels: Labels | None = None) -> list[NetworkInfo]:
        doing = "list the networks"
        said = await self.line.read(["network", "list", words.JSON], doing=doing)
        return [item for row in rows(said.stdout, doing) if carries((item := network(row)).labels, labels)]


def _is_on(row: ContainerInfo, network: str) -> bool:
    """Whether it keeps the network from going, be it stopped."""
    return network in row.networks


class Volumes(AppleCalls):
    """The volume operations."""

    def is_generated_volume_name(self, volume: str) -> bool:
        return is_generated(volume)

    async def check_volume(self, name: str, spec: VolumeSpec) -> None:
        refuse_lacking("VolumeSpec", spec, words.NAME)
        words.volume(name, spec)

    async def create_volume(self, name: str, spec: VolumeSpec) -> VolumeInfo:
        doing = f"create the volume {shown(name)}"
        refuse_lacking("VolumeSpec", spec, words.NAME)
        return await all_or_nothing(self._create_volume(words.volume(name, spec), name, doing), self._discard_volume)

    async def _create_volume(self, argv: list[str], name: str, doing: str) -> VolumeInfo:
        await self.line.change(argv, doing=doing, subject=name)
        return await self.inspect_volume(name)

    async def remove_volume(self, name: str, *, force: bool = False) -> None:
        """``force`` says nothing here: it has no drivers that fail."""
        doing = f"remove the volume {shown(name)}"
        found = await self.inspect_volume(name)
        await self.line.change(["volume", "delete", found.name], doing=doing, subject=name)

    async def inspect_volume(self, name: str) -> VolumeInfo:
        doing = f"inspect the volume {shown(name)}"
        said = await self.line.read(["volume", "inspect", self.named(name, "volume")], doing=doing, subject=name)
        return volume(one(said.stdout, doing))

    async def list_volumes(self, labels: Labels | None = None) -> list[VolumeInfo]:
        doing = "list the volumes"
        said = await self.line.read(["volume", "list", words.JSON], doing=doing)
        return [item for row in rows(said.stdout, doing) if carries((item := volume(row)).labels, labels)]


__all__ = ["Networks", "Volumes"]
