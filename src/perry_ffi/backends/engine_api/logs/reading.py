"""Logs: as a whole, and followed by a reader who sets the pace."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError
from perry_ffi.model.container_info import ContainerLogs, LogChunk

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.logs.follow import Body
    from perry_ffi.model.container import LogOptions

MAX_LOG = 256 * 1024 * 1024
"""Bytes of the largest log that is read as a whole."""


class Logs(EngineCalls):
    """The log operations."""

    async def container_logs(self, ident: str, options: LogOptions) -> ContainerLogs:
        from perry_ffi.backends.engine_api.logs.frames import STDERR, STDOUT

        doing = f"read the log of {shown(ident)}"
        stream = await self._open_log(ident, options, doing, follow=False)
        texts: dict[str, list[str]] = {STDOUT: [], STDERR: []}
        size = 0
        try:
            while (chunks := await stream.next()) is not None:
                for chunk in chunks:
                    texts[chunk.stream].append(chunk.text)
                    size += len(chunk.text)
                if size > MAX_LOG:
                    raise BackendError(
                        f"{doing}: it is larger than {MAX_LOG} bytes", backend=self.name, operation=doing,
                        remedy="ask for its tail, or follow it",
                    )  # fmt: skip
        finally:
            await stream.aclose()
        return ContainerLogs(stdout="".join(texts[STDOUT]), stderr="".join(texts[STDERR]))

    async def read_logs(self, ident: str, options: LogOptions) -> Stream[LogChunk]:
        return await self._open_log(ident, options, f"read the log of {shown(ident)}", follow=False)

    async def follow_logs(self, ident: str, options: LogOptions) -> Stream[LogChunk]:
        doing = f"follow the log of {shown(ident)}"
        return await self._open_log(ident, options, doing, follow=True)

    async def _open_log(self, ident: str, options: LogOptions, doing: str, *, follow: bool) -> Stream[LogChunk]:
        from perry_ffi.backends.engine_api.logs.follow import Follower, is_running
        from perry_ffi.backends.engine_api.logs.follow_docker import DockerLog
        from perry_ffi.backends.engine_api.logs.follow_podman import PodmanLog
        from perry_ffi.backends.engine_api.requests.queries import log_query

        found = await self.ask_object(Request("GET", ("containers", Name(ident), "json"), doing), subject=ident)
        config = found.get("Config")
        terminal = isinstance(config, dict) and config.get("Tty") is True
        kind = PodmanLog if self.podman else DockerLog
        query = log_query(options, time.time_ns(), follow=False)
        log = kind(self, str(found["Id"]), query, doing, terminal=terminal)
        log.inspected(found)
        start = await log.start()
        return Follower(log, await log.follow() if follow and is_running(found) else None, start)


class LogStream(Stream[LogChunk]):
    """Chunks as the engine sends them: one read of the connection for each batch, at most 64 KiB."""

    def __init__(self, response: Body, backend: str, doing: str, *, terminal: bool) -> None:
        from perry_ffi.backends.engine_api.logs.frames import FrameDecoder, PlainDecoder, TextDecoder

        self._response = response
        self._frames = PlainDecoder() if terminal else FrameDecoder(doing=doing, backend=backend)
        self._text = TextDecoder()
        self._ended = False
        self._closed = False

    async def next(self) -> Sequence[LogChunk] | None:
        while not self._ended:
            data = await self._response.read()
            if data is None:
                return self._end()
            chunks = self._chunks(data)
            if chunks:
                return chunks
        return None

    def _chunks(self, data: bytes) -> list[LogChunk]:
        joined: list[tuple[str, list[str]]] = []
        for name, piece in self._frames.feed(data):
            text = self._text.feed(name, piece)
            if not text:
                continue
            if joined and joined[-1][0] == name:
                joined[-1][1].append(text)
            else:
                joined.append((name, [text]))
        return [LogChunk.model_construct(stream=name, text="".join(texts)) for name, texts in joined]

    def _end(self) -> list[LogChunk] | None:
        self._ended = True
        self._response.close()
        if not self._closed:
            self._frames.end()
        return [LogChunk.model_construct(stream=name, text=text) for name, text in self._text.rest()] or None

    async def aclose(self) -> None:
        self._closed = True
        self._response.close()
