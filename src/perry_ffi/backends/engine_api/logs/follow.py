"""Followed logs, without the lines that engines lose at the end.

Docker 20.10 ends the stream when the container ends, sometimes before its last lines are in the log
(tried: one run in four of a container that says much at once). Podman 4.3 tells its reader of the file to stop a
quarter of a second after the end, and from then on drops lines at random that the client has not taken
yet (tried: a third of 100,000), those of the next run too where the container was started again. A log that is not
followed is whole on both, once there is no more to come. So what a stream brings counts as long as it can be believed,
and the rest comes from the log that is not followed, from the place that was reached.

A container that removes itself takes its log along: a reader who is late gets what the stream still has.
"""

from __future__ import annotations

import abc
import time
from collections import deque
from collections.abc import Container, Mapping, Sequence
from typing import Any, Protocol

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.engine_api.engine_client import EngineCalls
from perry_ffi.backends.engine_api.logs.chunk_text import ChunkText, joined
from perry_ffi.backends.engine_api.logs.frames import FrameDecoder, Join, PlainDecoder
from perry_ffi.backends.engine_api.logs.line_parts import LineParts
from perry_ffi.backends.engine_api.logs.log_cursor import Place
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import NotFound
from perry_ffi.model.container_info import LogChunk

TRUST_SECONDS = 0.1
"""How long "it runs" is believed: less than the quarter of a second after which Podman begins to drop."""
_RUNNING = ("running", "paused", "stopping")


class Body(Protocol):
    """What bytes come from: the body of an answer, or a hijacked connection."""

    async def read(self) -> bytes | None: ...

    def close(self) -> None: ...


class Log(abc.ABC):
    """One container's log, as one engine serves it. query: of the log as it was asked for, not followed.

    drops: the stream brings less than the log once the container has ended.
    """

    drops: bool

    def __init__(self, calls: EngineCalls, ident: str, query: Mapping[str, str], doing: str, *, terminal: bool) -> None:
        self.calls, self.ident, self.doing, self.terminal = calls, ident, doing, terminal
        self._query = dict(query)
        self._began: str | None = None

    @abc.abstractmethod
    async def start(self) -> Place:
        """Where the part that was asked for begins."""

    @abc.abstractmethod
    def decoder(self, start: Place) -> FrameDecoder | PlainDecoder:
        """What reads an answer of ``follow`` or ``rest`` from ``start`` on."""

    async def follow(self) -> Body:
        """The log, and what is added."""
        request = self.asks({**self._query, "follow": "1"})
        return await self.calls.begin(request, subject=self.ident)

    async def rest(self, taken: Place) -> Body:
        """The log so far, from ``taken`` on or from further back."""
        return await self.calls.open(self.request, subject=self.ident)

    @property
    def request(self) -> Request:
        """Asks for the log as it was asked for."""
        return self.asks(self._query)

    def asks(self, query: Mapping[str, str]) -> Request:
        """Asks for a part of the log."""
        return Request("GET", ("containers", Name(self.ident), "logs"), self.doing, query=query, patient=True)

    async def runs(self) -> bool:
        """Whether the container's run of the first call still lasts."""
        try:
            request = Request("GET", ("containers", Name(self.ident), "json"), self.doing)
            document = await self.calls.ask_object(request, subject=self.ident)
        except NotFound:
            return False
        return is_running(document) and self.of_run(document)

    def inspected(self, found: Mapping[str, Any]) -> None:
        """Takes note of the container as it is when its log is opened."""
        self.of_run(found)

    def asked(self, name: str) -> int:
        """The moment ``since`` or ``until`` that was asked for, in nanoseconds since 1970; 0 for none."""
        return nanoseconds(self._query.get(name, "0"))

    @abc.abstractmethod
    def line_parts(self) -> LineParts | None:
        """What takes the times out of lines; ``None`` for a log without times, and for one without frames."""

    async def parts(self, join: Join) -> bool:
        """Whether a frame after an unfinished line does not go on with it: the container was started anew between them."""
        return False

    def of_run(self, document: Mapping[str, Any]) -> bool:
        """Whether an inspected container is in the run that it was in when it was first asked about."""
        state = document.get("State")
        began = state.get("StartedAt") if isinstance(state, dict) else None
        if self._began is None:
            self._began = began
        return began == self._began


def nanoseconds(epoch: str) -> int:
    """Of a moment as ``seconds.nanoseconds`` since 1970."""
    seconds, _, fraction = epoch.partition(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0"))


def is_running(document: Mapping[str, Any]) -> bool:
    """Whether an inspected container runs."""
    state = document.get("State")
    return isinstance(state, dict) and state.get("Status") in _RUNNING


class Follower(Stream[LogChunk]):
    """Reads the followed log while it can be believed, and the log that is not followed from there on."""

    def __init__(self, log: Log, live: Body | None, start: Place) -> None:
        self._log, self._live = log, live
        self._decoder = log.decoder(start)
        self._text = ChunkText(log.line_parts())
        self._fed: list[tuple[str, bytes]] | None = None
        self._taken = start
        self._held: deque[bytes] = deque()
        self._ran_at = 0.0
        self._whole: Body | None = None
        self._late = self._ended = self._closed = False

    async def next(self) -> Sequence[LogChunk] | None:
        while not self._ended and not self._closed:
            if self._fed is None:
                data = await self._data()
                if data is None:
                    return self._end()
                self._fed = self._decoder.feed(data)
            apart = await self._apart()
            if chunks := self._chunks(apart):
                return chunks
        return None

    async def _data(self) -> bytes | None:
        """The next bytes that can be believed."""
        if self._live is not None and not self._late:
            if not self._held:
                data = await self._live.read()
                if data is not None:
                    self._held.append(data)
            if self._held and await self._still_runs():
                return self._held.popleft()
            await self._leave()
        if self._live is None and self._whole is None and not self._closed:
            self._whole = await self._log.rest(self._taken)
        if self._closed:
            return None
        if self._whole is not None:
            return await self._whole.read()
        assert self._live is not None
        return self._held.popleft() if self._held else await self._live.read()

    async def _still_runs(self) -> bool:
        if not self._log.drops or time.monotonic() - self._ran_at < TRUST_SECONDS:
            return True
        asked = time.monotonic()
        if not await self._log.runs():
            return False
        self._ran_at = asked
        return True

    async def _leave(self) -> None:
        """From the stream to the whole log, at the place that was reached."""
        assert self._live is not None
        if self._closed:
            return
        try:
            self._whole = await self._log.rest(self._taken)
        except NotFound:
            self._late = True
            return
        self._live.close()
        self._live = None
        self._held.clear()
        self._decoder = self._log.decoder(self._taken)

    async def _apart(self) -> Container[int]:
        """Which of the pieces that were fed last begin a line in any case."""
        joins = self._decoder.joins
        return {number for number, join in joins.items() if await self._log.parts(join)} if joins else ()

    def _chunks(self, apart: Container[int]) -> list[LogChunk]:
        pieces, self._fed = self._fed or [], None
        begins = self._decoder.begins
        chunks = [
            chunk
            for number, (name, piece) in enumerate(pieces)
            for chunk in self._text.feed(name, piece, begins=number in begins, fresh=number in apart)
        ]
        self._taken = max(self._taken, self._decoder.place)
        return joined(chunks)

    def _end(self) -> list[LogChunk] | None:
        self._ended = True
        self._release()
        if not self._closed:
            self._decoder.end()
        return joined(self._text.rest()) or None

    def _release(self) -> None:
        for source in (self._live, self._whole):
            if source is not None:
                source.close()

    async def aclose(self) -> None:
        self._closed = True
        self._release()
