"""The file of names that each container of this library gets: its own, its peers' on its networks, and those that it asks for.

Labels are somebody's text: a name or an address that is none is left out, so that no line becomes another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from perry_ffi.model.values import is_ip

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.container_info import ContainerInfo

PATH = "/etc/hosts"
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}\Z")
_LOCAL = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
_GATEWAY = "host-gateway"


def written(own: ContainerInfo, spec: ContainerSpec, rows: Mapping[str, tuple[ContainerInfo, ContainerSpec]]) -> str:
    """The file of a container. rows: all that run, with their specifications, by name; it is one of them."""
    lines = [line for row, theirs in rows.values() for line in _peer(own, row, theirs)]
    return _LOCAL + "".join(f"{line}\n" for line in [*_asked(own, spec), *dict.fromkeys(lines)])


def _peer(own: ContainerInfo, row: ContainerInfo, spec: ContainerSpec) -> Iterator[str]:
    """A line for each network that it is on with ``own``, with the names that it has there."""
    for network, place in row.networks.items():
        if network in own.networks and is_ip(place.ip_address):
            names = [name for name in dict.fromkeys([row.name, *_names(spec, network)]) if _HOST.match(name)]
            yield " ".join([place.ip_address, *names])


def _names(spec: ContainerSpec, network: str) -> list[str]:
    return [*spec.aliases, *(name for item in spec.networks if item.name == network for name in item.aliases)]


def _asked(own: ContainerInfo, spec: ContainerSpec) -> Iterator[str]:
    """``extra_hosts``."""
    gateway = next((place.gateway for place in own.networks.values() if place.gateway), "")
    for entry in spec.extra_hosts:
        name, _, address = entry.partition(":")
        address = gateway if address == _GATEWAY else address.removeprefix("[").removesuffix("]")
        if _HOST.match(name) and is_ip(address):
            yield f"{address} {name}"


def share(one: ContainerInfo, other: ContainerInfo) -> bool:
    """Whether they are on a network together."""
    return not one.networks.keys().isdisjoint(other.networks)


__all__ = ["PATH", "share", "written"]
