"""Takes out of a log's bytes the time that an engine puts before every part of a line, where the part goes on with a line.

It has to go before bytes become text: a character may be cut between two parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

MAX_STAMP = 64
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*(Z|[+-]\d\d:\d\d)")


class Part(NamedTuple):
    """Bytes of a stream. time: the engine's, of a part that goes on with a line. fresh: they begin a line in any case."""

    data: bytes
    time: str = ""
    fresh: bool = False


@dataclass
class _State:
    """Of one stream. held: a time that has not come whole; None where none is awaited. time: of the unfinished line."""

    held: bytes | None = None
    fresh: bool = False
    inside: bool = False
    time: bytes = b""


class LineParts:
    """What frames with times bring, stream by stream, as lines have it.

    same_time: all parts of a line have the time of its first, and another time after an unfinished line is another line, of
    the container's next run (docker). Else the caller says what begins a line anew (podman).
    """

    def __init__(self, *, same_time: bool) -> None:
        self._same_time = same_time
        self._states: dict[str, _State] = {}

    def feed(self, stream: str, piece: bytes, *, begins: bool, fresh: bool = False) -> list[Part]:
        """begins: ``piece`` is the first of a frame. fresh: and that does not go on with an unfinished line."""
        state = self._states.setdefault(stream, _State())
        found: list[Part] = []
        if begins:
            found += self._flush(state)
            state.held, state.fresh = b"", fresh
        if state.held is None:
            return [*found, self._plain(state, piece)]
        state.held += piece
        time, space, text = state.held.partition(b" ")
        if not space and len(state.held) <= MAX_STAMP:
            return found
        if not space or not _STAMP.fullmatch(time):
            return [*found, *self._flush(state)]
        state.held = None
        return [*found, self._stamped(state, time, text)]

    def rest(self) -> list[tuple[str, Part]]:
        """What was held back, at the end."""
        return [(stream, part) for stream, state in self._states.items() for part in self._flush(state)]

    def _flush(self, state: _State) -> list[Part]:
        """What began as a time and is none is text."""
        held, state.held = state.held, None
        return [self._plain(state, held)] if held else []

    @staticmethod
    def _plain(state: _State, piece: bytes) -> Part:
        fresh, state.fresh = state.fresh, False
        state.inside = not piece.endswith(b"\n")
        return Part(piece, fresh=fresh)

    def _stamped(self, state: _State, time: bytes, text: bytes) -> Part:
        fresh = state.fresh or (self._same_time and state.inside and time != state.time)
        goes_on = state.inside and not fresh
        state.inside, state.fresh = not text.endswith(b"\n"), False
        if goes_on:
            return Part(text, time.decode("ascii"))
        state.time = time
        return Part(time + b" " + text, fresh=fresh)
