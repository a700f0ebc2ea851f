"""Where a reader is in a log: a place goes in, and it is found again in docker's answer by the times of its frames, which are
not quite in order."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
    """How far a stream was read: whole frames, and bytes of the next one. A stream without frames has only bytes.

    Where frames carry a time, they are counted from those of ``stamp`` on (nanoseconds since 1970), which may be read anew.
    """

    stamp: int = 0
    frames: int = 0
    bytes: int = 0

    def skip(self, at: Place, size: int) -> int:
        """How many of the ``size`` bytes at ``at`` lie before this place."""
        if at.frames != self.frames:
            return size if at.frames < self.frames else 0
        return min(size, max(0, self.bytes - at.bytes))


START = Place()


SLACK_NS = 50 * 10**6
"""By how much a frame may be older than one before it: two writers take their times before they write."""


class Trail:
    """The frames that were read, as far as is needed to read on: from which time on, and how many since.

    All parts of a line have the time of its first, so the last of one that took long comes after younger lines.
    from_first: nothing older than the first frame is asked for again.
    """

    def __init__(self, *, from_first: bool = False) -> None:
        self._from_first = from_first
        self._newest = self._first = 0
        self._recent: deque[int] = deque()
        self._open: dict[str, list[int]] = {}
        self._present = 0

    def begin(self, stamp: int) -> None:
        """A frame begins."""
        self._first = self._first or stamp
        self._newest = max(self._newest, stamp)
        self._present = stamp
        for unfinished in self._open.values():
            unfinished[1] += stamp >= unfinished[0]
        self._recent.append(stamp)
        while self._recent[0] < self._newest - SLACK_NS:
            self._recent.popleft()

    def end(self, stream: str, *, whole: bool) -> None:
        """The frame has ended. whole: and the line with it."""
        if whole:
            self._open.pop(stream, None)
        elif stream not in self._open:
            self._open[stream] = [self._present, self._since(self._present)]

    def _since(self, stamp: int) -> int:
        return sum(1 for other in self._recent if other >= stamp)

    def place(self, into: int) -> Place:
        """into: bytes of the present frame, if it is not read to its end."""
        if not self._newest:
            return START
        stamp = max(self._newest - SLACK_NS, self._first if self._from_first else 1)
        count = self._since(stamp)
        for unfinished in self._open.values():
            if unfinished[0] < stamp:
                stamp, count = unfinished
        return Place(stamp, count - 1 if into else count, into)
