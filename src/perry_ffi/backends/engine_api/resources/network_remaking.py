"""Networks as they are: kept before they go, and made again as they were."""

from __future__ import annotations

from perry_ffi.backends.contract.networks import Kept
from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.responses.fields import mapping
from perry_ffi.backends.engine_api.transport.http import Request

_LIBPOD = ("v4.0.0", "libpod", "networks")
_NETWORK = (
    "Name", "Driver", "EnableIPv4", "EnableIPv6", "IPAM", "Internal", "Attachable", "Ingress", "Scope", "ConfigOnly", "Options",
    "Labels",
)  # fmt: skip
"""Of docker's description what its create call takes. The addresses that it chose are among them, as if they were given."""
_NOT_OF_LIBPOD = ("id", "created", "containers")


class NetworkRemaking(EngineCalls):
    """A network is kept before it goes."""

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
