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
from perry_ffi.backends.engine_api.transport.tls import CERTIFICATE, KEY, Tls

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


class TlsStream:
    """One encrypted connection."""

    def __init__(self, carrier: Carrier, tls: Tls, host: str, place: str) -> None:
        self._carrier, self._files, self._place = carrier, tls, place
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = _context(tls).wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._unsent = bytearray()
        self._sending = anyio.Lock()
        self._ahead: deque[bytes] = deque()
        self._ended = self._answered = False

    @classmethod
    async def over(cls, carrier: Carrier, tls: Tls, host: str, place: str) -> TlsStream:
        """The handshake with ``host``. place: where it is, in words. Raises Unreachable, which names what does not fit."""
        stream = cls(carrier, tls, host, place)
        try:
            await stream._handshake()
        except StreamClosed as error:
            raise Unreachable(f"{place} closes the connection within the TLS handshake", _NO_TLS) from error
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
                refusal = _refusal(error, self._place, self._files)
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
        if self._answered or self._files.certificate is not None:
            return None
        return _refused(self._place, self._files, "it closes the connection right after the handshake")

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
        refusal = _refused_by_peer(error, self._place, self._files)
        return StreamClosed(_words(error), refusal or self._without_certificate())


# -- what this side shows and trusts ----------------------------------------------------------------


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(tls.ca)
        except (OSError, ValueError) as error:
            raise _unreadable(str(tls.ca), error) from None
    if tls.certificate is not None and tls.key is not None:
        try:
            context.load_cert_chain(tls.certificate, tls.key, password=_no_password)
        except _Locked:
            raise Unreachable(
                f"{tls.key} needs a passphrase", "take it off the key: openssl pkey -in key.pem -out plain.pem"
            ) from None
        except (OSError, ValueError) as error:
            raise _unreadable(f"{tls.certificate} with {tls.key}", error) from None
    return context


class _Locked(Exception):
    """A key that only a passphrase opens: nobody is there to be asked."""


def _no_password() -> str:
    raise _Locked


def _unreadable(what: str, error: Exception) -> Unreachable:
    if isinstance(error, ssl.SSLError):
        why = "the key is another certificate's" if error.reason == "KEY_VALUES_MISMATCH" else "that is no PEM of the right kind"
    else:
        why = (isinstance(error, OSError) and error.strerror) or type(error).__name__
    return Unreachable(f"{what} cannot be used: {why}", "put the right file there")


# -- what went wrong --------------------------------------------------------------------------------

_NO_TLS = "use the engine's TLS port (2376 as a rule), or no TLS where it speaks none"
_EXPIRED, _NOT_YET, _WRONG_HOST, _WRONG_ADDRESS = 10, 9, 62, 64
"""OpenSSL's verify codes (x509_vfy.h)."""


def _refusal(error: ssl.SSLError, place: str, tls: Tls) -> Refusal:
    """Of a handshake that failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _not_trusted(error, place, tls)
    by_peer = _refused_by_peer(error, place, tls)
    if by_peer is not None:
        return by_peer
    return Refusal(f"{place} does not speak TLS as it should: {_words(error)}", _NO_TLS)


def _not_trusted(error: ssl.SSLCertVerificationError, place: str, tls: Tls) -> Refusal:
    code, words = error.verify_code, error.verify_message
    if code in (_WRONG_HOST, _WRONG_ADDRESS):
        return Refusal(
            f"{place} shows a certificate of another host: {words}",
            "use a host name that the certificate has, or a certificate that has this one",
        )
    if code in (_EXPIRED, _NOT_YET):
        return Refusal(f"{place} shows a certificate that is not valid now: {words}", "renew the engine's certificate")
    trusted = str(tls.ca) if tls.ca is not None else "the system's list of authorities"
    return Refusal(
        f"{place} shows a certificate that {trusted} does not vouch for: {words}",
        f"put the certificate of the authority that signed it into {tls.ca or tls.folder / 'ca.pem'}",
    )


def _refused_by_peer(error: ssl.SSLError, place: str, tls: Tls) -> Refusal | None:
    """Where the other side's TLS says that it does not take this side's certificate, or the lack of one."""
    reason = error.reason or ""
    if "ALERT" not in reason or not any(word in reason for word in _ABOUT_CERTIFICATES):
        return None
    return _refused(place, tls, _words(error))


def _refused(place: str, tls: Tls, why: str) -> Refusal:
    what = "no client certificate" if tls.certificate is None else f"the client certificate {tls.certificate}"
    return Refusal(
        f"{place} refuses this side, which shows {what}: {why}",
        f"put a {CERTIFICATE} and its {KEY} that the engine's authority signed into {tls.folder}",
    )


_ABOUT_CERTIFICATES = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE", "DECRYPT_ERROR")


def _words(error: ssl.SSLError) -> str:
    return (error.reason or error.strerror or type(error).__name__).replace("_", " ").lower()
