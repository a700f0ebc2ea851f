"""Files into a container and out of it, as tar files."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.sayings import Meaning, says
from perry_ffi.backends.engine_api.transient_errors import Patience
from perry_ffi.backends.engine_api.transport.http import Request, ResponseStream
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError, Conflict, NotFound, ValidationError

_PIECE = 256 * 1024
_DIRECTORY = 1 << 31
"""The bit of a directory in a Go file mode."""


class Archives(EngineCalls):
    """Tar files in and out."""

    async def put_archive(self, ident: str, directory: str, tar: bytes) -> None:
        doing = f"write files into {shown(directory)} of the container {shown(ident)}"
        if self.podman:
            await self._need_directory(ident, directory, doing)
        request = Request("PUT", ("containers", Name(ident), "archive"), doing, query={"path": directory}, body=_pieces(tar))
        patience = Patience(request)
        while True:
            try:
                return await self._put(request, ident, directory)
            except BackendError as error:
                # A file is put by removing the one that is there: two containers of one volume get in each other's way.
                if not (says(error.message, Meaning.CROSSED) and await patience.waits()):
                    raise
            request = replace(request, body=_pieces(tar))

    async def _put(self, request: Request, ident: str, directory: str) -> None:
        try:
            await self.ask(request, subject=ident)
        except (BackendError, ValidationError) as error:
            if says(error.message, Meaning.NO_DIRECTORY):
                raise self._missing(request.doing, directory, "directory") from error
            if says(error.message, Meaning.READ_ONLY):
                raise Conflict(error.message, **error.details) from error
            raise

    async def get_archive(self, ident: str, path: str) -> Stream[bytes]:
        doing = f"read {shown(path)} of the container {shown(ident)}"
        request = Request("GET", ("containers", Name(ident), "archive"), doing, query={"path": path}, patient=True)
        try:
            return await self._opened(request, ident)
        except BackendError as error:
            if says(error.message, Meaning.NO_DIRECTORY):
                raise self._missing(doing, path, "path") from error
            raise

    async def _opened(self, request: Request, ident: str) -> Stream[bytes]:
        """The tar file that is answered: podman 5 answers with nothing in the moment after a container's end, and is asked again."""
        patience = Patience(request)
        while True:
            stream = ByteStream(await self.open(request, subject=ident))
            try:
                if not self.podman or await stream.has_begun():
                    return stream
            except BaseException:
                stream.close()
                raise
            stream.close()
            if not await patience.waits():
                raise BackendError(
                    f"{request.doing}: the engine answers with nothing", backend=self.name, operation=request.doing, subject=ident
                )

    async def _need_directory(self, ident: str, directory: str, doing: str) -> None:
        """Podman makes a missing directory in silence."""
        request = Request("HEAD", ("containers", Name(ident), "archive"), doing, query={"path": directory})
        reply = await self.ask(request, subject=ident, also=(404,))
        if reply.status == 404:
            # The answer to HEAD has no words: they are the container's, if it is that which is not there.
            await self.ask(Request("GET", ("containers", Name(ident), "json"), doing), subject=ident)
            raise self._missing(doing, directory, "directory")
        try:
            mode = json.loads(base64.b64decode(reply.headers.get("x-docker-container-path-stat", "")))["mode"]
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise BackendError(f"{doing}: the engine does not say what is there", backend=self.name) from None
        if not isinstance(mode, int) or not mode & _DIRECTORY:
            raise self._missing(doing, directory, "directory")

    def _missing(self, doing: str, where: str, what: str) -> NotFound:
        return NotFound(f"{doing}: there is no such {what}", backend=self.name, operation=doing, subject=where)


async def _pieces(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), _PIECE):
        yield data[at : at + _PIECE]


class ByteStream(Stream[bytes]):
    """The body of an answer, as it comes."""

    def __init__(self, response: ResponseStream) -> None:
        self._response = response
        self._first: bytes | None = None
        self._closed = False

    async def has_begun(self) -> bool:
        """Whether there is anything in it; waits for its first bytes."""
        self._first = await self._response.read()
        return self._first is not None

    async def next(self) -> Sequence[bytes] | None:
        if self._closed:
            return None
        piece, self._first = self._first, None
        if piece is None:
            piece = await self._response.read()
        if piece is not None and not self._closed:
            return [piece]
        self._response.close()
        return None

    def close(self) -> None:
        """Gives the connection back. Idempotent."""
        self._closed = True
        self._response.close()

    async def aclose(self) -> None:
        self.close()
