"""Networks, and the places of containers on them, as they are: kept before they go, and made again as they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.contract.networks import Kept
from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.requests.network import MANY_ENDPOINTS_API
from perry_ffi.backends.engine_api.responses.fields import mapping
from perry_ffi.backends.engine_api.transport.http import Request

_LIBPOD = ("v4.0.0", "libpod", "networks")
_NETWORK = (
    "Name", "Driver", "EnableIPv4", "EnableIPv6", "IPAM", "Internal", "Attachable", "Ingress", "Scope", "ConfigOnly", "Options",
    "Labels",
)  # fmt: skip
"""Of docker's description what its create call takes. The addresses that it chose are among them, as if they were given."""
_NOT_OF_LIBPOD = ("id", "created", "containers")


class Keep(EngineCalls):
    """What orchestration needs to put a network back."""

    async def keep_network(self, name: str) -> Kept:
        doing = f"inspect the network {shown(name)}"
        if self.podman:
            # Only its own API tells the name of the bridge and the range of addresses.
            request = Request("GET", (*_LIBPOD, await self.network_segment(name), "json"), doing, versioned=False)
            found = await self.ask_object(request, subject=name)
            body = {member: value for member, value in found.items() if member not in _NOT_OF_LIBPOD}
            return Kept(str(found["name"]), str(found["id"]), body)
        found = await self.ask_object(Request("GET", ("networks", await self.network_segment(name)), doing), subject=name)
        body = {member: found[member] for member in _NETWORK if member in found}
        if source := mapping(found.get("ConfigFrom")).get("Network"):
            body["ConfigFrom"] = {"Network": source}
        return Kept(str(found["Name"]), str(found["Id"]), {**body, "CheckDuplicate": True})

    async def make_network_again(self, kept: Kept) -> None:
        doing = f"create the network {shown(kept.name)} again"
        path = (*_LIBPOD, "create") if self.podman else ("networks", "create")
        request = Request("POST", path, doing, document=dict(kept.document), versioned=not self.podman)
        await self.ask(request, subject=kept.name)

    async def keep_place(self, network: str, ident: str) -> Kept | None:
        document = (await self.inspect_container(ident)).raw or {}
        if str(mapping(document.get("HostConfig")).get("NetworkMode")).startswith("container:"):
            return None  # Podman tells the places of the one whose namespace it is in.
        place = mapping(mapping(mapping(document.get("NetworkSettings")).get("Networks")).get(network))
        return Kept(network, ident, self._endpoint_config(place, ident)) if place else None

    def _endpoint_config(self, place: Mapping[str, Any], ident: str) -> dict[str, Any]:
        """As far as the engine tells: podman does not tell an address that was given from one that it chose."""
        config = {member: place.get(member) for member in ("Aliases", "Links", "DriverOpts", "GwPriority")}
        ipam = place.get("IPAMConfig")
        if self.podman:
            given = {"IPv4Address": place.get("IPAddress"), "IPv6Address": place.get("GlobalIPv6Address")}
            ipam = {member: value for member, value in given.items() if value}
        config["IPAMConfig"] = ipam
        if self.podman or self.version.api >= MANY_ENDPOINTS_API:
            config["MacAddress"] = place.get("MacAddress")
        config["Aliases"] = [alias for alias in place.get("Aliases") or () if alias != ident[:12]]
        return {member: value for member, value in config.items() if value}

    async def take_place_again(self, kept: Kept) -> None:
        network, ident = kept.name, kept.id
        now = await self.inspect_network(network)
        place = (await self.inspect_container(ident)).networks.get(network)
        # Docker ties a container to the very network: one of the same name is another. Podman tells the name for the id.
        if place is not None and place.network_id in ("", network, now.id):
            return
        if place is not None:
            await self.disconnect_network(network, ident, force=True)
        doing = f"connect the container {shown(ident)} to the network {shown(network)} again"
        body = {"Container": ident, "EndpointConfig": dict(kept.document)}
        path = ("networks", await self.network_segment(network), "connect")
        await self.ask(Request("POST", path, doing, document=body), subject=network)
