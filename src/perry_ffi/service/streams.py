"""Streams: records that a reader asks for, at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from perry_ffi.service.client import Client

KIND = "stream"
"""What a stream is among a client's handles."""

R = TypeVar("R", covariant=True)


class Source(Protocol[R]):
    """Where records come from: a backend, the logs of a project, the events of a stack."""

    async def next(self) -> Sequence[R] | None:
        """The next records, at least one; ``None`` at the end."""

    async def aclose(self) -> None:
        """Gives back what it holds. Idempotent."""


class OpenStream(Generic[R]):
    """A stream that a client has open: readers take turns, in the order they came; after the end it answers ``None``."""

    def __init__(self, source: Source[R]) -> None:
        self._source = source
        self._turn = asyncio.Lock()
        self._ended = False

    async def next(self) -> Sequence[R] | None:
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


def open_stream(client: Client, source: Source[R]) -> OpenStream[R]:
    """A new stream over ``source``, closed with the client at the latest."""
    stream = OpenStream(source)
    client.handles.add(KIND, stream)
    return stream
