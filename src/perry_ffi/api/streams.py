"""Streams: records read through a handle, at the reader's pace."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.api.session import Session

if TYPE_CHECKING:
    from perry_ffi.backends.contract.stream import Stream


class OpenStream:
    """A stream behind a handle: readers take turns, in the order they came; after the end it answers ``None``."""

    def __init__(self, source: Stream[Any]) -> None:
        self._source = source
        self._turn = asyncio.Lock()
        self._ended = False

    async def next(self) -> Sequence[Any] | None:
        """The next records, at least one; ``None`` at the end, and once it is closed."""
        async with self._turn:
            if self._ended:
                return None
            records = await self._source.next()
            if records is None:
                await self.aclose()
            return records

    async def aclose(self) -> None:
        """Gives back the engine's connection. Idempotent."""
        self._ended = True
        await self._source.aclose()


def open_stream(session: Session, source: Stream[Any]) -> int:
    """The handle of a new stream over ``source``."""
    return session.handles.add("stream", OpenStream(source))


def next_(session: Session, handle: int) -> Any:
    """The next records. Raises NotFound at once for a handle that is no open stream."""
    stream = session.handles.get("stream", handle)
    assert isinstance(stream, OpenStream)
    return stream.next()


def close(session: Session, handle: int) -> Any:
    """Closes the stream; the handle is gone at once. Raises NotFound for a handle that is no open stream."""
    return session.handles.remove("stream", handle).aclose()
