"""How a network hands out addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from perry_ffi.model import values


@dataclass(frozen=True)
class Subnet:
    """One address pool of a network."""

    subnet: str = ""
    ip_range: str = ""
    gateway: str = ""
    aux_addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ipam:
    """Who hands out addresses, and from which pools; an empty driver is the engine's own."""

    driver: str = ""
    config: tuple[Subnet, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


def cidr(value: Any) -> str:
    """An address with a prefix length."""
    import ipaddress

    text = value if isinstance(value, str) and "/" in value and "%" not in value else ""
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        values.bad("a subnet such as 10.1.0.0/16", value)
    return text


def _aux(value: Any) -> dict[str, str]:
    return {host: values.within(f".{host}", values.ip, item) for host, item in values.text_map(value).items()}


_SUBNET: dict[str, Callable[[Any], Any]] = {
    "subnet": cidr,
    "ip_range": cidr,
    "gateway": values.ip,
    "aux_addresses": _aux,
}


def _subnet(value: Any) -> Subnet:
    return value if isinstance(value, Subnet) else Subnet(**values.members(value, _SUBNET))


_IPAM: dict[str, Callable[[Any], Any]] = {
    "driver": values.word,
    "config": lambda value: tuple(values.list_of(_subnet)(value)),
    "options": values.text_map,
}


def read_ipam(value: Any) -> Ipam:
    """``{driver, config: [{subnet, ip_range, gateway, aux_addresses}], options}``."""
    return value if isinstance(value, Ipam) else Ipam(**values.members(value, _IPAM))
