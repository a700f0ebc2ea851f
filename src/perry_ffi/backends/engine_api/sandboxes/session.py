"""What a sandbox says and is told, as bytes, over one connection to its engine."""

from __future__ import annotations

import re
from collections.abc import Sequence

from perry_ffi.backends.contract.sandboxes import SandboxSession
from perry_ffi.backends.engine_api.logs.frames import FrameDecoder
from perry_ffi.backends.engine_api.transport.http import ResponseStream
from perry_ffi.errors import BackendError
from perry_ffi.net.byte_stream import ByteStream, StreamClosed

_ENGINES_WORDS = re.compile(rb"Error: write unixpacket \S+/attach: write: (?:broken pipe|connection reset by peer)\n?\Z")
"""What podman puts into the standard error of a program that ended without having read its input."""


class EngineSession(SandboxSession):
    """The answer of an attach call; where there is input, the bare connection that it became."""

    def __init__(self, backend: str, response: ResponseStream, doing: str, *, stdin: bool) -> None:
        self._backend, self._doing = backend, doing
        self._response = response
        self._frames = FrameDecoder(doing=doing, backend=backend)
        self._raw: ByteStream | None = None
        self._first = b""
        self._closed = False
        if stdin:
            if response.status != 101:
                response.close()
                raise BackendError(f"{doing}: the engine gives no way to send input", backend=backend, operation=doing)
            self._raw, self._first = response.take_over()

    async def read(self) -> Sequence[tuple[str, bytes]] | None:
        while True:
            data = await self._next()
            if not data:
                return None
            pieces = self._frames.feed(data)
            if self._raw is not None:
                pieces = [(name, piece) for name, piece in pieces if not _ENGINES_WORDS.match(piece)]
            if pieces:
                return pieces

    async def _next(self) -> bytes | None:
        if self._first:
            first, self._first = self._first, b""
            return first
        return await (self._response.read() if self._raw is None else self._response.read_raw())

    async def send(self, data: bytes) -> bool:
        if self._raw is None:
            return False
        try:
            await self._raw.send(data)
        except StreamClosed:
            return False
        return True

    async def end_input(self) -> None:
        if self._raw is not None:
            await self._raw.send_eof()

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._response.close()


__all__ = ["EngineSession"]
