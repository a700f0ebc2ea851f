"""Published ports: ``8080:80``, ``127.0.0.1:8080:80/udp``, ranges, and the long object form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perry_ffi.model.values import bad, clean, integer, ip, is_number, scalar, within

_EXPECTED = "a port such as 8080:80, 127.0.0.1:8080:80/udp or 8000-8002:80-82"
_PROTOCOLS = ("tcp", "udp", "sctp")
_SHAPE = r"(?:(?:(?P<ip>\[[^\]]*\]|[^:\[\]]*):)?(?P<host>[0-9-]*):)?(?P<target>[0-9-]+)(?:/(?P<proto>[a-z]+))?\Z"
_LONG = {"target", "published", "host_ip", "protocol", "mode"}


@dataclass(frozen=True)
class Port:
    """One port of a container and where it is published.

    published: the host's port, ``""`` for one that the engine chooses (as 0 is read), or ``"8000-8010"`` for any in a range.
    host_ip: the host's address, ``""`` for all of them.
    """

    target: int
    published: str = ""
    host_ip: str = ""
    protocol: str = "tcp"


def ports(value: Any) -> list[Port]:
    """A list of ports in any form; a range of targets becomes one entry each."""
    if not isinstance(value, list | tuple):
        bad("a list of ports")
    return [entry for index, item in enumerate(value) for entry in within(f"[{index}]", port, item)]


def port(value: Any) -> list[Port]:
    """One port in any form. Host and container ranges must be of one length, or the container's a single port."""
    if isinstance(value, Port):
        return [value]
    if isinstance(value, Mapping):
        return [_long(value)]
    if isinstance(value, int) and is_number(value):
        value = str(value)
    match = re.match(_SHAPE, clean(value, _EXPECTED).lower())
    if not match or (match["proto"] or "tcp") not in _PROTOCOLS:
        bad(_EXPECTED, value)
    address = (match["ip"] or "").removeprefix("[").removesuffix("]")
    if address:
        ip(address)
    low, high = _range(match["target"], value)
    return [
        Port(target, published, address, match["proto"] or "tcp")
        for target, published in zip(range(low, high + 1), _published(match["host"] or "", low, high, value), strict=True)
    ]


def _published(text: str, low: int, high: int, value: Any) -> list[str]:
    if text in ("", "0"):
        return [""] * (high - low + 1)
    first, last = _range(text, value)
    if last - first == high - low:
        return [str(number) for number in range(first, last + 1)]
    if low != high:
        bad("host and container ranges of one length", value)
    return [f"{first}-{last}"]


def _range(text: str, value: Any) -> tuple[int, int]:
    first, sign, last = text.partition("-")
    if not _is_port(first) or (sign and not _is_port(last)):
        bad(_EXPECTED, value)
    low, high = int(first), int(last or first)
    if low > high:
        bad("a range from low to high", value)
    return low, high


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65_536


def _long(value: Mapping[str, Any]) -> Port:
    for key in value:
        if key not in _LONG:
            bad("one of " + ", ".join(sorted(_LONG)), key)
    clean(value.get("mode", ""))
    published = value.get("published")
    text = "" if published is None else within(".published", scalar, published)
    if text == "0":
        text = ""
    if text:
        low, high = within(".published", lambda item: _range(text, item), published)
        text = str(low) if low == high else f"{low}-{high}"
    protocol = within(".protocol", clean, value.get("protocol", "")).lower() or "tcp"
    if protocol not in _PROTOCOLS:
        bad("tcp, udp or sctp", protocol, at=".protocol")
    address = value.get("host_ip") or ""
    return Port(
        within(".target", integer(1, 65_535), value.get("target")),
        text,
        within(".host_ip", ip, address) if address else "",
        protocol,
    )
