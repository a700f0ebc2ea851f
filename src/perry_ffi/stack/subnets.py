"""Subnets and addresses as values; what cannot be read as one is nothing here, for whoever makes the network says so. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Pool = IPv4Network | IPv6Network


def pools(texts: Iterable[str]) -> tuple[Pool, ...]:
    """The subnets that ``texts`` name, each once."""
    found: dict[Pool, None] = {}
    for text in texts:
        with suppress(ValueError):
            found[ip_network(text, strict=False)] = None
    return tuple(found)


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def overlap(some: Iterable[Pool], others: Iterable[Pool]) -> bool:
    """Whether an address is in one of ``some`` and in one of ``others``."""
    rest = list(others)
    return any(pool.version == other.version and pool.overlaps(other) for pool in some for other in rest)
