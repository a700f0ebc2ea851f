"""The containers of a project, found by what is asked of them: made in one walk over them, and looked into from there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.stack.observed import Replica


class Index:
    """One for each time the engine was asked; every list is in the order of the containers.

    names: all that are taken. of_service: those of ``run`` apart. inside: the containers that are in another's namespaces,
    by the other's id.
    """

    def __init__(self, rows: Iterable[Replica]) -> None:
        self.names: set[str] = set()
        self._services: dict[str, list[Replica]] = {}
        self._inside: dict[str, list[Replica]] = {}
        for row in rows:
            self.names.add(row.name)
            if not row.one_off:
                self._services.setdefault(row.service, []).append(row)
            for ident in row.joined:
                self._inside.setdefault(ident, []).append(row)

    def of_service(self, service: str) -> list[Replica]:
        return self._services.get(service, [])

    def inside(self, ident: str) -> list[Replica]:
        return self._inside.get(ident, [])
