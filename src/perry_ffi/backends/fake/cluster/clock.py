"""The time of the cluster in memory: what is to happen, in order, and when it does."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime

EPOCH = 1_700_000_000
MOMENT = 0.02
"""Seconds that the cluster takes to notice something."""
_TOGETHER = 0.05
"""Seconds of its own time whose happenings come in one turn of the loop, so that a thousand tasks are no thousand turns."""


class Happening:
    """Something that is to happen; ``cancel`` keeps it from it."""

    __slots__ = ("what",)

    def __init__(self, what: Callable[[], None]) -> None:
        self.what: Callable[[], None] | None = what

    def cancel(self) -> None:
        self.what = None


class Clock:
    """Seconds of the cluster's own, from 0.

    pace: seconds of the loop's that one of them takes; the event loop drives it whenever something is to happen. ``None``: it
    stands, and ``move`` is what moves it. Happenings come in the order of their times, those of one time in that in which they
    were ordered, whatever the pace.
    """

    def __init__(self, pace: float | None = 0.001) -> None:
        self.pace = pace
        self.now = 0.0
        self._order = itertools.count()
        self._heap: list[tuple[float, int, Happening]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = 0.0

    def after(self, seconds: float, what: Callable[[], None]) -> Happening:
        """Has ``what`` happen in ``seconds``, and no sooner than after what is happening now."""
        happening = Happening(what)
        heapq.heappush(self._heap, (self.now + max(seconds, 0.0), next(self._order), happening))
        self.arm()
        return happening

    def stamp(self) -> str:
        """Now as RFC 3339; of two looks the later one is later."""
        self._told = max(self.now, self._told + 1e-6)
        whole, part = divmod(round(self._told * 10**6), 10**6)
        return f"{datetime.fromtimestamp(EPOCH + whole, UTC):%Y-%m-%dT%H:%M:%S}.{part:06d}000Z"

    def move(self, seconds: float) -> None:
        """Lets ``seconds`` pass at once, with all that happens in them."""
        end = self.now + seconds
        self._run(end)
        self.now = max(self.now, end)

    def arm(self) -> None:
        """Has the running loop call when the next thing is to happen; without a loop the next call from within one does."""
        if self.pace is None or not self._heap:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        wait = max(0.0, self._heap[0][0] - self.now) * self.pace
        if self._timer is not None and self._loop is loop and self._timer.when() <= loop.time() + wait:
            return
        self.rest()
        self._loop, self._timer = loop, loop.call_later(wait, self._due)

    def rest(self) -> None:
        """Stands until it is armed again."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _due(self) -> None:
        self._timer = None
        if self._heap:
            self._run(self._heap[0][0] + _TOGETHER)
        self.rest()  # What happened may have armed it for what has happened by now, too.
        self.arm()

    def _run(self, end: float) -> None:
        while self._heap and self._heap[0][0] <= end:
            due, _, happening = heapq.heappop(self._heap)
            self.now = max(self.now, due)
            what, happening.what = happening.what, None
            if what is not None:
                what()


__all__ = ["MOMENT", "Clock", "Happening"]
