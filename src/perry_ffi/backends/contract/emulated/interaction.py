"""What a person does inside containers of an engine that has sessions and archives alone: conversations without a terminal, copies
that go through memory as a whole.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.interaction import ExecConversation, Found, Piece
from perry_ffi.backends.contract.sessions import Execution, Session
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import BackendError, ValidationError

if TYPE_CHECKING:
    from perry_ffi.backends.contract.archives import Archives
    from perry_ffi.model.container import LogChunk

MAX_COPY = 256 * 1024 * 1024
"""Bytes of the largest copy."""
_HEAD = 64 * 1024


class _Bytes(Stream[Piece]):
    """Text as the bytes that it was read from."""

    def __init__(self, output: Stream[LogChunk]) -> None:
        self._output = output

    async def next(self) -> Sequence[Piece] | None:
        chunks = await self._output.next()
        return None if chunks is None else [(chunk.stream, chunk.text.encode()) for chunk in chunks]

    async def aclose(self) -> None:
        await self._output.aclose()


class SessionConversation(ExecConversation):
    """A session, spoken to as a conversation. takes_input: whether it was opened with input."""

    terminal = False

    def __init__(self, session: Session, *, takes_input: bool = False) -> None:
        self._session, self.takes_input = session, takes_input
        self.output: Stream[Piece] = _Bytes(session.output)

    async def send(self, data: bytes) -> None:
        await self._session.send(data)

    async def end_input(self) -> None:
        await self._session.end_input()

    async def resize(self, columns: int, rows: int) -> None:
        """There is no terminal."""

    async def exit_code(self) -> int:
        assert isinstance(self._session, Execution)
        return await self._session.exit_code()

    async def aclose(self) -> None:
        await self._session.aclose()


async def path_by_archive(backend: Archives, ident: str, path: str) -> Found:
    """What is at a path: the first of what its tar file has. Raises NotFound."""
    stream = await backend.get_archive(ident, path)
    head = b""
    try:
        while len(head) < _HEAD and (pieces := await stream.next()) is not None:
            head += b"".join(pieces)
    finally:
        await stream.aclose()
    try:
        with tarfile.open(fileobj=io.BytesIO(head), mode="r|") as tar:
            member = tar.next()
    except tarfile.TarError:
        member = None
    if member is None:
        raise BackendError(f"look at {path} in {ident}: the engine's tar file cannot be read", subject=path)
    name = path.rstrip("/").rpartition("/")[2] or "/"
    if member.isdir():
        return Found(name, "directory")
    if member.issym():
        return Found(name, "link", member.linkname)
    return Found(name, "file" if member.isfile() else "other")


async def whole(tar: AsyncIterator[bytes], directory: str) -> bytes:
    """All of a tar file. Raises ValidationError for one that is too large."""
    found = bytearray()
    async for piece in tar:
        found += piece
        if len(found) > MAX_COPY:
            raise ValidationError(
                f"copy into {directory}: it is larger than {MAX_COPY} bytes",
                path=directory,
                expected="a smaller copy, or a mount",
            )
    return bytes(found)


__all__ = ["SessionConversation", "path_by_archive", "whole"]
