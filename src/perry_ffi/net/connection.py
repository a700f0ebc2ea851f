"""One HTTP/1.1 connection: bytes in and out through h11, every size bounded.

A connection may be opened in one task and used or closed in another: nothing here holds a cancel
scope between calls, and a cancelled read leaves the bytes where they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import h11

from perry_ffi.net.byte_stream import ByteStream, StreamClosed
from perry_ffi.net.refusal import Refusal

MAX_HEAD_BYTES = 64 * 1024
"""Status line and headers of one response; also the length of one chunk header."""
MAX_INTERIM = 64
"""Answers such as 100-continue before the one that counts."""

Header = tuple[str, str]


class ConnectionFailed(Exception):
    """The peer closed, broke the protocol or sent too much.

    ``answered``: at least one byte of the response had arrived. ``garbage``: what arrived is not HTTP. ``refusal``: what
    carries the connection says why.
    """

    def __init__(self, reason: str, *, answered: bool, garbage: bool = False, refusal: Refusal | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answered = answered
        self.garbage = garbage
        self.refusal = refusal


class Head:
    """Status and headers of a response, names in lower case."""

    __slots__ = ("_rows", "headers", "status")

    def __init__(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.status = status
        self.headers = {name.decode("ascii", "replace").lower(): value.decode("latin-1") for name, value in headers}
        self._rows = headers

    def every(self, name: str) -> list[str]:
        """The values of a header that may be there more than once. name: in lower case."""
        wanted = name.encode()
        return [value.decode("latin-1") for row, value in self._rows if row.lower() == wanted]


class Connection:
    """Sends one request and reads its response, then again if the peer keeps the connection. peer: what it is, in words."""

    def __init__(self, stream: ByteStream, peer: str = "the engine") -> None:
        self._stream, self._peer = stream, peer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._closed = False
        self._answered = False
        self._ended = False
        self._failure: ConnectionFailed | None = None
        self.requests = 0

    @property
    def closed(self) -> bool:
        """Closed by this side."""
        return self._closed

    # -- sending ------------------------------------------------------------------------------

    async def send_head(self, method: str, target: str, headers: Sequence[Header]) -> None:
        """Starts a request. h11 refuses anything that would break out of the head."""
        self.requests += 1
        self._answered = False
        await self._send(self._http.send(h11.Request(method=method, target=target, headers=list(headers))))

    async def send_data(self, data: bytes) -> None:
        """One piece of the body."""
        await self._send(self._http.send(h11.Data(data=data)))

    async def send_end(self) -> None:
        """Ends the request."""
        await self._send(self._http.send(h11.EndOfMessage()))

    async def _send(self, data: bytes | None) -> None:
        if not data:
            return
        try:
            await self._stream.send(data)
        except StreamClosed as error:
            raise ConnectionFailed(f"{self._peer} closed the connection", answered=False, refusal=error.refusal) from error

    # -- reading ------------------------------------------------------------------------------

    async def read_head(self) -> Head:
        """The head of the response; 100-continue and its like are passed over, 101 is an answer."""
        for _ in range(MAX_INTERIM):
            event = await self._next_event()
            if isinstance(event, h11.Response):
                return Head(event.status_code, event.headers.raw_items())
            if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                return Head(101, event.headers.raw_items())
            if not isinstance(event, h11.InformationalResponse):
                raise ConnectionFailed(f"{self._peer} closed the connection without an answer", answered=self._answered)
        raise ConnectionFailed(f"{self._peer} sends interim answers without an end", answered=True, garbage=True)

    async def read_data(self) -> bytes | None:
        """The next piece of the body (never empty), or None at its end.

        A piece is all that has arrived, so that a stream of small chunks costs one call for many of them.
        """
        while True:
            pieces = self._arrived()
            if pieces:
                return b"".join(pieces)
            if self._failure is not None:
                raise self._failure
            if self._http.their_state is not h11.SEND_BODY:
                return None
            self._feed(await self._receive())

    def _arrived(self) -> list[bytes]:
        """The pieces of the body that were received and not yet read; a failure after them waits for the next call."""
        pieces: list[bytes] = []
        while self._failure is None:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                self._failure = self._protocol_failure(error)
                break
            if not isinstance(event, h11.Data):
                break
            if event.data:
                pieces.append(bytes(event.data))
        return pieces

    async def _next_event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise self._protocol_failure(error) from error
            if isinstance(event, h11.Event) or event is h11.PAUSED:
                return event
            data = await self._receive()
            self._answered = self._answered or bool(data)
            self._feed(data)

    def _protocol_failure(self, error: h11.RemoteProtocolError) -> ConnectionFailed:
        cut = self._ended
        reason = f"{self._peer} closed within an answer" if cut else f"{self._peer}'s answer is not HTTP"
        return ConnectionFailed(f"{reason} ({error})", answered=self._answered, garbage=not cut)

    def _feed(self, data: bytes) -> None:
        self._ended = not data
        try:
            self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise self._protocol_failure(error) from error

    async def _receive(self) -> bytes:
        if self._closed:
            raise ConnectionFailed("the connection was closed by this side", answered=True)
        try:
            return await self._stream.receive()
        except StreamClosed as error:
            raise ConnectionFailed(
                f"{self._peer} closed the connection", answered=self._answered, refusal=error.refusal
            ) from error

    # -- the end of an exchange -----------------------------------------------------------------

    def keep(self) -> bool:
        """Makes the connection ready for another request; False if it cannot carry one."""
        if self._closed or self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return not self.is_stale()

    def is_stale(self) -> bool:
        """True if the peer has closed a connection at rest, or spoke out of turn. Does not wait."""
        return self._stream.readable_now()

    def take_over(self) -> tuple[ByteStream, bytes]:
        """After a 101: the bare stream, and what of it was read already."""
        trailing, _closed = self._http.trailing_data
        return self._stream, trailing

    def close(self) -> None:
        """Closes. Idempotent; a read that waits in another task ends at once."""
        self._closed = True
        self._stream.close()
