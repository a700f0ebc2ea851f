"""One thing that a run of a plan has begun, and when and how it is put back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

from perry_ffi.errors import ContainerError


class Phase(IntEnum):
    """The order of undoing: what can run beside what is new runs again, so that it serves before that goes, and what it runs
    beside gets its grace; what is new goes, then what was there gets its names and networks back, what was removed is created
    again, and what ran runs again.

    Starts come before stops: one that ran in the namespaces of one that did not can only start while that one runs. Where
    it is the other way round, and a start wants a port that is held, it is tried again after the stops.
    """

    BESIDE = 0
    RETIRING = 1
    CONTAINERS = 2
    NAMES = 3
    NETWORKS = 4
    OLD_NETWORKS = 5
    PLACES = 6
    REMOVED = 7
    STARTS = 8
    STOPS = 9
    OBJECTS = 10
    IMAGES = 11


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
