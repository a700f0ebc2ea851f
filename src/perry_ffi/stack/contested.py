"""What a running container holds that another may want: ports of the host, and addresses on a network. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.stack.desired import Service
    from perry_ffi.stack.observe import Replica

_HELD = re.compile(r"(?P<ip>.*):(?P<port>\d+)->\d+/(?P<protocol>\w+)")
_NUMBER = re.compile(r"[0-9]{1,5}")
_EVERYWHERE = frozenset(("", "0.0.0.0", "::"))  # noqa: S104 - compared, not bound


def stands_in_the_way(row: Replica, service: Service) -> bool:
    """Whether a container of ``service`` cannot start while ``row`` runs: it wants a port or an address that row holds."""
    return bool(row.addresses & service.addresses) or any(
        protocol == wanted_protocol and first <= port <= last and _meet(address, wanted_address)
        for address, port, protocol in _held(row)
        for wanted_address, first, last, wanted_protocol in _wanted(service)
    )


def _meet(one: str, other: str) -> bool:
    return one == other or one in _EVERYWHERE or other in _EVERYWHERE


def _held(row: Replica) -> Iterator[tuple[str, int, str]]:
    for line in row.ports:
        if found := _HELD.fullmatch(line):
            yield found["ip"].strip("[]"), int(found["port"]), found["protocol"]


def _wanted(service: Service) -> Iterator[tuple[str, int, int, str]]:
    """(address, first, last, protocol) of each; ports that the engine may choose are in nobody's way."""
    for port in service.tree.get("ports") or []:
        first, _, last = str(port.get("published") or "").partition("-")
        if _NUMBER.fullmatch(first) and first != "0":
            bound = int(last) if _NUMBER.fullmatch(last) else int(first)
            yield str(port.get("host_ip") or ""), int(first), bound, str(port.get("protocol") or "tcp")
