"""The containers that will be gone in the end, found by what others want of them: a port, an address, a namespace. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from perry_ffi.stack.containers.divergence import SCALED_DOWN

if TYPE_CHECKING:
    from perry_ffi.stack.desired import Service
    from perry_ffi.stack.observed import Replica

Gone = tuple["Replica", str]
"""A container that goes, and why."""

_NUMBER = re.compile(r"[0-9]{1,5}")
_EVERYWHERE = frozenset(("", "0.0.0.0", "::"))
_ANYWHERE = "*"
"""Where a port is held at whatever address: what wants it everywhere meets all of them."""

_Held = dict[tuple[str, str], list[tuple[int, int]]]
"""By protocol and address: the ports in order, each with the place of its container."""


class Going:
    """What goes, in its order. ids: of them all. Each answer is in that order too."""

    def __init__(self, rows: Iterable[Gone]) -> None:
        self._rows = list(rows)
        self.ids = {row.id for row, _ in self._rows}
        self._inside: dict[str, list[Gone]] = {}
        self._addresses: dict[tuple[str, str], list[int]] = {}
        self._ports: _Held = {}
        for place, gone in enumerate(self._rows):
            self._add(place, gone)
        for held in self._ports.values():
            held.sort()

    def _add(self, place: int, gone: Gone) -> None:
        row = gone[0]
        for ident in row.joined:
            self._inside.setdefault(ident, []).append(gone)
        for address in row.addresses:
            self._addresses.setdefault(address, []).append(place)
        for ip, port, protocol in row.published:
            for where in {ip, _ANYWHERE}:
                self._ports.setdefault((protocol, where), []).append((port, place))

    def inside(self, ident: str) -> list[Gone]:
        """Those that are in the namespaces of the container ``ident``."""
        return self._inside.get(ident, [])

    def ending_with(self, gone: Gone, ended: Container[str], *, running: bool = True) -> Iterator[Gone]:
        """One of them, and before it those that are in its namespaces, and in theirs; without what has ``ended`` meanwhile.

        running: only those that run.
        """
        entered: set[str] = set()
        todo = [gone]
        while todo:
            row = todo[-1][0]
            if row.id in ended:
                todo.pop()
            elif row.id in entered:
                yield todo.pop()
            else:
                entered.add(row.id)
                inside = (other for other in self.inside(row.id) if other[0].id not in entered)
                todo += reversed([other for other in inside if other[0].running or not running])

    def in_the_way(self, service: Service) -> list[Gone]:
        """Those that hold a port or an address that the containers of ``service`` want, so that these cannot start while they run.

        Its own take turns: of them only those that no other takes the place of.
        """
        places = {place for address in service.addresses for place in self._addresses.get(address, ())}
        for ip, first, last, protocol in _wanted(service):
            for where in (_ANYWHERE,) if ip in _EVERYWHERE else (ip, *_EVERYWHERE):
                places.update(_between(self._ports.get((protocol, where), []), first, last))
        found = (self._rows[place] for place in sorted(places))
        return [gone for gone in found if gone[0].service != service.name or gone[1] == SCALED_DOWN]


def _between(held: list[tuple[int, int]], first: int, last: int) -> Iterator[int]:
    """The places of those that hold a port from ``first`` to ``last``."""
    port = itemgetter(0)
    begin, end = bisect_left(held, first, key=port), bisect_right(held, last, key=port)
    return (place for _, place in held[begin:end])


def _wanted(service: Service) -> Iterator[tuple[str, int, int, str]]:
    """(address, first, last, protocol) of each; ports that the engine may choose are in nobody's way."""
    for port in service.tree.get("ports") or []:
        if bounds := host_ports(port):
            yield str(port.get("host_ip") or ""), *bounds, str(port.get("protocol") or "tcp")


def host_ports(port: Mapping[str, Any]) -> tuple[int, int] | None:
    """The first and the last port of the host that an entry of ``ports`` names; ``None`` where the engine chooses any."""
    first, _, last = str(port.get("published") or "").partition("-")
    if not _NUMBER.fullmatch(first) or first == "0":
        return None
    return int(first), int(last) if _NUMBER.fullmatch(last) else int(first)
