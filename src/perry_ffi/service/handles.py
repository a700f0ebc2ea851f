"""What a client has open, stacks and streams: each has a number that is never reused, and is closed in the end.

The services register what they open; ``api`` gives the numbers to hosts that hold no Python objects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from perry_ffi.errors import NotFound


class Closable(Protocol):
    """What a handle stands for."""

    async def aclose(self) -> None:
        """Gives back what it holds. Idempotent."""


class Handles:
    """Positive numbers that stand for open things of a kind (stack, graph, stream).

    on_count: told how many are open whenever that changes.
    """

    def __init__(self, on_count: Callable[[int], None]) -> None:
        self._last = 0
        self._open: dict[int, tuple[str, Closable]] = {}
        self._numbers: dict[Closable, int] = {}
        self._on_count = on_count

    def __len__(self) -> int:
        return len(self._open)

    def add(self, kind: str, thing: Closable) -> int:
        """Registers ``thing``; the result stands for it until it is removed."""
        self._last += 1
        self._open[self._last] = (kind, thing)
        self._numbers[thing] = self._last
        self._on_count(len(self._open))
        return self._last

    def number(self, thing: Closable) -> int:
        """The number of a thing that is open."""
        return self._numbers[thing]

    def get(self, kind: str, handle: int) -> Closable:
        """The thing behind ``handle``. Raises NotFound for one that is wrong, closed, or of another kind."""
        found = self._open.get(handle)
        if found is None or found[0] != kind:
            raise NotFound(f"handle {handle}: no such {kind} is open", handle=handle, expected=kind)
        return found[1]

    def of_kind(self, kind: str) -> list[Closable]:
        """Everything of a kind that is open."""
        return [thing for what, thing in self._open.values() if what == kind]

    def remove(self, kind: str, handle: int) -> Closable:
        """Takes ``handle`` out of the registry and gives what it stood for. Raises NotFound as ``get``."""
        thing = self.get(kind, handle)
        del self._open[handle]
        self._numbers.pop(thing, None)
        self._on_count(len(self._open))
        return thing

    def discard(self, thing: Closable) -> bool:
        """Takes ``thing`` out of the registry if it is still there, and says whether it was."""
        handle = self._numbers.get(thing)
        if handle is None:
            return False
        self.remove(self._open[handle][0], handle)
        return True

    async def aclose(self) -> None:
        """Closes everything that is open."""
        for handle, (kind, thing) in list(self._open.items()):
            self.remove(kind, handle)
            await thing.aclose()
