"""How a container joins a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class EndpointSpec:
    """A container's place on a network; every member may be left out.

    aliases: names it has there, beside its own. ipv4_address, ipv6_address: fixed addresses within the network's
    subnets. link_local_ips, mac_address, driver_opts: as the engine takes them.
    priority: networks with a higher one are joined first, by whoever joins several; an engine is told nothing of it.
    """

    aliases: tuple[str, ...] = ()
    ipv4_address: str = ""
    ipv6_address: str = ""
    link_local_ips: tuple[str, ...] = ()
    mac_address: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
