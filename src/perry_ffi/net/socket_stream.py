"""A byte stream on a non-blocking socket that reads only what is asked for, and when it is asked.

A cancelled ``receive`` has read nothing, for the bytes are taken from the kernel only after the
wait, with nothing awaited in between. Opened in one task it may be used and closed in others.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
from collections.abc import Callable
from typing import Any, Self

import anyio.lowlevel

from perry_ffi.net.byte_stream import READ_BYTES, StreamClosed


class SocketStream:
    """One connected socket. One task may receive while another sends."""

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        self._waiting: set[asyncio.Future[None]] = set()
        self._closed = False

    @classmethod
    async def connect(cls, family: socket.AddressFamily, address: Any) -> Self:
        """Connects. Raises OSError as the system says it."""
        raw = socket.socket(family, socket.SOCK_STREAM)
        try:
            raw.setblocking(False)
            await asyncio.get_running_loop().sock_connect(raw, address)
        except BaseException:
            raw.close()
            raise
        return cls(raw)

    async def receive(self, size: int = READ_BYTES) -> bytes:
        """Some bytes, at least one; ``b""`` once the peer has ended its side. Raises StreamClosed."""
        loop = asyncio.get_running_loop()
        while True:
            self._check()
            try:
                return self._raw.recv(size)
            except BlockingIOError:
                await self._wait(loop.add_reader, loop.remove_reader)
            except OSError as error:
                raise StreamClosed(str(error)) from error

    def receive_now(self) -> bytes | None:
        """What ``receive`` gives, None where it would wait. Raises StreamClosed."""
        self._check()
        try:
            return self._raw.recv(READ_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            raise StreamClosed(str(error)) from error

    async def send(self, data: bytes) -> None:
        """All of ``data``. Raises StreamClosed."""
        view = memoryview(data)
        while view:
            view = view[await self.send_some(view) :]

    async def send_some(self, data: bytes | memoryview) -> int:
        """As much of ``data`` as there is room for, at least one byte. A cancelled call has sent nothing. Raises StreamClosed."""
        loop = asyncio.get_running_loop()
        while True:
            self._check()
            try:
                return self._raw.send(data)
            except BlockingIOError:
                await self._wait(loop.add_writer, loop.remove_writer)
            except OSError as error:
                raise StreamClosed(str(error)) from error

    async def send_eof(self) -> None:
        """Ends this side; the peer's can still be read."""
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_WR)

    def readable_now(self) -> bool:
        """Bytes or the peer's end are there to be read. Does not wait."""
        if self._closed:
            return True
        poller = select.poll()
        poller.register(self._raw.fileno(), select.POLLIN)
        return bool(poller.poll(0))

    def close(self) -> None:
        """Closes. Idempotent; whoever waits in another task gets StreamClosed."""
        if self._closed:
            return
        self._closed = True
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        if not self._waiting:
            self._raw.close()

    def _check(self) -> None:
        if self._closed:
            raise StreamClosed("closed by this side")

    async def _wait(self, add: Callable[..., Any], remove: Callable[..., Any]) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        add(self._raw.fileno(), _wake, future)
        try:
            await future
        finally:
            remove(self._raw.fileno())
            self._waiting.discard(future)
            if self._closed and not self._waiting:
                self._raw.close()


class YieldingStream(SocketStream):
    """Lets others run before each read: for a peer that may send faster, and longer, than it is worth reading."""

    async def receive(self, size: int = READ_BYTES) -> bytes:
        await anyio.lowlevel.checkpoint()
        return await super().receive(size)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
