"""The services that a verb is asked for by name."""

from __future__ import annotations

from collections.abc import Container, Iterable

from perry_ffi.errors import NotFound


def require_services(names: Iterable[str] | None, *known: Container[str]) -> None:
    """Raises NotFound for the first of ``names`` that none of ``known`` has: nobody means a service that is misspelt."""
    for name in names or ():
        if not any(name in some for some in known):
            raise NotFound(f"no such service: {name}", service=name)
