"""The HTTP client of an engine: one exchange as a value, a streamed one, and a hijacked one.

Every exchange is bounded: by ``timeout`` seconds in all where the answer is one document, by
``timeout`` seconds of silence where it is streamed. Where silence is normal (a wait, a followed
log, a build step) the silence makes the client ask the engine for a ping: a live engine may stay
silent on, a dead one ends the call.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
import h11

from perry_ffi.backends.engine_api.transport.endpoint import Endpoint, explain
from perry_ffi.backends.engine_api.transport.pool import Pool
from perry_ffi.backends.engine_api.transport.target import target
from perry_ffi.errors import BackendError, BackendNotAvailable, Timeout, ValidationError
from perry_ffi.net.byte_stream import ByteStream, StreamClosed
from perry_ffi.net.connection import Connection, ConnectionFailed, Head
from perry_ffi.net.refusal import Refusal

T = TypeVar("T")

MAX_DOCUMENT = 64 * 1024 * 1024
"""Bytes of the largest document that is read as a whole."""
MAX_ERROR = 64 * 1024
"""Bytes read of the body of a refused streamed request."""


@dataclass(frozen=True)
class Request:
    """One request to an engine.

    path: segments below the API version; those of the caller as ``Name`` or ``Reference``.
    document: sent as JSON. body: sent as it comes, never twice. content_type belongs to ``body``.
    extra_time: seconds the engine may legitimately take on top of the client's timeout.
    patient: silence is normal; the engine is pinged instead of given up.
    upgrade: the connection is to become a bare stream, for ``protocol``.
    versioned: the path is below the negotiated API version.
    removes: takes something away, and may be asked twice: what is gone then is what was asked for.
    once: sent on a connection of its own, so that it is never sent again where a connection that was at rest had ended.
    headers: more of them; a list is a header of several lines.
    doing: what this is for, for messages: ``create container web``.
    """

    method: str
    path: Sequence[str]
    doing: str
    query: Mapping[str, Any] = field(default_factory=dict)
    document: Any = None
    body: AsyncIterator[bytes] | None = None
    content_type: str = "application/x-tar"
    headers: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    extra_time: float = 0.0
    patient: bool = False
    upgrade: bool = False
    protocol: str = "tcp"
    versioned: bool = True
    removes: bool = False
    once: bool = False

    @property
    def short(self) -> bool:
        """Takes a place among the short requests."""
        return not self.patient and not self.extra_time and self.body is None


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    doing: str
    backend: str

    def document(self) -> Any:
        """The body as JSON; BackendError if it is not."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise BackendError(
                f"{self.doing}: the engine's answer is not JSON", backend=self.backend, status=self.status,
                output=self.body[:200].decode("utf-8", "replace"), operation=self.doing,
            ) from None  # fmt: skip


class HttpClient:
    """Speaks to one engine. Raises BackendNotAvailable, BackendError, Timeout; never a foreign exception.

    connect: opens a byte stream, raising OSError (an ``Endpoint``'s method, or one that starts a service first). platform: the
    operating system that remedies are for.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        backend: str,
        timeout: float,
        connect: Callable[[], Awaitable[ByteStream]] | None = None,
        limit: int | None = None,
        platform: str | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.backend = backend
        self.timeout = timeout
        self.version_prefix = ""
        self._platform = platform
        self.pool = Pool(connect or endpoint.connect, limit)

    # -- whole exchanges ------------------------------------------------------------------------

    async def exchange(self, request: Request) -> Reply:
        """Sends ``request`` and reads the whole answer, whatever its status."""
        if request.patient:
            return await self._collect(request)
        seconds = self.timeout + request.extra_time
        try:
            with anyio.fail_after(seconds):
                return await self._collect(request)
        except TimeoutError:
            raise self._silent(request, seconds) from None

    async def _collect(self, request: Request) -> Reply:
        async with self._place(request):
            stream = await self.open(request)
            try:
                pieces: list[bytes] = []
                size = 0
                while (piece := await stream.read()) is not None:
                    pieces.append(piece)
                    size += len(piece)
                    if size > MAX_DOCUMENT:
                        raise self._broken(request, "the engine's answer is too large", status=stream.status)
                return Reply(stream.status, stream.headers, b"".join(pieces), request.doing, self.backend)
            finally:
                stream.close()

    @asynccontextmanager
    async def _place(self, request: Request) -> AsyncIterator[None]:
        if not request.short:
            yield
            return
        await self.pool.enter()
        try:
            yield
        finally:
            self.pool.leave()

    # -- streamed exchanges ---------------------------------------------------------------------

    async def open(self, request: Request) -> ResponseStream:
        """Sends ``request`` and reads the head of the answer; the body is read on demand. The caller closes."""
        try:
            return await self._open(request, fresh=request.body is not None or request.upgrade or request.once)
        except _Stale:
            self.pool.drop_idle()
            return await self._open(request, fresh=True)

    async def _open(self, request: Request, *, fresh: bool) -> ResponseStream:
        connection = await self._connection(request, fresh=fresh)
        reused = connection.requests > 0
        try:
            head = await self._send(connection, request)
        except ConnectionFailed as error:
            self.pool.discard(connection)
            if error.refusal is None and not error.answered and (reused or (request.method == "GET" and not fresh)):
                raise _Stale from error
            raise self._failed(request, error) from error
        except BaseException:
            self.pool.discard(connection)
            raise
        return ResponseStream(self, request, connection, head)

    async def begin(self, request: Request) -> ResponseStream:
        """Sends ``request`` and does not wait for the answer: ``ResponseStream.head`` does. The caller closes."""
        connection = await self._connection(request, fresh=True)
        try:
            await self._send_request(connection, request)
        except ConnectionFailed as error:
            self.pool.discard(connection)
            raise self._failed(request, error) from error
        except BaseException:
            self.pool.discard(connection)
            raise
        return ResponseStream(self, request, connection, None)

    async def _connection(self, request: Request, *, fresh: bool) -> Connection:
        if self.pool.closed:
            raise BackendNotAvailable(f"{request.doing}: the backend was closed", backend=self.backend)
        try:
            with anyio.fail_after(self.timeout):
                return await self.pool.get(fresh=fresh)
        except TimeoutError:
            refusal = Refusal(f"{self.endpoint} accepts no connection", f"restart {self.backend}")
        except OSError as error:
            refusal = explain(self.endpoint, error, engine=self.backend, platform=self._platform)
        raise self._unreachable(request, refusal)

    def _unreachable(self, request: Request, refusal: Refusal) -> BackendNotAvailable:
        return BackendNotAvailable(
            f"{request.doing}: {self.backend} does not answer: {refusal.reason}",
            backend=self.backend, reason=refusal.reason, remedy=refusal.remedy, state=refusal.state, operation=request.doing,
        )  # fmt: skip

    async def _send(self, connection: Connection, request: Request) -> Head:
        try:
            await self._send_request(connection, request)
        except ConnectionFailed:
            if request.body is None:
                raise
            # An engine that refuses a long body answers and closes without reading the rest of it.
        return await self._patiently(request, connection.read_head)

    async def _send_request(self, connection: Connection, request: Request) -> None:
        payload, headers = self._head(request)
        uri = (self.version_prefix if request.versioned else "") + target(request.path, request.query)
        try:
            with anyio.fail_after(self.timeout):
                await connection.send_head(request.method, uri, headers)
                if payload:
                    await connection.send_data(payload)
        except TimeoutError:
            raise self._silent(request, self.timeout) from None
        except h11.LocalProtocolError as error:
            raise ValidationError(f"{request.doing}: not a value for a request: {error}") from error
        if request.body is not None:
            async for piece in request.body:
                await self._in_time(request, connection.send_data(piece))
        await self._in_time(request, connection.send_end())

    async def _in_time(self, request: Request, sending: Awaitable[None]) -> None:
        try:
            with anyio.fail_after(self.timeout):
                await sending
        except TimeoutError:
            raise self._silent(request, self.timeout) from None

    def _head(self, request: Request) -> tuple[bytes, list[tuple[str, str]]]:
        headers = [("Host", "localhost"), ("User-Agent", "libperry_container")]
        for name, value in request.headers.items():
            headers += [(name, value)] if isinstance(value, str) else [(name, item) for item in value]
        if request.upgrade:
            headers += [("Connection", "Upgrade"), ("Upgrade", request.protocol)]
        if request.body is not None:
            return b"", [*headers, ("Content-Type", request.content_type), ("Transfer-Encoding", "chunked")]
        if request.document is None:
            return b"", [*headers, ("Content-Length", "0")] if request.method != "GET" else headers
        payload = json.dumps(request.document, separators=(",", ":")).encode()
        return payload, [*headers, ("Content-Type", "application/json"), ("Content-Length", str(len(payload)))]

    # -- bounds ---------------------------------------------------------------------------------

    async def _patiently(self, request: Request, read: Callable[[], Awaitable[T]]) -> T:
        """Reads, with a bound on silence. ``read`` loses nothing when it is cancelled, so it can go on after a ping."""
        seconds = self.timeout + request.extra_time
        while True:
            try:
                with anyio.fail_after(seconds):
                    return await read()
            except TimeoutError:
                if not request.patient:
                    raise self._silent(request, seconds) from None
            await self.exchange(Request("GET", ("_ping",), f"{request.doing}: is the engine alive", versioned=False))

    def _silent(self, request: Request, seconds: float) -> Timeout:
        return Timeout(
            f"{request.doing}: {self.backend} stayed silent for {seconds:g} s", backend=self.backend,
            waitedFor=f"the answer of {self.backend}", seconds=seconds, operation=request.doing,
        )  # fmt: skip

    def _failed(self, request: Request, error: ConnectionFailed, status: int | None = None) -> BackendError | BackendNotAvailable:
        if error.refusal is not None:
            return self._unreachable(request, error.refusal)
        return self._broken(request, error.reason, status)

    def _broken(self, request: Request, reason: str, status: int | None = None) -> BackendError:
        return BackendError(
            f"{request.doing}: {reason}", backend=self.backend, status=status, reason=reason, operation=request.doing
        )

    def close(self) -> None:
        """Closes every connection; what is in flight ends with BackendError. Idempotent."""
        self.pool.close()


class _Stale(Exception):
    """Nothing was answered on this connection: the request may be sent once more on a fresh one."""


class ResponseStream:
    """A response whose body is read on demand."""

    def __init__(self, client: HttpClient, request: Request, connection: Connection, head: Head | None) -> None:
        self._head = head
        self._client = client
        self._request = request
        self._connection = connection
        self._ended = False
        self._released = False

    @property
    def status(self) -> int:
        """The status of the answer; 0 while there is none."""
        return self._head.status if self._head else 0

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer, names in lower case."""
        return self._head.headers if self._head else {}

    async def head(self) -> int | None:
        """Waits for the head and gives the status; None if this side closed. A cancelled call loses nothing."""
        if self._head is None:
            self._head = await self._awaited(self._connection.read_head)
        return self._head.status if self._head else None

    async def read(self) -> bytes | None:
        """The next piece of the body, never empty, or None at its end. A cancelled call loses nothing."""
        if self._ended or await self.head() is None:
            return None
        piece: bytes | None = await self._awaited(self._connection.read_data)
        self._ended = piece is None
        return piece

    async def _awaited(self, read: Callable[[], Awaitable[T]]) -> T | None:
        """What ``read`` gives; None if this side closed meanwhile."""
        try:
            return await self._client._patiently(self._request, read)
        except ConnectionFailed as error:
            if self._connection.closed and not self._client.pool.closed:
                return None
            raise self._client._failed(self._request, error, status=self.status or None) from error

    async def read_at_most(self, size: int) -> bytes:
        """The beginning of the body, for a message."""
        kept = b""
        while len(kept) < size and (piece := await self.read()) is not None:
            kept += piece
        return kept[:size]

    async def read_raw(self) -> bytes:
        """After status 101: the next bytes of the bare stream, ``b""`` at its end.

        An engine that closes while input is under way resets the connection; what it sent was read before that.
        """
        raw, _first = self._connection.take_over()
        try:
            return await self._client._patiently(self._request, raw.receive)
        except StreamClosed as error:
            if not self._connection.closed:
                return b""
            raise self._client._broken(self._request, "the engine closed the connection") from error

    def take_over(self) -> tuple[ByteStream, bytes]:
        """After status 101: the bare stream and what of it was read already. ``close`` still closes it."""
        return self._connection.take_over()

    def close(self) -> None:
        """Gives the connection back if the body was read to its end, else closes it. Idempotent."""
        if self._released:
            return
        self._released = True
        if self._ended and not self._connection.closed:
            self._client.pool.put(self._connection)
        else:
            self._client.pool.discard(self._connection)
