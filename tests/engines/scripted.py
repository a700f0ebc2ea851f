"""An engine that says what the test tells it: a server on a unix socket, or behind TLS, with raw bytes for answers."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import h11
from anyio.abc import SocketStream
from anyio.streams.tls import TLSStream


@dataclass
class Asked:
    """One request as the engine saw it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


Answer = Callable[[Asked, SocketStream], Awaitable[None]]


def document(value: Any, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole JSON answer."""
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


VERSION = {
    "Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64",
    "Components": [{"Name": "Engine", "Version": "20.10.24", "Details": {}}],
}  # fmt: skip
"""The ``/version`` document of a docker."""
PODMAN = {**VERSION, "Version": "4.3.1", "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}]}
"""That of a podman."""


def ping(version: Mapping[str, Any] = VERSION) -> bytes:
    """What the engine of a ``/version`` document answers to ``GET /_ping``: its headers say who it is, as real ones' do."""
    release, api = version["Version"], version["ApiVersion"]
    podman = version["Components"][0]["Name"] == "Podman Engine"
    told = f"Libpod/{release} (linux)\r\nLibpod-Api-Version: {release}" if podman else f"Docker/{release} (linux)"
    head = f"HTTP/1.1 200 OK\r\nApi-Version: {api}\r\nOstype: linux\r\nServer: {told}\r\nContent-Length: 2\r\n\r\n"
    return f"{head}OK".encode()


class ScriptedEngine:
    """Serves ``socket`` and answers every request with ``answer``; requests are kept in ``asked``."""

    def __init__(self, socket: Path, answer: Answer) -> None:
        self.socket = socket
        self.answer = answer
        self.asked: list[Asked] = []
        self.connections = 0
        self._scope: anyio.CancelScope | None = None

    async def serve(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.socket.unlink()
        with anyio.CancelScope() as self._scope:
            async with await anyio.create_unix_listener(self.socket) as listener:
                task_status.started()
                await listener.serve(self.talk)

    def stop(self) -> None:
        """The engine dies: every connection is cut and the socket refuses."""
        assert self._scope is not None
        self._scope.cancel()

    async def talk(self, stream: Any) -> None:
        """Serves one connection."""
        self.connections += 1
        number = self.connections
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
            async with stream:
                while (asked := await self._request(http, stream, number)) is not None:
                    self.asked.append(asked)
                    await self.answer(asked, stream)
                    http = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)

    async def _request(self, http: h11.Connection, stream: SocketStream, number: int) -> Asked | None:
        head: h11.Request | None = None
        body = b""
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                try:
                    http.receive_data(await stream.receive())
                except anyio.EndOfStream:
                    return None
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                headers = {name.decode(): value.decode() for name, value in head.headers}
                return Asked(head.method.decode(), head.target.decode(), headers, body, number)
            else:
                return None


async def _handshake(raw: SocketStream, context: ssl.SSLContext) -> TLSStream | None:
    """As a real server does it, which says why it refuses; anyio's closes without a word."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=True)
    while True:
        agreed = failed = False
        try:
            tls.do_handshake()
            agreed = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            failed = True
        if outgoing.pending:
            await raw.send(outgoing.read())
        if agreed:
            return TLSStream(raw, False, tls, incoming, outgoing)
        try:
            incoming.write(b"" if failed else await raw.receive())
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            failed = True
        if failed:
            await raw.aclose()
            return None


@asynccontextmanager
async def scripted_tls_engine(context: ssl.SSLContext, answer: Answer) -> AsyncIterator[tuple[ScriptedEngine, int]]:
    """The engine behind TLS on the loopback, and its port."""
    engine = ScriptedEngine(Path("/nowhere"), answer)

    async def talk(raw: SocketStream) -> None:
        stream = await _handshake(raw, context)
        if stream is not None:
            await engine.talk(stream)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, talk)
        yield engine, listener.extra(anyio.abc.SocketAttribute.local_port)
        group.cancel_scope.cancel()


@asynccontextmanager
async def scripted_engine(socket: Path, answer: Answer) -> AsyncIterator[ScriptedEngine]:
    """The engine, serving while the block runs."""
    engine = ScriptedEngine(socket, answer)
    async with anyio.create_task_group() as group:
        await group.start(engine.serve)
        yield engine
        group.cancel_scope.cancel()


def answers(raw: bytes, *, then: str = "keep") -> Answer:
    """Always these bytes; then the connection is kept, closed (``close``) or left hanging (``hang``)."""

    async def answer(asked: Asked, stream: SocketStream) -> None:
        if raw:
            await stream.send(raw)
        if then == "close":
            await stream.aclose()
        elif then == "hang":
            await anyio.sleep_forever()

    return answer


def telling(version: Mapping[str, Any] = VERSION) -> Answer:
    """Its ping by ``ping``, and the document to every other question."""

    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(ping(version) if asked.target == "/_ping" else document(version))

    return answer
