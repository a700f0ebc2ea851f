"""Files into a container and out of it, as tar files on nerdctl's input and output."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.command_line.arguments import plain, shown
from perry_ffi.backends.command_line.output import Pieces
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.contract.archives import Archives
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.nerdctl.execs import NerdctlExecs
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.service_values import ServiceMount

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.container_info import ContainerInfo
    from perry_ffi.model.mounts import Mount

LAST = 64 * 1024
"""Bytes of what is said beside the files that are kept."""
_TRANSFER = 600.0
_AT_HAND = "/volume"
_NOTHING = bytes(10240)
"""A tar file without members."""


class NerdctlArchives(NerdctlExecs, Archives):
    """Files of a container, created or running."""

    async def put_archive(self, ident: str, directory: str, tar: bytes) -> None:
        doing = f"put files into {shown(ident)}"
        other = None if directory == "/" else await self._without_a_way(ident, directory, doing)
        if other is None:
            await self._put(ident, directory, tar, doing)
        else:
            await self._put_through_another(other, tar, doing)

    async def _without_a_way(self, ident: str, directory: str, doing: str) -> ContainerSpec | None:
        """Another container that has the volume at ``directory`` at hand, where nothing can be put there by that path. NotFound
        where there is no such directory.

        nerdctl makes the last directory of a path to which something is copied, and no other: the way to a mount is made by that,
        as containerd makes it when the container starts; but nothing can be made in a root that is only to be read.
        """
        try:
            await (await self._taken(ident, directory, doing)).aclose()
        except NotFound:
            info = await self.inspect_container(ident)
            mount = next((mount for mount in info.mounts if mount.target == directory), None)
            if mount is None:
                raise
            try:
                await self._make(ident, posixpath.dirname(directory), doing)
            except Conflict:
                if mount.kind != "volume":
                    raise
                return _with_at_hand(info, mount.name)
        return None

    async def _put_through_another(self, spec: ContainerSpec, tar: bytes, doing: str) -> None:
        other = await self.create_container(spec)
        try:
            await self._put(other.id, _AT_HAND, tar, doing)
        finally:
            with anyio.CancelScope(shield=True):
                await self.remove_container(other.id, force=True, volumes=False)

    async def _make(self, ident: str, directory: str, doing: str) -> None:
        try:
            await self._put(ident, directory, _NOTHING, doing)
        except NotFound:
            if directory == "/":
                raise
            await self._make(ident, posixpath.dirname(directory), doing)
            await self._put(ident, directory, _NOTHING, doing)

    async def _put(self, ident: str, directory: str, tar: bytes, doing: str) -> None:
        words = ["cp", "-", f"{self.container(ident)}:{plain(directory, 'directory')}"]
        await self._line.change(words, doing=doing, subject=ident, stdin=tar, extra_time=_TRANSFER)

    async def get_archive(self, ident: str, path: str) -> Stream[bytes]:
        return await self._taken(ident, path, f"take files out of {shown(ident)}")

    async def _taken(self, ident: str, path: str, doing: str) -> Taken:
        program = await self._line.start(["cp", f"{self.container(ident)}:{plain(path, 'path')}", "-"], doing=doing)
        program.stdin.close()
        found = Taken(Pieces(program), self, doing, ident)
        try:
            await found.begin()
        except BaseException:
            await found.aclose()
            raise
        return found

    def copy_failure(self, said: str, doing: str, ident: str) -> Exception:
        """The error for files that were not copied."""
        return self._line.sayings.refusal(self._line.read_error(said), doing=doing, backend=self.name, subject=ident)


def _with_at_hand(info: ContainerInfo, volume: str) -> ContainerSpec:
    """A container that never runs and has the volume at hand, of whatever its image's name is by now. With the first one's labels,
    so that what a process leaves that is killed meanwhile is found by whoever looks for the first.
    """
    from perry_ffi.model.container import ContainerSpec

    mounts: list[Mount] = [ServiceMount("volume", _AT_HAND, volume)]
    return ContainerSpec(image=info.image, network="none", labels=info.labels, volumes=mounts)


class Taken(Stream[bytes]):
    """A tar file as it comes. Why there is none is known before the first byte of it."""

    def __init__(self, pieces: Pieces, owner: NerdctlArchives, doing: str, ident: str) -> None:
        self._pieces, self._owner, self._doing, self._ident = pieces, owner, doing, ident
        self._first: Sequence[bytes] | None = None
        self._said = bytearray()

    async def begin(self) -> None:
        """Reads the first bytes, or why there are none."""
        self._first = await self._more()

    async def next(self) -> Sequence[bytes] | None:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return await self._more()

    async def _more(self) -> Sequence[bytes] | None:
        while (pieces := await self._pieces.next()) is not None:
            self._said += b"".join(data for name, data in pieces if name == "stderr")
            del self._said[:-LAST]  # why it failed stands at the end
            if found := [data for name, data in pieces if name == "stdout"]:
                return found
        if not self._pieces.closed and await self._pieces.program.wait() != 0:
            raise self._owner.copy_failure(text_of(bytes(self._said)), self._doing, self._ident)
        return None

    async def aclose(self) -> None:
        await self._pieces.aclose()


__all__ = ["NerdctlArchives"]
