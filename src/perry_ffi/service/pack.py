"""Files of this machine as a tar file that is made while it is read."""

from __future__ import annotations

import asyncio
import os
import tarfile
from collections.abc import AsyncIterator, Callable
from typing import IO, Any, cast

import anyio
import anyio.from_thread
import anyio.to_thread
from anyio.streams.memory import MemoryObjectSendStream

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import ContainerError, ValidationError

_PIECE = 256 * 1024
_AHEAD = 8
"""Pieces that may wait for their reader."""


def pack(source: str, name: str | None, target: IO[bytes]) -> None:
    """Writes what is at ``source`` as ``name``: a directory with all that is below it; ``None`` for its contents alone.

    Links are links. Raises ContainerError for what cannot be read.
    """
    try:
        with tarfile.open(
            fileobj=target, mode="w|", format=tarfile.PAX_FORMAT, errors="surrogateescape", dereference=False
        ) as tar:
            if name is not None:
                tar.add(source, arcname=name, filter=_filter)
                return
            for entry in sorted(os.listdir(source)):
                tar.add(os.path.join(source, entry), arcname=entry, filter=_filter)
    except OSError as error:
        raise ValidationError(f"{error.filename or source}: cannot be read: {error.strerror}", file=source) from error


def _filter(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Owners by their numbers: names are other users' in a container."""
    member.uname = member.gname = ""
    return member


async def packed(source: str, name: str | None) -> AsyncIterator[bytes]:
    """The same as it is read."""
    send, receive = anyio.create_memory_object_stream[bytes](_AHEAD)
    failures: list[ContainerError] = []

    def work() -> None:
        writer = _Writer(send)
        try:
            pack(source, name, cast(IO[bytes], writer))
            writer.flush()
        except ContainerError as error:
            failures.append(error)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return  # Nobody reads on.
        finally:
            anyio.from_thread.run_sync(send.close)

    working = asyncio.ensure_future(anyio.to_thread.run_sync(work))
    try:
        async for piece in receive:
            yield piece
    finally:
        receive.close()
        await working
    if failures:
        raise failures[0]


class _Writer:
    """Gathers small writes."""

    def __init__(self, send: MemoryObjectSendStream[bytes]) -> None:
        self._send, self._held = send, bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        if len(self._held) >= _PIECE:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self._held:
            data, self._held = bytes(self._held), bytearray()
            anyio.from_thread.run(self._send.send, data)


class Reader:
    """A stream of bytes as a file, in a thread beside the loop."""

    def __init__(self, stream: Stream[bytes]) -> None:
        self._stream, self._held, self._ended = stream, bytearray(), False

    def read(self, size: int = -1) -> bytes:
        while not self._ended and (size < 0 or len(self._held) < size):
            pieces = anyio.from_thread.run(self._stream.next)
            self._ended = pieces is None
            for piece in pieces or ():
                self._held += piece
        size = len(self._held) if size < 0 else size
        data = bytes(self._held[:size])
        del self._held[:size]
        return data


async def read_by(stream: Stream[bytes], work: Callable[[IO[bytes]], Any]) -> Any:
    """What ``work`` makes of a stream, in a thread; the stream is closed afterwards."""
    try:
        return await anyio.to_thread.run_sync(lambda: work(cast(IO[bytes], Reader(stream))), abandon_on_cancel=True)
    finally:
        await stream.aclose()
