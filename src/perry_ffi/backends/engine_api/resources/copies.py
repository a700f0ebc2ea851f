"""What is made of containers and put into them by their paths: copies, images, tar files."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Literal

from perry_ffi.backends.contract.interaction import CommitOptions, Found
from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.resources.archive import Archives, ByteStream
from perry_ffi.backends.engine_api.sayings import Meaning, says
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError, Conflict, ValidationError
from perry_ffi.model.reference import parse_reference

if TYPE_CHECKING:
    from perry_ffi.backends.contract.stream import Stream

_DIRECTORY, _LINK = 1 << 31, 1 << 27
_OTHER = 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19
"""Bits of a Go file mode: devices, pipes, sockets, and what is none of the others."""


class Copies(Archives):
    """Copies, commits, exports."""

    async def path_in_container(self, ident: str, path: str) -> Found:
        doing = f"look at {shown(path)} of the container {shown(ident)}"
        request = Request("HEAD", ("containers", Name(ident), "archive"), doing, query={"path": path})
        reply = await self.ask(request, subject=ident, also=(400, 404, 500))
        if reply.status >= 300:
            # The answer to HEAD has no words: they are the container's, if it is that which is not there.
            await self.ask(Request("GET", ("containers", Name(ident), "json"), doing), subject=ident)
            raise self._missing(doing, path, "path")
        try:
            found = json.loads(base64.b64decode(reply.headers.get("x-docker-container-path-stat", "")))
            return Found(str(found["name"]), _kind(int(found["mode"])), str(found.get("linkTarget") or ""))
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise BackendError(f"{doing}: the engine does not say what is there", backend=self.name, operation=doing) from None

    async def copy_into(self, ident: str, directory: str, tar: AsyncIterator[bytes], *, own: bool = False) -> None:
        doing = f"copy into {shown(directory)} of the container {shown(ident)}"
        if self.podman:
            await self._need_directory(ident, directory, doing)
        query = {"path": directory, "noOverwriteDirNonDir": "true", "copyUIDGID": "true" if own else None}
        try:
            await self.ask(
                Request("PUT", ("containers", Name(ident), "archive"), doing, query=query, body=tar, patient=True), subject=ident
            )
        except (BackendError, ValidationError) as error:
            if says(error.message, Meaning.NO_DIRECTORY):
                raise self._missing(doing, directory, "directory") from error
            if says(error.message, Meaning.READ_ONLY):
                raise Conflict(error.message, **error.details) from error
            raise

    async def commit_container(self, ident: str, reference: str | None, options: CommitOptions) -> str:
        doing = f"make an image of the container {shown(ident)}"
        query: dict[str, Any] = {
            "container": ident,
            "author": options.author or None,
            "comment": options.message or None,
            "pause": "1" if options.pause else "0",
            "changes": tuple(options.changes) or None,
        }
        if reference is not None:
            parts = parse_reference(reference)
            if parts.digest:
                raise ValidationError(
                    f"{shown(reference)}: a digest names no new image", path="reference", expected="a name with a tag"
                )
            query |= {"repo": parts.repository, "tag": parts.tag_or_latest}
        body: dict[str, Any] | None = {} if self.podman else None  # It reads a configuration in any case.
        request = Request("POST", ("commit",), doing, query=query, document=body, patient=True)
        made = await self.ask_object(request, subject=ident)
        if not isinstance(made.get("Id"), str):
            raise BackendError(f"{doing}: the engine gives no id", backend=self.name, operation=doing)
        identity: str = made["Id"]
        return identity if identity.startswith("sha256:") else f"sha256:{identity}"

    async def export_container(self, ident: str) -> Stream[bytes]:
        doing = f"read all files of the container {shown(ident)}"
        request = Request("GET", ("containers", Name(ident), "export"), doing, patient=True)
        return ByteStream(await self.open(request, subject=ident))


def _kind(mode: int) -> Literal["directory", "file", "link", "other"]:
    if mode & _DIRECTORY:
        return "directory"
    if mode & _LINK:
        return "link"
    return "other" if mode & _OTHER else "file"


__all__ = ["Copies"]
