"""The output of a program as it comes: both its pipes, no more of them read than its reader wants."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import IO, Literal, cast

import anyio

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.model.container_info import LogChunk
from perry_ffi.process.program import LEFT_SECONDS, Program, reap

Name = Literal["stdout", "stderr"]


class Pieces:
    """Bytes of both pipes, in the order in which they are seen. A cancelled ``next`` loses nothing.

    They end with the program: what another one that has its pipes keeps to itself after that is not waited for.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._open: dict[str, IO[bytes]] = dict(program.outputs)
        self._got: list[tuple[Name, bytes]] = []
        self._reading: anyio.CancelScope | None = None
        self.closed = False

    async def next(self) -> Sequence[tuple[Name, bytes]] | None:
        """The next pieces, ``None`` when both pipes have ended or it was closed."""
        while not self._got and self._open and not self.closed:
            async with anyio.create_task_group() as group:
                self._reading = group.cancel_scope
                for name, pipe in list(self._open.items()):
                    group.start_soon(self._read, name, pipe, group.cancel_scope)
                group.start_soon(self._give_up, group.cancel_scope)
            self._reading = None
        if self.closed:
            return None
        await anyio.lowlevel.checkpoint()
        got, self._got = self._got, []
        return got or None

    async def _read(self, name: str, pipe: IO[bytes], scope: anyio.CancelScope) -> None:
        data = await self.program.read(pipe)
        if data:
            self._got.append((cast(Name, name), data))
        else:
            del self._open[name]
        scope.cancel()

    async def _give_up(self, scope: anyio.CancelScope) -> None:
        await self.program.ended()
        await anyio.sleep(LEFT_SECONDS)
        self._open.clear()
        scope.cancel()

    async def aclose(self) -> None:
        """Ends the program, and a ``next`` that waits."""
        self.closed = True
        if self._reading is not None:
            self._reading.cancel()
            await anyio.lowlevel.checkpoint()
        await reap(self.program)


class Texts:
    """Bytes of both pipes to text, in which no character is cut."""

    def __init__(self) -> None:
        make = codecs.getincrementaldecoder("utf-8")
        self._decoders: dict[Name, codecs.IncrementalDecoder] = {"stdout": make("replace"), "stderr": make("replace")}

    def feed(self, name: Name, data: bytes) -> list[LogChunk]:
        """The record of what can be read so far; none where nothing can."""
        text = self._decoders[name].decode(data)
        return [LogChunk(stream=name, text=text)] if text else []

    def rest(self) -> list[LogChunk]:
        """What is left at the end: characters that were never whole."""
        texts = [(name, decoder.decode(b"", True)) for name, decoder in self._decoders.items()]
        return [LogChunk(stream=name, text=text) for name, text in texts if text]


class OutputStream(Stream[LogChunk]):
    """Both pipes as records."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces, self._texts = pieces, Texts()

    async def next(self) -> Sequence[LogChunk] | None:
        while (pieces := await self._pieces.next()) is not None:
            if found := [chunk for name, data in pieces for chunk in self._texts.feed(name, data)]:
                return found
        return self._texts.rest() or None

    async def aclose(self) -> None:
        await self._pieces.aclose()


__all__ = ["Name", "OutputStream", "Pieces", "Texts"]
