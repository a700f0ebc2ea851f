"""Networks of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.engine_api.calls import EngineCalls, carries, label_filter, shown
from perry_ffi.backends.engine_api.http import Request
from perry_ffi.backends.engine_api.parse_network import parse_network, parse_networks
from perry_ffi.backends.engine_api.payload_network import network_payload
from perry_ffi.backends.outlast import all_or_nothing
from perry_ffi.backends.orchestration import Labels
from perry_ffi.errors import NotFound

if TYPE_CHECKING:
    from perry_ffi.model.network import NetworkInfo, NetworkSpec


class Networks(EngineCalls):
    """The network operations."""

    async def create_network(self, name: str, spec: NetworkSpec) -> NetworkInfo:
        body = network_payload(name, spec, self.flavour, self.version.api)
        request = Request("POST", ("networks", "create"), f"create the network {shown(name)}", document=body)
        return await all_or_nothing(self._create_network(request, name), self._discard_network)

    async def check_network(self, name: str, spec: NetworkSpec) -> None:
        network_payload(name, spec, self.flavour, self.version.api)

    async def _create_network(self, request: Request, name: str) -> NetworkInfo:
        await self.ask(request, subject=name)
        return await self.inspect_network(name)

    async def _discard_network(self, info: NetworkInfo) -> None:
        try:
            await self.remove_network(info.id)
        except NotFound:
            return

    async def remove_network(self, name: str) -> None:
        path = ("networks", await self.network_segment(name))
        await self.ask(Request("DELETE", path, f"remove the network {shown(name)}"), subject=name)

    async def inspect_network(self, name: str) -> NetworkInfo:
        request = Request("GET", ("networks", await self.network_segment(name)), f"inspect the network {shown(name)}")
        return parse_network(await self.ask_document(request, subject=name))

    async def list_networks(self, labels: Labels | None = None) -> list[NetworkInfo]:
        request = Request("GET", ("networks",), "list the networks", query={"filters": label_filter(labels)})
        found = parse_networks(await self.ask_document(request))
        return [item for item in found if carries(item.labels, labels)]
