"""A gRPC server on one connection: the engine's builder is the client, and calls back what a build needs.

HTTP/2 is h2's work, gRPC's framing (a flag, a length, the message) is done here. Every call runs as a task of the
server; a call holds at most the flow-control window and one message. Whatever breaks, a peer's nonsense or its end, ends
the server and no more: the build learns of it from the engine.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import quote

import anyio
import h2.config
import h2.connection
import h2.events
import h2.exceptions
from anyio.abc import TaskGroup

from perry_ffi.net.byte_stream import ByteStream, StreamClosed

MAX_MESSAGE = 4 * 1024 * 1024
INVALID, NOT_FOUND, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 3, 5, 12, 13, 14
_HEAD = [(":status", "200"), ("content-type", "application/grpc")]


class Failed(Exception):
    """What a handler raises: the code of gRPC and the words that the engine shows."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class Call:
    """One call: messages in and out. headers: the metadata, names in lower case; the last value of each."""

    def __init__(self, server: GrpcServer, ident: int, headers: Sequence[tuple[str, str]]) -> None:
        self._all = headers
        self.headers: Mapping[str, str] = dict(headers)
        self.path = self.headers.get(":path", "")
        self._server, self._ident = server, ident
        self._pieces: deque[tuple[bytes, int]] = deque()
        self._ended = self._answered = False
        self._buffer = bytearray()
        self._news = anyio.Event()

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self._all if key == name]

    async def receive(self) -> bytes | None:
        """The next message of the client, None after its last."""
        while (found := self._whole()) is None:
            if self._pieces:
                data, length = self._pieces.popleft()
                self._buffer += data
                self._server._acknowledge(self._ident, length)
            elif self._ended:
                return None
            else:
                self._news = anyio.Event()
                await self._news.wait()
        return found

    def _whole(self) -> bytes | None:
        if len(self._buffer) < 5:
            return None
        length = int.from_bytes(self._buffer[1:5], "big")
        if self._buffer[0] or length > MAX_MESSAGE:
            raise Failed(UNIMPLEMENTED, "a compressed message, or one that is too long")
        if len(self._buffer) < 5 + length:
            return None
        found = bytes(self._buffer[5 : 5 + length])
        del self._buffer[: 5 + length]
        return found

    async def send(self, message: bytes) -> None:
        """A message to the client, as fast as it takes it."""
        if not self._answered:
            self._answered = True
            self._server._headers(self._ident, _HEAD)
        await self._server._data(self._ident, b"\0" + len(message).to_bytes(4, "big") + message)

    def _end(self, code: int, words: str) -> None:
        """The status, which ends the call."""
        status = [("grpc-status", str(code)), ("grpc-message", quote(words, safe=" "))]
        self._server._headers(self._ident, ([] if self._answered else _HEAD) + status, last=True)

    def _arrived(self, data: bytes, length: int) -> None:
        self._pieces.append((data, length))
        self._news.set()

    def _no_more(self) -> None:
        self._ended = True
        self._news.set()

    def _drop(self) -> None:
        while self._pieces:
            self._server._acknowledge(self._ident, self._pieces.popleft()[1])


Handler = Callable[[Call], Awaitable[None]]


def unary(answer: Callable[[bytes], Awaitable[bytes]]) -> Handler:
    """The handler of a call with one message each way."""

    async def handle(call: Call) -> None:
        await call.send(await answer(await call.receive() or b""))

    return handle


class GrpcServer:
    """Answers on ``stream`` what is called there. handlers: by path, ``/package.Service/Method``."""

    def __init__(self, stream: ByteStream, first: bytes, handlers: Mapping[str, Handler]) -> None:
        self._stream, self._first, self._handlers = stream, first, handlers
        self._http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self._calls: dict[int, tuple[Call, anyio.CancelScope]] = {}
        self._to_send = anyio.Event()
        self._window = anyio.Event()

    async def serve(self) -> None:
        """Until the peer goes away, or this is cancelled."""
        self._http.initiate_connection()
        async with anyio.create_task_group() as group:
            group.start_soon(self._write)
            await self._read(group)
            group.cancel_scope.cancel()

    async def _write(self) -> None:
        """The one writer: a call that is given up cannot leave half a frame behind."""
        with contextlib.suppress(StreamClosed):  # The reader learns of it too.
            while True:
                if data := self._http.data_to_send():
                    await self._stream.send(data)
                    continue
                self._to_send = anyio.Event()
                await self._to_send.wait()

    async def _read(self, group: TaskGroup) -> None:
        data = self._first or await self._receive()
        while data:
            try:
                for event in self._http.receive_data(data):
                    self._happened(event, group)
            except (h2.exceptions.H2Error, UnicodeDecodeError):
                return
            self._to_send.set()
            data = await self._receive()

    async def _receive(self) -> bytes:
        try:
            return await self._stream.receive()
        except StreamClosed:
            return b""

    def _happened(self, event: h2.events.Event, group: TaskGroup) -> None:
        if isinstance(event, h2.events.WindowUpdated | h2.events.RemoteSettingsChanged):
            self._window.set()
            self._window = anyio.Event()
        elif isinstance(event, h2.events.RequestReceived):
            headers = [(str(name), str(value)) for name, value in event.headers]
            call, scope = Call(self, event.stream_id, headers), anyio.CancelScope()
            self._calls[event.stream_id] = (call, scope)
            group.start_soon(self._run, call, scope, event.stream_id)
        elif isinstance(event, h2.events.DataReceived):
            self._arrived(event)
        elif isinstance(event, h2.events.StreamEnded) and event.stream_id in self._calls:
            self._calls[event.stream_id][0]._no_more()
        elif isinstance(event, h2.events.StreamReset) and event.stream_id in self._calls:
            self._calls[event.stream_id][1].cancel()

    def _arrived(self, event: h2.events.DataReceived) -> None:
        if event.stream_id in self._calls:
            self._calls[event.stream_id][0]._arrived(event.data, event.flow_controlled_length)
        else:
            self._acknowledge(event.stream_id, event.flow_controlled_length)

    async def _run(self, call: Call, scope: anyio.CancelScope, ident: int) -> None:
        # The client may give a call up while it is answered: then nobody waits for what is left of it.
        with scope, contextlib.suppress(h2.exceptions.H2Error):
            code, words = await self._answer(call)
            call._end(code, words)
        self._calls.pop(ident, None)
        call._drop()

    async def _answer(self, call: Call) -> tuple[int, str]:
        handler = self._handlers.get(call.path)
        if handler is None:
            return UNIMPLEMENTED, f"unknown method {call.path}"
        try:
            await handler(call)
        except Failed as error:
            return error.code, error.words
        except h2.exceptions.H2Error:
            raise
        except Exception as error:
            # A defect fails its own call; what it says may hold what the call was about, so it stays here.
            return INTERNAL, f"unexpected {type(error).__name__}"
        return 0, ""

    # -- writing --------------------------------------------------------------------------------

    def _headers(self, ident: int, headers: list[tuple[str, str]], *, last: bool = False) -> None:
        self._http.send_headers(ident, headers, end_stream=last)
        self._to_send.set()

    async def _data(self, ident: int, data: bytes) -> None:
        while data:
            room = min(self._http.local_flow_control_window(ident), self._http.max_outbound_frame_size)
            if room <= 0:
                await self._window.wait()
                continue
            self._http.send_data(ident, data[:room])
            data = data[room:]
            self._to_send.set()

    def _acknowledge(self, ident: int, length: int) -> None:
        if length:
            with contextlib.suppress(h2.exceptions.H2Error):
                self._http.acknowledge_received_data(length, ident)
            self._to_send.set()
