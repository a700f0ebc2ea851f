"""Files as the tar stream of a build: made while it is sent, in pieces, never held as a whole.

Owners are left out (root), times and modes are kept. Blocking, so the caller draws the pieces in a worker thread.
"""

from __future__ import annotations

import posixpath
import stat
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from perry_ffi.backends.engine_api.build.files import Found, open_found, read_found

PIECE = 1024 * 1024
_BLOCK = tarfile.BLOCKSIZE


@dataclass(frozen=True)
class TarStream:
    """files: of the directory. prefix: a folder of the stream, with its slash, that the directory becomes.

    extra: files that are not in the directory, or take the place of one there. aside: a folder of the stream's own, for an
    engine that refuses links which lead out of the stream: there they lie deep enough, and are linked to their places.
    """

    files: Iterable[Found]
    extra: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    prefix: str = ""
    aside: str = ""

    def pieces(self) -> Iterator[bytes]:
        """The stream in pieces of about 1 MiB. Raises ValidationError for what cannot be read or sent."""
        waiting = bytearray()
        for data in self._records():
            waiting += data
            if len(waiting) >= PIECE:
                yield bytes(waiting)
                waiting.clear()
        waiting += bytes(2 * _BLOCK)
        yield bytes(waiting)

    def _records(self) -> Iterator[bytes]:
        replaced = {name for name, _ in self.extra}
        if self.prefix:
            folder = tarfile.TarInfo(self.prefix)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            yield _header(folder)
        for found in self.files:
            name = self.prefix + found.name
            if name in replaced:
                continue
            if self.aside and leads_out(name, found.link):
                yield from self._linked_from_aside(name, found)
            else:
                yield from _record(name, found)
        for name, data in self.extra:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            yield _header(info) + data + _padding(len(data))

    def _linked_from_aside(self, name: str, found: Found) -> Iterator[bytes]:
        place = f"{self.aside}/{'-/' * found.link.count('..')}{name.replace('/', '-')}"
        yield from _record(place, found)
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mtime = tarfile.LNKTYPE, place, int(found.status.st_mtime)
        yield _header(info)


def leads_out(name: str, link: str) -> bool:
    """Whether the link ``name`` leads out of the folder that ``name`` is relative to, as a path is read."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), link)).split("/")[0] == ".."


def _record(name: str, found: Found) -> Iterator[bytes]:
    info = tarfile.TarInfo(name)
    info.mode, info.mtime = stat.S_IMODE(found.status.st_mode), int(found.status.st_mtime)
    if found.is_file:
        yield from _file(found, info)
        return
    if found.is_folder:
        info.type = tarfile.DIRTYPE
    else:
        info.type, info.linkname = tarfile.SYMTYPE, found.link
    yield _header(info)


def _file(found: Found, info: tarfile.TarInfo) -> Iterator[bytes]:
    file, info.size = open_found(found)
    with file:
        yield _header(info)
        left = info.size
        while left:
            data = read_found(found, file, min(left, PIECE))
            left -= len(data)
            yield data
        yield _padding(info.size)


def _header(info: tarfile.TarInfo) -> bytes:
    """GNU format: names of any length and of any bytes but NUL."""
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)
