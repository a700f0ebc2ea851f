"""One thing that a run of a plan has begun, and when and how it is put back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

from perry_ffi.errors import ContainerError


class Phase(IntEnum):
    """The order of undoing: what is new goes, then what was there gets its names and networks back, what was removed is created
    again, and what ran runs again.

    Starts come before stops: one that ran in the namespaces of one that did not can only start while that one runs. Where
    it is the other way round, and a start wants a port that is held, it is tried again after the stops.
    """

    CONTAINERS = 0
    NAMES = 1
    NETWORKS = 2
    OLD_NETWORKS = 3
    PLACES = 4
    REMOVED = 5
    STARTS = 6
    STOPS = 7
    OBJECTS = 8
    IMAGES = 9


@dataclass(eq=False)
class Entry:
    """One thing to put back: what it does, in words, and the doing.

    certain: the engine has answered, be it that it did not do it. Without an answer the call may still be under way, and
    the undoing has to expect that.
    rank: containers that are started again are so by it: those that others join or depend on come first.
    """

    phase: Phase
    text: str
    undo: Callable[[Entry], Awaitable[None]]
    certain: bool = False
    rank: int = 0

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Around the call that the entry is about."""
        try:
            yield
        except ContainerError as error:
            self.certain = error.details.get("status") is not None
            raise
        self.certain = True
