"""The files of a directory that a build gets: what its rules leave, in the order in which every builder wants them.

A folder stands before what is in it, names are in the order of their bytes, links are links. A folder that is left out
is there nevertheless where something in it comes back. Blocking.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from perry_ffi.backends.engine_api.build.ignore import Ignore
from perry_ffi.errors import ValidationError


@dataclass(frozen=True, slots=True)
class Found:
    """A file, folder or link. name: relative to the directory, with slashes. link: what a link says."""

    name: str
    path: str
    status: os.stat_result
    link: str = ""

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.status.st_mode)

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)


def found_files(root: Path, ignore: Ignore) -> Iterator[Found]:
    """Everything in ``root`` that is sent. Raises ValidationError for what cannot be read or sent."""
    return _walk(root, "", ignore, [])


def open_found(found: Found) -> tuple[BinaryIO, int]:
    """A regular file, opened without following a link, and its size. Raises ValidationError."""
    try:
        number = os.open(found.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise unsendable(found.name, error.strerror) from None
    file = open(number, "rb", buffering=0)  # noqa: SIM115 - its reader closes it
    status = os.fstat(number)
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise unsendable(found.name, "it changed while it was read")
    return file, status.st_size


def read_found(found: Found, file: BinaryIO, size: int) -> bytes:
    """The next ``size`` bytes, or fewer. Raises ValidationError where there are none."""
    try:
        data = file.read(size)
    except OSError as error:
        raise unsendable(found.name, error.strerror) from None
    if not data:
        raise unsendable(found.name, "it became shorter while it was read")
    return data


def unsendable(name: str, why: str | None) -> ValidationError:
    return ValidationError(
        f"{name}: {why or 'it cannot be read'}", file=name, expected="a readable file of the build context",
        remedy="make it readable, or name it in .dockerignore",
    )  # fmt: skip


def _walk(root: Path, folder: str, ignore: Ignore, above: list[Found]) -> Iterator[Found]:
    """above: folders that are left out, and so far with all that is in them."""
    for entry in _scan(root / folder if folder else root, folder):
        name = f"{folder}/{entry.name}" if folder else entry.name
        below = entry.is_dir(follow_symlinks=False)
        if not ignore.excludes(name):
            one = _found(name, entry)
            if one is None:
                continue
            yield from above
            above.clear()
            yield one
            if below:
                yield from _walk(root, name, ignore, above)
        elif below and not ignore.excludes_all_below(name) and (one := _found(name, entry)) is not None:
            above.append(one)
            yield from _walk(root, name, ignore, above)
            if above:
                above.pop()


def _scan(folder: Path, name: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise unsendable(name or str(folder), error.strerror) from None


def _found(name: str, entry: os.DirEntry[str]) -> Found | None:
    try:
        status = entry.stat(follow_symlinks=False)
        mode = status.st_mode
        link = os.readlink(entry.path) if stat.S_ISLNK(mode) else ""
    except OSError as error:
        raise unsendable(name, error.strerror) from None
    if stat.S_ISSOCK(mode):
        return None  # Nothing but a running program's address; every builder leaves those out.
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
        raise unsendable(name, "it is neither a file, a directory nor a link")
    return Found(name, entry.path, status, link)
