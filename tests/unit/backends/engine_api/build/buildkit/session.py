"""The engine's side of a build's session, for the tests of what this side serves there."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import h2.config
import h2.connection
import h2.events

from perry_ffi.backends.engine_api.build.buildkit import protobuf
from perry_ffi.backends.engine_api.build.buildkit.grpc_server import GrpcServer, Handler
from perry_ffi.backends.engine_api.build.buildkit.services import session_handlers
from perry_ffi.net.socket_stream import SocketStream

SECRET = "hunter2-very-secret"


class Client:
    """The engine's side of a session."""

    def __init__(self, stream: SocketStream) -> None:
        self._stream = stream
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.http.initiate_connection()
        self._next = 1

    async def flush(self) -> None:
        if data := self.http.data_to_send():
            await self._stream.send(data)

    async def begin(self, path: str, **metadata: str | list[str]) -> int:
        ident, self._next = self._next, self._next + 2
        more = [
            (name.replace("dir_name", "dir-name").replace("_", "."), value)
            for name, values in metadata.items()
            for value in ([values] if isinstance(values, str) else values)
        ]
        self.http.send_headers(ident, [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"), *more])
        await self.flush()
        return ident

    async def send(self, ident: int, message: bytes, *, last: bool = False) -> None:
        self.http.send_data(ident, b"\0" + len(message).to_bytes(4, "big") + message, end_stream=last)
        await self.flush()

    async def events(self) -> list[h2.events.Event]:
        events = self.http.receive_data(await self._stream.receive())
        for event in events:
            if isinstance(event, h2.events.DataReceived):
                self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        await self.flush()
        return events

    async def ending(self, ident: int) -> tuple[bytes, str]:
        """The frames that were answered, and the status of gRPC."""
        data, status = b"", ""
        while not status:
            for event in await self.events():
                if isinstance(event, h2.events.DataReceived) and event.stream_id == ident:
                    data += event.data
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived) and event.stream_id == ident:
                    status = dict(event.headers).get("grpc-status", "")
        return data, status

    async def ask(self, path: str, message: bytes = b"") -> tuple[bytes, str]:
        ident = await self.begin(path)
        await self.send(ident, message, last=True)
        data, status = await self.ending(ident)
        return data[5:], status


def said(data: bytes) -> bytes:
    """What an agent's answers hold, one after the other."""
    found = b""
    while data:
        length = int.from_bytes(data[1:5], "big")
        found += protobuf.message(protobuf.decode(data[5 : 5 + length]), 1)
        data = data[5 + length :]
    return found


@asynccontextmanager
async def served(
    secrets: dict[str, bytes] | None = None, agents: dict[str, str] | None = None, more: dict[str, Handler] | None = None
) -> AsyncIterator[Client]:
    async def credentials(host: str) -> tuple[str, str]:
        if host == "broken":
            raise RuntimeError(SECRET)
        return ("user", "password") if host == "reg:5000" else ("", "")

    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    stream, other = SocketStream(ours), SocketStream(theirs)
    handlers = {**session_handlers(secrets or {}, agents or {}, credentials), **(more or {})}
    server = GrpcServer(stream, b"", handlers)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve)
            yield Client(other)
            other.close()  # The server ends by itself when its client goes.
        stream.close()
