"""The connections of one engine: short requests share a bounded set, long ones have their own.

An engine is faster with few requests at a time (its own work is the cost), so short requests
wait for one of ``limit`` places. Streams, waits and stops take no place: they mostly sit still,
and however many there are, they keep no short request waiting.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable

import anyio

from perry_ffi.net.byte_stream import ByteStream
from perry_ffi.net.connection import Connection

Connect = Callable[[], Awaitable[ByteStream]]


def default_limit() -> int:
    """Twice the processors, at least four."""
    return max(4, 2 * (os.cpu_count() or 1))


class Pool:
    """Opens, keeps and closes connections. Use from the tasks of one event loop."""

    def __init__(self, connect: Connect, limit: int | None = None) -> None:
        self._connect = connect
        self._limit = limit or default_limit()
        self._places = anyio.Semaphore(self._limit)
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._closed = False

    @property
    def open_connections(self) -> int:
        """Connections that are open now, at rest or in use."""
        return len(self._open)

    @property
    def closed(self) -> bool:
        """The pool gives out no more connections."""
        return self._closed

    async def enter(self) -> None:
        """Takes a place for a short request."""
        await self._places.acquire()

    def leave(self) -> None:
        """Gives the place back."""
        self._places.release()

    async def get(self, *, fresh: bool) -> Connection:
        """A connection at rest, else a new one; ``fresh`` always opens. Raises OSError if it cannot be opened."""
        while self._idle and not fresh:
            connection = self._idle.pop()
            if not connection.is_stale():
                return connection
            self.discard(connection)
        connection = Connection(await self._connect())
        self._open.add(connection)
        return connection

    def put(self, connection: Connection) -> None:
        """Takes a connection back after a whole exchange; keeps it if it can carry another."""
        if self._closed or len(self._idle) >= self._limit or not connection.keep():
            self.discard(connection)
        else:
            self._idle.append(connection)

    def discard(self, connection: Connection) -> None:
        """Closes a connection for good."""
        self._open.discard(connection)
        connection.close()

    def drop_idle(self) -> None:
        """Closes what is at rest: after one stale connection the others are stale too."""
        idle, self._idle = self._idle, []
        for connection in idle:
            self.discard(connection)

    def close(self) -> None:
        """Closes every connection, also those in use. Idempotent."""
        self._closed = True
        self._idle.clear()
        for connection in list(self._open):
            self.discard(connection)
