"""Streams, watches and sessions of the engine in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import anyio

from perry_ffi.backends.contract.events import ExitWatch
from perry_ffi.backends.contract.sessions import Execution
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import BackendError, Conflict, NotFound, Timeout
from perry_ffi.model.container import LogChunk
from perry_ffi.model.event import EngineEvent

T = TypeVar("T")


class Queue(Stream[T], Generic[T]):
    """Records that were put in, until it is ended or closed. on_close: told once that nobody reads any more."""

    def __init__(self, records: Sequence[T] = (), *, ended: bool = False, on_close: Callable[[], None] | None = None) -> None:
        self._records = deque(records)
        self._news = anyio.Event()
        self._ended = ended
        self.on_close = on_close

    def put(self, record: T) -> None:
        self._records.append(record)
        self._news.set()

    def end(self) -> None:
        self._ended = True
        self._news.set()

    async def next(self) -> Sequence[T] | None:
        await anyio.lowlevel.checkpoint()
        while not self._records:
            if self._ended:
                return None
            self._news = anyio.Event()
            await self._news.wait()
        batch = list(self._records)
        self._records.clear()
        return batch

    async def aclose(self) -> None:
        self._records.clear()
        self.end()
        on_close, self.on_close = self.on_close, None
        if on_close is not None:
            on_close()


class Watched(ExitWatch):
    """The next end of one container."""

    def __init__(self, events: Queue[EngineEvent], name: str) -> None:
        self._events = events
        self._name = name
        self._code: int | None = None
        self._gone = False

    async def exit_code(self, timeout: float | None = None) -> int:
        with anyio.move_on_after(timeout):
            while self._code is None:
                if self._gone:
                    raise NotFound(f"{self._name} was removed without having run", backend="fake")
                events = await self._events.next()
                if events is None:
                    raise BackendError(f"{self._name}: the watch was given up", backend="fake")
                for event in events:
                    self._take(event)
            return self._code
        raise Timeout(f"{self._name} has not ended", waitedFor=self._name, seconds=timeout)

    def _take(self, event: EngineEvent) -> None:
        if event.action == "die" and self._code is None:
            self._code = event.exit_code or 0
        elif event.action == "destroy":
            self._gone = True

    async def aclose(self) -> None:
        await self._events.aclose()


class Talk(Execution):
    """A command or main process whose output is known when it begins. stdin: whether it was opened with input."""

    def __init__(self, output: Stream[LogChunk], code: int, *, stdin: bool = False) -> None:
        self.output = output
        self._code = code
        self._stdin = stdin
        self.received = b""

    async def send(self, data: bytes) -> None:
        if not self._stdin:
            raise Conflict("the session was opened without input", backend="fake")
        self.received += data

    async def end_input(self) -> None:
        await anyio.lowlevel.checkpoint()

    async def exit_code(self) -> int:
        await anyio.lowlevel.checkpoint()
        return self._code

    async def aclose(self) -> None:
        await self.output.aclose()
