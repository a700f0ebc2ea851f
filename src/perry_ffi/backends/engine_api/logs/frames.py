"""The two streams of a container in one connection: 8-byte headers, then payload.

A header is the stream's number (0 stdin, 1 stdout, 2 stderr), three zero bytes, and the payload's
length, big-endian (Docker Engine API, "Attach to a container"). A payload is passed on as it
arrives: a frame of 4 GiB needs no more memory than one of 4 bytes.
"""

from __future__ import annotations

import codecs
from collections.abc import Container, Mapping
from dataclasses import dataclass

from perry_ffi.backends.engine_api.logs.log_cursor import START, Place, Trail
from perry_ffi.errors import BackendError, ValidationError
from perry_ffi.model.container_values import moment

HEADER = 8
MAX_STAMP = 64
STDOUT, STDERR = "stdout", "stderr"
_STREAMS = {0: STDOUT, 1: STDOUT, 2: STDERR}


@dataclass(frozen=True)
class Join:
    """A frame after one of its stream that ended inside a line. The numbers of both, and how each begins."""

    before: int
    after: int
    began: bytes
    begins: bytes


class FrameDecoder:
    """Takes bytes as they come, gives (stream, payload piece) pairs; what lies before ``start`` is left out.

    joins: by the place of its piece in what was fed last, each frame that may go on with a line. begins: the places of the
    pieces with which a frame begins.
    """

    def __init__(self, *, doing: str, backend: str, start: Place = START) -> None:
        self._doing = doing
        self._backend = backend
        self._start = start
        self._frames = -1
        self._into = 0
        self._header = b""
        self._left = 0
        self._stream = STDOUT
        self._unfinished: dict[str, tuple[int, bytes]] = {}
        self._begins = b""
        self._opens = False
        self.joins: dict[int, Join] = {}
        self.begins: set[int] = set()

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """The pieces in ``data``; BackendError if it is no such stream."""
        pieces: list[tuple[str, bytes]] = []
        self.joins = {}
        self.begins = set()
        at = 0
        while at < len(data):
            if self._left:
                piece = data[at : at + self._left]
                join = self._note(piece)
                if wanted := self._piece(piece):
                    if join is not None:
                        self.joins[len(pieces)] = join
                    if self._opens:
                        self.begins.add(len(pieces))
                    pieces.append((self._stream, wanted))
                self._left -= len(piece)
                at += len(piece)
                continue
            take = data[at : at + HEADER - len(self._header)]
            self._header += take
            at += len(take)
            if len(self._header) == HEADER:
                self._begin(self._header)
                self._header = b""
        return pieces

    def _note(self, piece: bytes) -> Join | None:
        """Takes note of whether the present frame ends a line, and gives what it may go on with, where it begins."""
        join = None
        if self._into == 0:
            self._begins = piece[:MAX_STAMP]
            if self._stream in self._unfinished:
                before, began = self._unfinished[self._stream]
                join = Join(before, self._frames, began, self._begins)
        if self._left == len(piece):
            if piece.endswith(b"\n"):
                self._unfinished.pop(self._stream, None)
            else:
                self._unfinished[self._stream] = (self._frames, self._begins)
        return join

    @property
    def count(self) -> int:
        """How many frames have begun."""
        return self._frames + 1

    @property
    def place(self) -> Place:
        """How far it came."""
        return self._at()

    def _at(self) -> Place:
        """By count."""
        return Place(0, max(0, self._frames), self._into)

    def _piece(self, piece: bytes) -> bytes:
        """What of a piece of the present frame lies behind the start."""
        skipped = self._start.skip(self._at(), len(piece))
        self._opens = self._into == 0 and not skipped
        self._into += len(piece)
        return piece[skipped:]

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


class StampedDecoder(FrameDecoder):
    """A decoder of frames that begin with their time and a space; ``keep``: the time stays in the text.

    from_first: see ``Trail``.
    """

    def __init__(self, *, doing: str, backend: str, start: Place = START, keep: bool, from_first: bool = False) -> None:
        super().__init__(doing=doing, backend=backend, start=start)
        self._keep = keep
        self._prefix: bytes | None = b""
        self._second, self._second_ns = b"", 0
        self._trail = Trail(from_first=from_first)

    @property
    def place(self) -> Place:
        return self._trail.place(self._into if self._left else 0)

    def _begin(self, header: bytes) -> None:
        if self._prefix and not self._prefix.endswith(b" "):
            raise self._broken("a line of the engine's log has no time")
        super()._begin(header)
        self._prefix = b""

    def _note(self, piece: bytes) -> None:
        """Times tell what goes on with a line: its parts have one."""

    def _piece(self, piece: bytes) -> bytes:
        if self._prefix is None:
            return self._ended(piece, super()._piece(piece))
        self._prefix += piece
        stamp, space, text = self._prefix.partition(b" ")
        if not text:
            # The time is passed on with the first of the text, so that both are before a place or neither is.
            if not space and len(self._prefix) > MAX_STAMP:
                raise self._broken("a line of the engine's log has no time")
            if space and self._left == len(piece):
                self._trail.begin(self._stamp(stamp))
                self._trail.end(self._stream, whole=False)
            return b""
        self._prefix = None
        self._trail.begin(self._stamp(stamp))
        before = self._start.skip(self._at(), 1)
        wanted = super()._piece(text)
        return self._ended(piece, stamp + space + wanted if self._keep and not before else wanted)

    def _ended(self, piece: bytes, wanted: bytes) -> bytes:
        if self._left == len(piece):
            self._trail.end(self._stream, whole=piece.endswith(b"\n"))
        return wanted

    def _stamp(self, text: bytes) -> int:
        return self._second_ns + int(text[20:29]) if self._is_same_second(text) else self._read_stamp(text)

    def _is_same_second(self, text: bytes) -> bool:
        """The usual case, read fast: another fraction (nine digits) of the second that was read before."""
        return text[:20] == self._second and len(text) == 30 and text[20:29].isdigit() and text[29:] == b"Z"

    def _read_stamp(self, text: bytes) -> int:
        try:
            stamp = moment(text.decode("ascii")).ns
        except (ValueError, ValidationError):
            raise self._broken("a line of the engine's log has no time") from None
        if text[19:20] == b"." and text.endswith(b"Z"):
            self._second, self._second_ns = text[:20], stamp - stamp % 10**9
        return stamp


class PlainDecoder:
    """The stream of a container with a terminal: no frames, all of it is stdout."""

    def __init__(self, start: Place = START) -> None:
        self._start = start
        self.place = START
        self.joins: Mapping[int, Join] = {}
        self.begins: Container[int] = ()

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        skipped = self._start.skip(self.place, len(data))
        self.place = Place(bytes=self.place.bytes + len(data))
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

    def cut_off(self, stream: str) -> str:
        """What was left of a cut character, where its rest does not come: what follows is of another line."""
        text = self._decoders[stream].decode(b"", True)
        self._decoders[stream].reset()
        return text

    def rest(self) -> list[tuple[str, str]]:
        """What was left of cut characters, at the end."""
        rests = [(name, decoder.decode(b"", True)) for name, decoder in self._decoders.items()]
        return [(name, text) for name, text in rests if text]
