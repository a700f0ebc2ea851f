"""A proxy in front of an engine's socket that counts the calls and has one of them fail.

Each request goes to the engine over a connection of its own, and each answer ends the client's connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import h11

Mode = Literal["lost", "unanswered", "refused", "held"]
"""``lost``: cut before the engine sees the call. ``unanswered``: cut after it did it. ``refused``: HTTP 500. ``held``: kept
back until ``release`` is set."""

READING = ("GET", "HEAD")
_ENDLESS = re.compile(r"/(events|wait|attach|logs)\b")
_TEXT = "made to fail"


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
    """The proxy behind ``socket``. fail_at: which call (from 0) fails, in what way; ``None`` for none.

    among: the calls that are counted for that, found in ``METHOD /path``; all where nothing is said. text: what an engine that
    refuses says.
    """

    engine: str
    socket: Path
    seen: list[Seen] = field(default_factory=list)
    fail_at: int | None = None
    mode: Mode = "refused"
    hit: Seen | None = None
    watch: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the call ``fail_at`` comes; with ``only_watch`` it does not fail."""
    only_watch: bool = False
    among: str = ""
    text: str = _TEXT
    release: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def writes(self) -> list[Seen]:
        return [call for call in self.seen if call.write]

    def count(self, among: str) -> int:
        """How many calls there were of this kind, given as ``among`` is."""
        return sum(bool(re.search(among, str(call))) for call in self.seen)

    def arm(
        self,
        number: int | None,
        mode: Mode = "refused",
        *,
        only_watch: bool = False,
        among: str = "",
        text: str = _TEXT,
    ) -> None:
        """Counts anew; call ``number`` fails once."""
        self.seen.clear()
        self.fail_at, self.mode, self.hit, self.only_watch = number, mode, None, only_watch
        self.among, self.text = among, text
        self.watch, self.release = asyncio.Event(), asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._one(reader, writer)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read_request(reader)
        if request is None:
            return
        head, upgrade, call = request
        number = self.count(self.among)
        self.seen.append(call)
        failing = self.fail_at == number and bool(re.search(self.among, str(call)))
        if failing:
            self.hit = call
            self.watch.set()
        failing = failing and not self.only_watch
        if failing and self.mode == "lost":
            return
        if failing and self.mode == "refused":
            writer.write(_refusal(self.text))
            await writer.drain()
            return
        if failing and self.mode == "held":
            await self.release.wait()
        up_reader, up_writer = await asyncio.open_unix_connection(self.engine)
        try:
            up_writer.write(head)
            await up_writer.drain()
            if failing and self.mode == "unanswered":
                await _carried_out(up_reader, call)
                return
            await _relay(reader, writer, up_reader, up_writer, upgrade=upgrade)
        finally:
            up_writer.close()


def _refusal(text: str) -> bytes:
    """In the words of both engines."""
    body = json.dumps({"message": text, "cause": text, "response": 500}).encode()
    head = "HTTP/1.1 500 Error\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


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
