"""TLS on any stream of bytes: OpenSSL works on memory, and what it has to say is carried by the stream below.

asyncio's own TLS is not used: the library's interpreter starts without it, and its transports read ahead. Here a cancelled
call loses nothing, as on a bare socket, and each side may end alone (a hijacked connection needs that): that is TLS's
close_notify, after which the other side can still be read.
"""

from __future__ import annotations

import contextlib
import ssl
from collections import deque
from typing import Protocol

import anyio

from perry_ffi.net.byte_stream import READ_BYTES, ByteStream, StreamClosed
from perry_ffi.net.refusal import Refusal, Unreachable
from perry_ffi.net.tls_context import words

_PIECE = 256 * 1024
"""Bytes that are encrypted at a time."""


class Carrier(ByteStream, Protocol):
    """A stream that says what it can do at once."""

    def receive_now(self) -> bytes | None:
        """What ``receive`` gives, None where it would wait. Raises StreamClosed."""
        ...

    async def send_some(self, data: bytes | memoryview) -> int:
        """As much of ``data`` as there is room for, at least one byte. A cancelled call has sent nothing. Raises StreamClosed."""
        ...


class Side(Protocol):
    """This side of a connection: what it trusts and shows, and what it says of a peer that does not fit."""

    shows_certificate: bool
    """Whether there is a client certificate."""

    def context(self) -> ssl.SSLContext:
        """Raises Unreachable, which names a file that cannot be used."""
        ...

    def failed(self, error: ssl.SSLError) -> Refusal:
        """Of a handshake that failed."""
        ...

    def hung_up(self) -> Refusal:
        """Of a peer that closes within the handshake."""
        ...

    def refused(self, why: str) -> Refusal:
        """Of a peer that does not take this side's certificate, or the lack of one."""
        ...


class TlsStream:
    """One encrypted connection."""

    def __init__(self, carrier: Carrier, side: Side, host: str) -> None:
        self._carrier, self._side = carrier, side
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = side.context().wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._unsent = bytearray()
        self._sending = anyio.Lock()
        self._ahead: deque[bytes] = deque()
        self._ended = self._answered = False

    @classmethod
    async def over(cls, carrier: Carrier, side: Side, host: str) -> TlsStream:
        """The handshake with ``host``. Raises Unreachable, which names what does not fit."""
        stream = cls(carrier, side, host)
        try:
            await stream._handshake()
        except StreamClosed as error:
            refusal = side.hung_up()
            raise Unreachable(refusal.reason, refusal.remedy) from error
        return stream

    async def _handshake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                self._feed(await self._carrier.receive())
            except ssl.SSLError as error:
                with contextlib.suppress(StreamClosed):
                    await self._flush()
                refusal = self._side.failed(error)
                raise Unreachable(refusal.reason, refusal.remedy) from error
        await self._flush()

    async def receive(self, size: int = READ_BYTES) -> bytes:
        while (piece := self._read(size)) is None:
            if not self._sending.locked():
                await self._flush()
            self._feed(await self._receive())
        self._answered = True
        return piece

    async def _receive(self) -> bytes:
        try:
            return await self._carrier.receive()
        except StreamClosed as error:
            raise StreamClosed(str(error), self._without_certificate()) from error

    def _without_certificate(self) -> Refusal | None:
        """For a peer that goes away after the handshake and before it says anything: TLS 1.3 looks at certificates then."""
        if self._answered or self._side.shows_certificate:
            return None
        return self._side.refused("it closes the connection right after the handshake")

    async def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._tls.write(view[:_PIECE]) :]
            except ssl.SSLError as error:
                raise self._closed(error) from error
            try:
                await self._flush()
            except StreamClosed as error:
                raise self._last_word(error) from error

    def _last_word(self, error: StreamClosed) -> StreamClosed:
        """Why the peer takes nothing more: TLS says so before it closes."""
        try:
            while data := self._carrier.receive_now():
                self._feed(data)
                self._take_all()
        except StreamClosed as closed:
            return closed if closed.refusal is not None else error
        return error

    async def send_eof(self) -> None:
        # What has arrived is taken first: OpenSSL would look for the other side's end, and not for data.
        with contextlib.suppress(StreamClosed, ssl.SSLError):
            self._take_all()
        with contextlib.suppress(StreamClosed, ssl.SSLError):
            self._tls.unwrap()
        with contextlib.suppress(StreamClosed):
            await self._flush()

    def readable_now(self) -> bool:
        # Bytes of the carrier may be TLS's own, a session's ticket, say.
        try:
            while (data := self._carrier.receive_now()) is not None:
                self._feed(data)
                self._take_all()
                if not data:
                    return True
            self._take_all()
        except StreamClosed:
            return True
        return bool(self._ahead) or self._ended

    def close(self) -> None:
        self._carrier.close()

    def _take_all(self) -> None:
        """Decrypts what has arrived."""
        while not self._ended and (piece := self._decrypted(READ_BYTES)) is not None:
            if piece:
                self._ahead.append(piece)

    def _read(self, size: int) -> bytes | None:
        """Bytes that are here; ``b""`` at the end; None where more has to arrive first."""
        if self._ahead:
            piece = self._ahead.popleft()
            if len(piece) > size:
                self._ahead.appendleft(piece[size:])
            return piece[:size]
        return b"" if self._ended else self._decrypted(size)

    def _decrypted(self, size: int) -> bytes | None:
        try:
            piece = self._tls.read(size)
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLZeroReturnError:
            piece = b""
        except ssl.SSLError as error:
            raise self._closed(error) from error
        self._ended = not piece
        return piece

    def _feed(self, data: bytes) -> None:
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        """Sends what TLS has to say. Cancelled, the rest goes first the next time."""
        if not self._outgoing.pending and not self._unsent:
            return
        async with self._sending:
            while True:
                self._unsent += self._outgoing.read()
                if not self._unsent:
                    return
                with memoryview(self._unsent) as view:
                    sent = await self._carrier.send_some(view)
                del self._unsent[:sent]

    def _closed(self, error: ssl.SSLError) -> StreamClosed:
        refusal = self._side.refused(words(error)) if is_about_certificates(error) else None
        return StreamClosed(words(error), refusal or self._without_certificate())


_ABOUT_CERTIFICATES = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE", "DECRYPT_ERROR")


def is_about_certificates(error: ssl.SSLError) -> bool:
    """Whether the other side's TLS says that it does not take this side's certificate, or the lack of one."""
    reason = error.reason or ""
    return "ALERT" in reason and any(word in reason for word in _ABOUT_CERTIFICATES)
