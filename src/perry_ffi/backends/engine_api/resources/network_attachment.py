"""The networks that a container joins and leaves after its creation, and its places on them, kept and taken again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.contract.networks import Kept
from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.flavour import LATER_MAC_API, MANY_ENDPOINTS_API
from perry_ffi.backends.engine_api.resources.ending_limit import Endings
from perry_ffi.backends.engine_api.responses.fields import mapping
from perry_ffi.backends.engine_api.sayings import Meaning, says
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.errors import BackendError, Conflict
from perry_ffi.model.endpoint import EndpointSpec
from perry_ffi.model.host_values import is_alias


class NetworkAttachment(Endings):
    """Containers on networks."""

    async def connect_network(self, network: str, ident: str, endpoint: EndpointSpec) -> None:
        doing = f"connect the container {shown(ident)} to the network {shown(network)}"
        from perry_ffi.backends.engine_api.requests.network import attachment_payload
        from perry_ffi.model.container_values import Attachment

        item = Attachment(
            network, endpoint.aliases, endpoint.ipv4_address, endpoint.ipv6_address, endpoint.link_local_ips,
            endpoint.mac_address, endpoint.driver_opts,
        )  # fmt: skip
        takes_mac = self.podman or self.version.api >= LATER_MAC_API
        lacking = "its API sets one only where the container is made"
        with self.by_own_name():
            config = attachment_payload(item, self.flavour, mac=takes_mac, lacking=lacking)
        if self.podman and is_alias(name := await self._host_name(ident)):
            config["Aliases"] = list(dict.fromkeys((*endpoint.aliases, name)))
        body = {"Container": ident, "EndpointConfig": config}
        path = ("networks", await self.network_segment(network), "connect")
        await self.ask(Request("POST", path, doing, document=body), subject=network)

    async def _host_name(self, ident: str) -> str:
        """The host name that somebody gave a container: docker lets it answer to that on each network that it joins."""
        found = await self.inspect_container(ident)
        name = ((found.raw or {}).get("Config") or {}).get("Hostname") or ""
        return "" if name == found.id[:12] else name

    async def disconnect_network(self, network: str, ident: str, *, force: bool = False) -> None:
        doing = f"disconnect the container {shown(ident)} from the network {shown(network)}"
        request = Request(
            "POST",
            ("networks", await self.network_segment(network), "disconnect"),
            doing,
            document={"Container": ident, "Force": force},
        )
        try:
            async with self.ending(ident):
                await self.ask(request, subject=network)
        except BackendError as error:
            if not says(error.message, Meaning.NOT_CONNECTED):
                raise
            raise Conflict(error.message, **error.details) from error

    async def keep_place(self, network: str, ident: str) -> Kept | None:
        document = (await self.inspect_container(ident)).raw or {}
        if str(mapping(document.get("HostConfig")).get("NetworkMode")).startswith("container:"):
            return None  # Podman tells the places of the one whose namespace it is in.
        place = mapping(mapping(mapping(document.get("NetworkSettings")).get("Networks")).get(network))
        return Kept(network, ident, self._endpoint_config(place, document, ident)) if place else None

    def _endpoint_config(self, place: Mapping[str, Any], document: Mapping[str, Any], ident: str) -> dict[str, Any]:
        """As far as the engine tells: podman does not tell an address that was given from one that it chose."""
        config = {member: place.get(member) for member in ("Aliases", "Links", "DriverOpts", "GwPriority")}
        ipam = place.get("IPAMConfig")
        if self.podman:
            given = {"IPv4Address": place.get("IPAddress"), "IPv6Address": place.get("GlobalIPv6Address")}
            ipam = {member: value for member, value in given.items() if value}
        config["IPAMConfig"] = ipam
        if self.podman or self.version.api >= MANY_ENDPOINTS_API:
            config["MacAddress"] = self._own_mac(place, document)
        config["Aliases"] = [alias for alias in place.get("Aliases") or () if alias != ident[:12]]
        return {member: value for member, value in config.items() if value}

    def _own_mac(self, place: Mapping[str, Any], document: Mapping[str, Any]) -> str | None:
        """The MAC address of a place: where it can be given again any that it has, else only one that somebody gave, as far
        as docker tells them apart: before 28 it makes them of the IPv4 address, since then by chance, and of the container's
        first network it tells the one that was given.
        """
        mac = place.get("MacAddress")
        if not isinstance(mac, str) or self.podman or self.version.api >= LATER_MAC_API:
            return mac or None
        given = mapping(document.get("Config")).get("MacAddress") == mac
        made_of_address = (self.version.release or (0, 0)) < (28, 0) and mac != _made_of(place.get("IPAddress"))
        return mac if given or made_of_address else None

    async def take_place_again(self, kept: Kept) -> str | None:
        network, ident = kept.name, kept.id
        now = await self.inspect_network(network)
        place = (await self.inspect_container(ident)).networks.get(network)
        # Docker ties a container to the very network: one of the same name is another. Podman tells the name for the id.
        if place is not None and place.network_id in ("", network, now.id):
            return None
        if place is not None:
            await self.disconnect_network(network, ident, force=True)
        doing = f"connect the container {shown(ident)} to the network {shown(network)} again"
        body = {"Container": ident, "EndpointConfig": dict(kept.document)}
        path = ("networks", await self.network_segment(network), "connect")
        await self.ask(Request("POST", path, doing, document=body), subject=network)
        mac = kept.document.get("MacAddress")
        if not mac or self.podman or self.version.api >= LATER_MAC_API:
            return None
        return f"its MAC address {mac} is lost, for docker's API takes one there from 1.54 on: making the container anew gives it back"


def _made_of(address: Any) -> str:
    """The MAC address that docker before 28 makes of an IPv4 address."""
    numbers = str(address).split(".") if address else []
    return ":".join(["02", "42", *(f"{int(number):02x}" for number in numbers)]) if len(numbers) == 4 else ""
