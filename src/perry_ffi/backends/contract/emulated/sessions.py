"""Conversations that are only listened to: a container's log for its output, a command's output once it has ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.emulated import LOOK_SECONDS
from perry_ffi.backends.contract.sessions import Execution, Session
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.container_info import ExecResult, LogChunk

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Core
    from perry_ffi.model.container import ContainerInfo


class _NoInput(Session):
    """A session that takes no input."""

    def __init__(self, output: Stream[LogChunk], name: str) -> None:
        self.output = output
        self._name = name

    async def send(self, data: bytes) -> None:
        raise Conflict(f"{self._name}: it was opened without input")

    async def end_input(self) -> None:
        raise Conflict(f"{self._name}: it was opened without input")

    async def aclose(self) -> None:
        await self.output.aclose()


class LogSession(_NoInput):
    """What a container's main process says, read from its log."""

    def __init__(self, backend: Core, info: ContainerInfo) -> None:
        super().__init__(_LogFromStart(backend, info), info.name)


class _LogFromStart(Stream[LogChunk]):
    """The log of a container from now on; of one that is not started yet, from its start."""

    def __init__(self, backend: Core, info: ContainerInfo) -> None:
        from perry_ffi.model.container import LogOptions

        self._backend, self._ident = backend, info.id
        self._options = LogOptions(tail=None if info.status == "created" else 0)
        self._log: Stream[LogChunk] | None = None
        self._closed = anyio.Event()

    async def next(self) -> Sequence[LogChunk] | None:
        try:
            while self._log is None and not self._closed.is_set():
                if (await self._backend.inspect_container(self._ident)).status != "created":
                    self._log = await self._backend.follow_logs(self._ident, self._options)
                    break
                with anyio.move_on_after(LOOK_SECONDS):
                    await self._closed.wait()
        except NotFound:
            return None  # It was removed: there is nothing more to come.
        return None if self._log is None or self._closed.is_set() else await self._log.next()

    async def aclose(self) -> None:
        self._closed.set()
        if self._log is not None:
            await self._log.aclose()


class EndedExecution(_NoInput, Execution):
    """A command inside a container that has ended already."""

    def __init__(self, result: ExecResult, name: str) -> None:
        said = [LogChunk(stream="stdout", text=result.stdout), LogChunk(stream="stderr", text=result.stderr)]
        super().__init__(Said([chunk for chunk in said if chunk.text]), name)
        self._code = result.exit_code

    async def exit_code(self) -> int:
        await anyio.lowlevel.checkpoint()
        return self._code


class Said(Stream[LogChunk]):
    """Output that is all there."""

    def __init__(self, records: Sequence[LogChunk]) -> None:
        self._records = list(records)

    async def next(self) -> Sequence[LogChunk] | None:
        await anyio.lowlevel.checkpoint()
        records, self._records = self._records, []
        return records or None

    async def aclose(self) -> None:
        self._records = []


__all__ = ["EndedExecution", "LogSession"]
