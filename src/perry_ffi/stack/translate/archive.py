"""Configs and secrets as the tar that goes into a created container. The one part here that reads files."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.model import values
from perry_ffi.model.files import open_file
from perry_ffi.stack.translate.covers import is_below
from perry_ffi.stack.translate.files import FileMount

if TYPE_CHECKING:
    import tarfile

MAX_FILE = 64 * 1024 * 1024


def read_files(mounts: Iterable[FileMount]) -> list[FileMount]:
    """The same mounts with their contents; blocking. Raises NotFound, or ValidationError for what is no readable file."""
    return [entry if entry.content is not None else replace(entry, content=_read(entry)) for entry in mounts]


def archives(mounts: Sequence[FileMount], places: Iterable[str] | None = None) -> list[tuple[str, bytes]]:
    """The tars of ``mounts`` (their contents read), each with the directory of the created container to put it at.

    One for the container's own file system, at ``/``, and one for each mount that takes files: an engine refuses to write
    below the root of a read-only container, but not into its volumes, and podman looks for one at the directory alone.
    places: where the container has mounts; absent: as the document tells.
    """
    found: dict[str, list[FileMount]] = {}
    for entry in mounts:
        if entry.delivery != "bind":
            found.setdefault(entry.place if places is None else innermost(entry.target, places), []).append(entry)
    return [(directory, archive(entries, directory)) for directory, entries in found.items()]


def innermost(target: str, places: Iterable[str]) -> str:
    """The place that ``target`` is in, of those that lie one in the other the last; ``/`` where it is in none."""
    return max((place for place in places if is_below(target, place)), key=len, default="/")


def archive(mounts: Sequence[FileMount], directory: str = "/") -> bytes:
    """The tar of ``mounts`` to put at ``directory`` of the created container, with owners and permissions.

    Members are regular files by their path below ``directory``; the directories between are left to the engine, so that
    a link of the image on the way stays one. Times are 0: the same contents are the same bytes. What is mounted is left
    out; empty where nothing is to be copied.
    """
    copied = [entry for entry in mounts if entry.delivery != "bind"]
    if not copied:
        return b""
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in copied:
            if entry.content is None:
                raise ValueError("the file was not read")
            tar.addfile(member(entry, directory), io.BytesIO(entry.content))
    return buffer.getvalue()


def member(entry: FileMount, directory: str = "/") -> tarfile.TarInfo:
    """The header of one file. Raises ValidationError for a target that leads anywhere but below ``directory``."""
    import tarfile

    info = tarfile.TarInfo(values.within(entry.key, lambda target: _member_name(target, directory), entry.target))
    info.size = len(entry.content or b"")
    info.uid, info.gid, info.mode = entry.uid, entry.gid, entry.mode
    return info


def digest(mounts: Iterable[FileMount]) -> str:
    """SHA-256 (hex) over targets, owners, permissions, deliveries and contents, for the config hash."""
    found = hashlib.sha256()
    for entry in sorted(read_files(mounts), key=lambda item: item.target):
        head = f"{entry.kind}\0{entry.target}\0{entry.uid}\0{entry.gid}\0{entry.mode}\0{entry.delivery}\0"
        found.update(head.encode("utf-8", "surrogateescape"))
        found.update(hashlib.sha256(entry.content or b"").digest())
    return found.hexdigest()


def _member_name(target: str, directory: str) -> str:
    path = values.absolute(target)
    root = directory.rstrip("/") + "/"
    if not path.startswith(root) or any(step in ("", ".", "..") for step in path[1:].split("/")):
        values.bad(f"an absolute path of a file below {directory}, without . and ..", target)
    return path[len(root) :]


def _read(entry: FileMount) -> bytes:
    where = f"{entry.kind}s.{entry.key}.file"
    try:
        with open_file(entry.file) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ValidationError(f"{where}: {entry.file}: no regular file", path=where, file=entry.file, expected="a file")
            content = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        raise NotFound(f"{where}: there is no file {entry.file}", path=where, file=entry.file) from None
    except OSError as error:
        raise ValidationError(
            f"{where}: {entry.file}: {error.strerror}", path=where, file=entry.file, expected="a readable file",
            remedy="a directory is mounted with a bind volume",
        ) from None  # fmt: skip
    if len(content) > MAX_FILE:
        raise ValidationError(f"{where}: {entry.file} is larger than {MAX_FILE} bytes", path=where, file=entry.file)
    return content
