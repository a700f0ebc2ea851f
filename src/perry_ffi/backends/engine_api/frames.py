"""The two streams of a container in one connection: 8-byte headers, then payload.

A header is the stream's number (0 stdin, 1 stdout, 2 stderr), three zero bytes, and the payload's
length, big-endian (Docker Engine API, "Attach to a container"). A payload is passed on as it
arrives: a frame of 4 GiB needs no more memory than one of 4 bytes.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from perry_ffi.errors import BackendError

HEADER = 8
STDOUT, STDERR = "stdout", "stderr"
_STREAMS = {0: STDOUT, 1: STDOUT, 2: STDERR}


@dataclass(frozen=True, order=True)
class Place:
    """How far a stream was read: whole frames, and bytes of the next one. A stream without frames has only bytes."""

    frames: int = 0
    bytes: int = 0

    def skip(self, at: Place, size: int) -> int:
        """How many of the ``size`` bytes at ``at`` lie before this place."""
        if at.frames != self.frames:
            return size if at.frames < self.frames else 0
        return min(size, max(0, self.bytes - at.bytes))


class FrameDecoder:
    """Takes bytes as they come, gives (stream, payload piece) pairs; what lies before ``start`` is left out."""

    def __init__(self, *, doing: str, backend: str, start: Place = Place()) -> None:  # noqa: B008 - it is frozen
        self._doing = doing
        self._backend = backend
        self._start = start
        self._frames = -1
        self._into = 0
        self._header = b""
        self._left = 0
        self._stream = STDOUT

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """The pieces in ``data``; BackendError if it is no such stream."""
        pieces: list[tuple[str, bytes]] = []
        at = 0
        while at < len(data):
            if self._left:
                piece = data[at : at + self._left]
                skipped = self._start.skip(Place(self._frames, self._into), len(piece))
                if skipped < len(piece):
                    pieces.append((self._stream, piece[skipped:]))
                self._left -= len(piece)
                self._into += len(piece)
                at += len(piece)
                continue
            take = data[at : at + HEADER - len(self._header)]
            self._header += take
            at += len(take)
            if len(self._header) == HEADER:
                self._begin(self._header)
                self._header = b""
        return pieces

    @property
    def place(self) -> Place:
        """How far it came."""
        return Place(max(0, self._frames), self._into)

    @property
    def frames(self) -> int:
        """Frames that were begun."""
        return self._frames + 1

    def end(self) -> None:
        """The stream ended here; BackendError if that cuts a frame."""
        if self._left or self._header:
            raise self._broken("the engine's stream ends inside a frame")

    def _begin(self, header: bytes) -> None:
        if header[0] not in _STREAMS or header[1:4] != b"\0\0\0":
            raise self._broken("the engine's answer is not a stream of frames")
        self._stream = _STREAMS[header[0]]
        self._left = int.from_bytes(header[4:], "big")
        self._frames += 1
        self._into = 0

    def _broken(self, reason: str) -> BackendError:
        return BackendError(f"{self._doing}: {reason}", backend=self._backend, operation=self._doing, reason=reason)


class PlainDecoder:
    """The stream of a container with a terminal: no frames, all of it is stdout."""

    def __init__(self, start: Place = Place()) -> None:  # noqa: B008 - it is frozen
        self._start = start
        self.place = Place()

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        skipped = self._start.skip(self.place, len(data))
        self.place = Place(0, self.place.bytes + len(data))
        return [(STDOUT, data[skipped:])] if skipped < len(data) else []

    def end(self) -> None:
        """A plain stream may end anywhere."""


class TextDecoder:
    """Bytes of two streams to text; a character that is cut waits for its rest, a wrong byte becomes U+FFFD."""

    def __init__(self) -> None:
        make = codecs.getincrementaldecoder("utf-8")
        self._decoders = {STDOUT: make("replace"), STDERR: make("replace")}

    def feed(self, stream: str, data: bytes) -> str:
        return self._decoders[stream].decode(data)

    def rest(self) -> list[tuple[str, str]]:
        """What was left of cut characters, at the end."""
        rests = [(name, decoder.decode(b"", True)) for name, decoder in self._decoders.items()]
        return [(name, text) for name, text in rests if text]
