"""The entries of a log as nerdctl prints them: each with its time before it, and a newline only where the container wrote one.

nerdctl keeps what a container wrote at once as an entry of its own, so a line that came in pieces has a time before each of them,
in its midst. What looks like a time there is one if it lies between the entry's own and the present.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import NamedTuple

At = tuple[bytes, bytes]
"""A second as nerdctl writes it, and the nanoseconds of it; empty for none."""
NEVER: At = (b"", b"")
_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d) ")
LONGEST = 64
"""Bytes that hold any of these times whole."""
_SKEW = 60
"""Seconds that the clock of a machine's engine may be ahead."""


class Entry(NamedTuple):
    """at: ``NEVER`` where no time is written. stamp: the time as it is written. goes_on: it goes on with the line before."""

    at: At
    stamp: bytes
    text: bytes
    goes_on: bool = False


class Between(NamedTuple):
    """Which entries are wanted. started: when the latest run began: its first entry begins a line."""

    since: At = NEVER
    until: At | None = None
    started: At | None = None

    def holds(self, moment: At) -> bool:
        return moment >= self.since and (self.until is None or moment <= self.until)


ALL = Between()


def at(ns: int) -> At:
    """Nanoseconds since 1970 as a time."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // 10**9)).encode(), b"%09d" % (ns % 10**9)


class Entries:
    """Those of one stream, line by line; ``wanted``: which are told. nerdctl itself knows whole seconds alone."""

    def __init__(self, wanted: Between = ALL) -> None:
        self._wanted = wanted
        self._last = NEVER
        self._told = self._within = False

    def read(self, text: bytes) -> Iterator[Entry]:
        """The entries of a line, or of the next part of one that is told in parts."""
        if not self._within:
            self._told, self._last = False, NEVER
        for entry in self._parted(text):
            if entry.at != NEVER and not self._wanted.holds(entry.at):
                self._told = False
                continue
            anew = self._wanted.started is not None and self._last < self._wanted.started <= entry.at
            yield entry._replace(goes_on=self._told and not anew)
            self._told, self._last = True, entry.at
        self._within = not text.endswith(b"\n")

    def _parted(self, text: bytes) -> Iterator[Entry]:
        match = None if self._within else _TIME.match(text)
        if match is None and self._last == NEVER:
            yield Entry(NEVER, b"", text)
            return
        begin, stamp, moment = (match.end(), match[0], _time(match)) if match else (0, b"", self._last)
        while (follows := _next(text, begin, moment)) is not None:
            yield Entry(moment, stamp, text[begin : follows.start()])
            begin, stamp, moment = follows.end(), follows[0], _time(follows)
        yield Entry(moment, stamp, text[begin:])


def _next(text: bytes, begin: int, last: At) -> re.Match[bytes] | None:
    return next((found for found in _TIME.finditer(text, begin) if last <= _time(found) <= _latest()), None)


def _latest() -> At:
    """What is later is no time of nerdctl's."""
    return at(time.time_ns() + _SKEW * 10**9)


def whole_until(text: bytes) -> int:
    """Where a line that goes on can be cut without cutting a time: before the last bytes, that may be the begin of one."""
    end = len(text) - LONGEST
    return next((found.start() for found in _TIME.finditer(text, end - LONGEST) if found.start() < end < found.end()), end)


def _time(match: re.Match[bytes]) -> At:
    return match[1], (match[2] or b"").ljust(9, b"0")


__all__ = ["ALL", "LONGEST", "NEVER", "At", "Between", "Entries", "Entry", "at", "whole_until"]
