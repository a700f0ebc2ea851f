"""Docker's log of a container with a terminal, with times: without frames, so the parts of lines are found by their size.

A time stands before each line, and the same one before each further part of a long line: docker cuts that into parts of 16
KiB. Nothing is held back: what only begins like a time is given as it comes, and told from one by who takes times out.
"""

from __future__ import annotations

import re

from perry_ffi.backends.engine_api.logs.frames import MAX_STAMP, STDOUT, PlainDecoder
from perry_ffi.backends.engine_api.logs.log_cursor import START, Place

PART = 16 * 1024
"""Bytes of text in each part of a long line but the last."""
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \Z")


class TerminalDecoder(PlainDecoder):
    """begins: the places of the pieces that a part of a line begins with, or may begin with."""

    def __init__(self, start: Place = START) -> None:
        super().__init__(start)
        self._head: bytes | None = b""
        """What has come of a time; None inside a text."""
        self._time = b""
        """Of the present line, with its space; empty where it begins with none, or has not come yet."""
        self._size = 0

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        skipped = self._start.skip(self.place, len(data))
        self.place = Place(bytes=self.place.bytes + len(data))
        cuts = self._cuts(data)
        pieces: list[tuple[str, bytes]] = []
        begins: set[int] = set()
        for number, (at, end) in enumerate(zip([0, *cuts], [*cuts, len(data)], strict=True)):
            piece = data[max(at, skipped) : end]
            if not piece:
                continue
            if number and at >= skipped:
                begins.add(len(pieces))
            pieces.append((STDOUT, piece))
        self.begins = begins
        return pieces

    def _cuts(self, data: bytes) -> list[int]:
        """Where in ``data`` parts begin."""
        found, at = [], 0
        while at < len(data):
            if self._head is None:
                at = self._text(data, at)
                continue
            if not self._head:
                found.append(at)
            at = self._again(data, at) if self._time else self._first(data, at)
        return found

    def _first(self, data: bytes, at: int) -> int:
        """The beginning of a line: a time up to its space."""
        assert self._head is not None
        ends = [place + 1 for mark in (b" ", b"\n") if (place := data.find(mark, at)) >= 0]
        end = min([*ends, len(data), at + MAX_STAMP - len(self._head)])
        self._head += data[at:end]
        if _TIME.match(self._head):
            self._time, self._head, self._size = self._head, None, 0
        elif self._head.endswith((b" ", b"\n")) or len(self._head) >= MAX_STAMP:
            self._head = b"" if self._head.endswith(b"\n") else None
        return end

    def _again(self, data: bytes, at: int) -> int:
        """The beginning of a further part, or text that goes on where one may begin."""
        assert self._head is not None
        wanted = self._time[len(self._head) :]
        piece = data[at : at + len(wanted)]
        if not wanted.startswith(piece):
            self._size, self._head = len(self._head), None
            return at
        self._head += piece
        if self._head == self._time:
            self._size, self._head = 0, None
        return at + len(piece)

    def _text(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at) + 1 or len(data)
        if self._time:
            end = min(end, at + PART - self._size)
        self._size += end - at
        if data[end - 1 : end] == b"\n":
            self._time, self._head = b"", b""
        elif self._time and self._size == PART:
            self._head = b""
        return end
