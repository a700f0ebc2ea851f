"""Networks, which are CNI's, and volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.command_line.arguments import named, new_name, option, pairs, shown
from perry_ffi.backends.command_line.honoured import refuse, refuse_lacking, refuse_odd_labels
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.nerdctl.calls import carries
from perry_ffi.backends.nerdctl.containers import NerdctlContainers
from perry_ffi.backends.nerdctl.readings import INTERNAL, network_info, volume_info
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.network_info import NetworkInfo
from perry_ffi.model.volume_info import VolumeInfo

if TYPE_CHECKING:
    from perry_ffi.model.network import NetworkSpec
    from perry_ffi.model.volume import VolumeSpec

_PSEUDO = ("host", "none")
"""They are listed, and have no document."""
_INSPECT = ("network", "inspect", "--mode=native")


class NerdctlNetworks(NerdctlContainers):
    """The networks of CNI, those of other programs too: only nerdctl's own have an id, and can be removed here."""

    async def check_network(self, name: str, spec: NetworkSpec) -> None:
        self._network_words(name, spec)

    async def create_network(self, name: str, spec: NetworkSpec) -> NetworkInfo:
        words = self._network_words(name, spec)
        await self._line.change(words, doing=f"create the network {shown(name)}", subject=name)
        return await self.inspect_network(name)

    def _network_words(self, name: str, spec: NetworkSpec) -> list[str]:
        refuse_odd_labels(spec.labels, "NetworkSpec", self.name)
        refuse_lacking("NetworkSpec", spec, self.name)
        words = ["network", "create", option("driver", spec.driver or "bridge")]
        words += ["--internal"] if spec.internal else []
        words += ["--ipv6"] if spec.enable_ipv6 else []
        words += pairs("opt", spec.driver_opts) + pairs("label", spec.labels)
        words += pairs("label", {INTERNAL: "true"} if spec.internal else {})
        for index, pool in enumerate(spec.ipam.config if spec.ipam else ()):
            if index and (pool.gateway or pool.ip_range):
                refuse(f"NetworkSpec.ipam.config[{index}]", self.name, "it takes a gateway and a range for the first subnet only")
            said = {"subnet": pool.subnet, "gateway": pool.gateway, "ip-range": pool.ip_range}
            words += [option(flag, value) for flag, value in said.items() if value]
        return [*words, new_name(name, "network", self.name)]

    async def remove_network(self, name: str) -> None:
        doing = f"remove the network {shown(name)}"
        try:
            await self._line.change(["network", "rm", self._network(name)], doing=doing, subject=name)
        except Conflict as error:
            on_it = (await self.inspect_network(name)).containers
            if not on_it:
                raise
            held = ", ".join(sorted(on_it.values()))
            raise Conflict(f"{doing}: {held} is on it", **{**error.details, "containers": sorted(on_it.values())}) from error

    async def _on(self, name: str) -> dict[str, str]:
        """Id to name of the containers that are on a network, or would be if they ran."""
        found = await self.list_containers(all=True)
        return {item.id: item.name for item in found if name in item.networks}

    def _network(self, name: str) -> str:
        return named(name, "network", self.name)

    async def inspect_network(self, name: str) -> NetworkInfo:
        doing = f"inspect the network {shown(name)}"
        if name in _PSEUDO:
            return NetworkInfo(id=name, name=name, driver=name)
        found = network_info(await self.one([*_INSPECT, self._network(name)], doing=doing, subject=name))
        return found.model_copy(update={"containers": await self._on(found.name)})

    async def list_networks(self, labels: Labels | None = None) -> list[NetworkInfo]:
        doing = "list the networks"
        names = [str(row.get("Name")) for row in await self.rows(["network", "ls", "--format=json"], doing=doing)]
        pseudo = [NetworkInfo(id=name, name=name, driver=name) for name in names if name in _PSEUDO]
        documents = await self.described(_INSPECT, [name for name in names if name not in _PSEUDO], doing=doing, gone="network")
        found = [network_info(document).model_copy(update={"raw": None}) for document in documents]
        return [item for item in [*found, *pseudo] if carries(item.labels, labels)]

    # -- volumes --------------------------------------------------------------------------------

    async def check_volume(self, name: str, spec: VolumeSpec) -> None:
        self._volume_words(name, spec)

    def _volume_words(self, name: str, spec: VolumeSpec) -> list[str]:
        refuse_odd_labels(spec.labels, "VolumeSpec", self.name)
        refuse_lacking("VolumeSpec", spec, self.name)
        return ["volume", "create", *pairs("label", spec.labels), new_name(name, "volume", self.name)]

    async def create_volume(self, name: str, spec: VolumeSpec) -> VolumeInfo:
        """nerdctl takes a volume that is there for a new one, so it is looked for before."""
        doing, words = f"create the volume {shown(name)}", self._volume_words(name, spec)
        if await self._has_volume(name):
            raise Conflict(f"{doing}: there is one of that name", backend=self.name, operation=doing, subject=name)
        await self._line.change(words, doing=doing, subject=name)
        return await self.inspect_volume(name)

    async def _has_volume(self, name: str) -> bool:
        try:
            await self.inspect_volume(name)
        except NotFound:
            return False
        return True

    def _volume(self, name: str) -> str:
        return named(name, "volume", self.name)

    async def remove_volume(self, name: str, *, force: bool = False) -> None:
        """force: nothing more is done, for there are no drivers that fail."""
        await self._line.change(["volume", "rm", self._volume(name)], doing=f"remove the volume {shown(name)}", subject=name)

    async def inspect_volume(self, name: str) -> VolumeInfo:
        doing = f"inspect the volume {shown(name)}"
        return volume_info(await self.one(["volume", "inspect", self._volume(name)], doing=doing, subject=name))

    async def list_volumes(self, labels: Labels | None = None) -> list[VolumeInfo]:
        doing = "list the volumes"
        said = await self._line.read(["volume", "ls", "--quiet"], doing=doing)
        names = said.stdout.decode("utf-8", "replace").split()
        documents = await self.described(("volume", "inspect"), names, doing=doing, gone="volume")
        found = [volume_info(document).model_copy(update={"raw": None}) for document in documents]
        return [item for item in found if carries(item.labels, labels)]


__all__ = ["NerdctlNetworks"]
