"""A proxy in front of an engine's socket that counts the calls and has one of them fail.

Each request goes to the engine over a connection of its own, and each answer ends the client's connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import h11

Mode = Literal["lost", "unanswered", "refused"]
"""``lost``: cut before the engine sees the call. ``unanswered``: cut after it did it. ``refused``: HTTP 500."""

READING = ("GET", "HEAD")
_ENDLESS = re.compile(r"/(events|wait|attach|logs)\b")
_REFUSAL = b'{"message":"made to fail","cause":"made to fail","response":500}'


@dataclass
class Seen:
    """One call as the engine would have it."""

    method: str
    path: str

    @property
    def write(self) -> bool:
        """Whether it may change something. Waiting does not, and neither does podman's listing of events."""
        return self.method not in READING and not re.search(r"/containers/[^/]+/wait", self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Proxy:
    """The proxy behind ``socket``. fail_at: which call (from 0) fails, in what way; ``None`` for none."""

    engine: str
    socket: Path
    seen: list[Seen] = field(default_factory=list)
    fail_at: int | None = None
    mode: Mode = "refused"
    hit: Seen | None = None
    watch: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the call ``fail_at`` comes; with ``only_watch`` it does not fail."""
    only_watch: bool = False

    @property
    def writes(self) -> list[Seen]:
        return [call for call in self.seen if call.write]

    def arm(self, number: int | None, mode: Mode = "refused", *, only_watch: bool = False) -> None:
        """Counts anew; call ``number`` fails once."""
        self.seen.clear()
        self.fail_at, self.mode, self.hit, self.only_watch = number, mode, None, only_watch
        self.watch = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._one(reader, writer)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read_request(reader)
        if request is None:
            return
        head, upgrade, call = request
        number = len(self.seen)
        self.seen.append(call)
        failing = self.fail_at == number
        if failing:
            self.hit = call
            self.watch.set()
        if failing and not self.only_watch and self.mode == "lost":
            return
        if failing and not self.only_watch and self.mode == "refused":
            writer.write(
                b"HTTP/1.1 500 Error\r\nContent-Type: application/json\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(_REFUSAL), _REFUSAL)
            )
            await writer.drain()
            return
        up_reader, up_writer = await asyncio.open_unix_connection(self.engine)
        try:
            up_writer.write(head)
            await up_writer.drain()
            if failing and not self.only_watch:
                await _carried_out(up_reader, call)
                return
            await _relay(reader, writer, up_reader, up_writer, upgrade=upgrade)
        finally:
            up_writer.close()


async def _carried_out(reader: asyncio.StreamReader, call: Seen) -> None:
    """Returns when the engine has answered in full, or begun an answer that has no end."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.2 if _ENDLESS.search(call.path) else 30):
            while await reader.read(65536):
                pass


async def _relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    up_reader: asyncio.StreamReader,
    up_writer: asyncio.StreamWriter,
    *,
    upgrade: bool,
) -> None:
    """The answer to the client; of an upgraded connection also what the client says. A client that goes ends it."""

    async def answers() -> None:
        while data := await up_reader.read(65536):
            writer.write(data)
            await writer.drain()

    async def questions() -> None:
        while data := await reader.read(65536):
            up_writer.write(data)
            await up_writer.drain()
        if upgrade:
            up_writer.write_eof()
            await asyncio.Event().wait()

    tasks = [asyncio.ensure_future(answers()), asyncio.ensure_future(questions())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read_request(reader: asyncio.StreamReader) -> tuple[bytes, bool, Seen] | None:
    """The bytes for the engine, whether the connection may be upgraded, and the call."""
    http = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    out = h11.Connection(h11.CLIENT)
    data, head = b"", None
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            received = await reader.read(65536)
            if not received and head is None:
                return None
            http.receive_data(received)
        elif isinstance(event, h11.Request):
            head = event
            kept = [(n, v) for n, v in event.headers.raw_items() if n.lower() != b"connection" or b"pgrade" in v]
            upgrade = any(n.lower() == b"upgrade" for n, _ in kept)
            kept += [] if upgrade else [(b"Connection", b"close")]
            data += out.send(h11.Request(method=event.method, target=event.target, headers=kept)) or b""
        elif isinstance(event, h11.Data):
            data += out.send(h11.Data(data=bytes(event.data))) or b""
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            data += out.send(h11.EndOfMessage()) or b""
            return data, upgrade, Seen(head.method.decode(), head.target.decode().partition("?")[0])
        else:
            return None


@asynccontextmanager
async def proxy(engine: str, socket: Path) -> AsyncIterator[Proxy]:
    """A proxy that serves while the block runs."""
    found = Proxy(engine, socket)
    server = await asyncio.start_unix_server(found.serve, str(socket))
    try:
        yield found
    finally:
        server.close()
