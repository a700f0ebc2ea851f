"""Followed logs of Podman, without the lines that Podman loses.

While a container runs, Podman's stream is whole. A quarter of a second after the end it tells its reader
of the file to stop, and from then on drops lines at random that the client has not taken yet (tried
on 4.3: a log of 100,000 lines that is followed after the end lacks a third). So what the stream
brings counts only if the container still runs after it was read; the rest comes from the log that
is not followed, which is whole once there is no more to come. Podman sends one frame a line, which
makes the place to go on a matter of counting frames.

A container that removes itself takes its log along: a reader who is late gets what the stream still has.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from perry_ffi.backends.base import Stream
from perry_ffi.backends.engine_api.calls import EngineCalls, LateAnswer
from perry_ffi.backends.engine_api.frames import FrameDecoder, Place, PlainDecoder, TextDecoder
from perry_ffi.backends.engine_api.http import Request, ResponseStream
from perry_ffi.backends.engine_api.payload_image import log_query
from perry_ffi.backends.engine_api.target import Name
from perry_ffi.errors import NotFound
from perry_ffi.model.container import LogChunk, LogOptions

TRUST_SECONDS = 0.1
"""How long "it runs" is believed: less than the quarter of a second after which Podman begins to drop."""
_RUNNING = ("running", "paused", "stopping")


async def follow_on_podman(calls: EngineCalls, ident: str, options: LogOptions, doing: str) -> Stream[LogChunk]:
    """The stream of ``follow_logs``."""
    request = Request("GET", ("containers", Name(ident), "json"), doing)
    found = await calls.ask_object(request, subject=ident)
    config = found.get("Config")
    terminal = isinstance(config, dict) and config.get("Tty") is True
    log = _Log(calls, str(found["Id"]), log_query(options, time.time_ns(), follow=False), doing, terminal)
    start = await log.place_of_tail()
    if _runs(found):
        return _Follower(log, await log.follow(), start)
    return _Follower(log, None, start)


def _runs(found: Mapping[str, Any]) -> bool:
    state = found.get("State")
    return isinstance(state, dict) and state.get("Status") in _RUNNING


class _Log:
    """The requests for one log."""

    def __init__(self, calls: EngineCalls, ident: str, query: dict[str, str], doing: str, terminal: bool) -> None:
        self.calls, self.doing, self._terminal = calls, doing, terminal
        self._ident = ident
        self._tail = query["tail"]
        self._query = {**query, "tail": "all"}

    async def whole(self) -> ResponseStream:
        """The log so far."""
        request = Request("GET", ("containers", Name(self._ident), "logs"), self.doing, query=self._query, patient=True)
        return await self.calls.open(request, subject=self._ident)

    async def follow(self) -> LateAnswer:
        """The log, and what is added."""
        query = {**self._query, "follow": "1"}
        request = Request("GET", ("containers", Name(self._ident), "logs"), self.doing, query=query, patient=True)
        return await self.calls.begin(request, subject=self._ident)

    async def runs(self) -> bool:
        """Whether the container still runs."""
        try:
            request = Request("GET", ("containers", Name(self._ident), "json"), self.doing)
            return _runs(await self.calls.ask_object(request, subject=self._ident))
        except NotFound:
            return False

    async def place_of_tail(self) -> Place:
        """Where the last ``tail`` lines begin: Podman counts them for each answer anew, so they are counted once."""
        if self._tail == "all":
            return Place()
        count = int(self._tail)
        answer = await self.whole()
        try:
            if self._terminal:
                return await _last_lines(answer, count)
            counter = FrameDecoder(doing=self.doing, backend=self.calls.name)
            while (data := await answer.read()) is not None:
                counter.feed(data)
            return Place(max(0, counter.frames - count))
        finally:
            answer.close()

    def decoder(self, start: Place) -> FrameDecoder | PlainDecoder:
        """What reads the log from ``start`` on."""
        if self._terminal:
            return PlainDecoder(start)
        return FrameDecoder(doing=self.doing, backend=self.calls.name, start=start)


async def _last_lines(answer: ResponseStream, count: int) -> Place:
    """Where the last ``count`` lines of a log without frames begin."""
    begins: deque[int] = deque([0], maxlen=count + 1)
    size = 0
    while (data := await answer.read()) is not None:
        begins.extend(size + at + 1 for at, byte in enumerate(data) if byte == ord("\n"))
        size += len(data)
    if begins[-1] < size:
        # The last line has no end yet.
        begins.append(size)
    return Place(0, begins[0])


class _Follower(Stream[LogChunk]):
    """Reads the followed log while the container runs, and the whole log from there on when it does not."""

    def __init__(self, log: _Log, live: LateAnswer | None, start: Place) -> None:
        self._log, self._live = log, live
        self._decoder = log.decoder(start)
        self._text = TextDecoder()
        self._taken = start
        self._held: deque[bytes] = deque()
        self._ran_at = 0.0
        self._whole: ResponseStream | None = None
        self._late = self._ended = self._closed = False

    async def next(self) -> Sequence[LogChunk] | None:
        while not self._ended and not self._closed:
            data = await self._data()
            if data is None:
                return self._end()
            if chunks := self._chunks(data):
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
            self._whole = await self._log.whole()
        if self._closed:
            return None
        if self._whole is not None:
            return await self._whole.read()
        assert self._live is not None
        return self._held.popleft() if self._held else await self._live.read()

    async def _still_runs(self) -> bool:
        if time.monotonic() - self._ran_at < TRUST_SECONDS:
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
            self._whole = await self._log.whole()
        except NotFound:
            self._late = True
            return
        self._live.close()
        self._live = None
        self._held.clear()
        self._decoder = self._log.decoder(self._taken)

    def _chunks(self, data: bytes) -> list[LogChunk]:
        chunks = []
        for name, piece in self._decoder.feed(data):
            if text := self._text.feed(name, piece):
                chunks.append((name, text))
        self._taken = max(self._taken, self._decoder.place)
        return _joined(chunks)

    def _end(self) -> list[LogChunk] | None:
        self._ended = True
        self._release()
        if not self._closed:
            self._decoder.end()
        return _joined(self._text.rest()) or None

    def _release(self) -> None:
        for source in (self._live, self._whole):
            if source is not None:
                source.close()

    async def aclose(self) -> None:
        self._closed = True
        self._release()


def _joined(pieces: Sequence[tuple[str, str]]) -> list[LogChunk]:
    """One chunk for each run of pieces of one stream."""
    runs: list[tuple[str, list[str]]] = []
    for name, text in pieces:
        if not runs or runs[-1][0] != name:
            runs.append((name, []))
        runs[-1][1].append(text)
    return [LogChunk.model_construct(stream=name, text="".join(texts)) for name, texts in runs]
