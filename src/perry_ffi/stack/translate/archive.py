"""Configs and secrets as the tar that goes into a created container. The one part here that reads files."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.model import values
from perry_ffi.stack.translate.files import FileMount, file_mounts

MAX_FILE = 64 * 1024 * 1024


def read_files(mounts: Iterable[FileMount]) -> list[FileMount]:
    """The same mounts with their contents; blocking. Raises NotFound, or ValidationError for what is no readable file."""
    return [entry if entry.content is not None else replace(entry, content=_read(entry)) for entry in mounts]


def file_contents(
    project: Mapping[str, Any], service: str, *, environment: Mapping[str, str] | None = None
) -> list[tuple[str, bytes]]:
    """Target and content of each config and secret of ``service``, for the config hash. Blocking: it reads files.

    Owner, permissions and delivery stand in the project itself. Raises as ``file_mounts`` and ``read_files``.
    """
    return [
        (item.target, item.content or b"")
        for item in read_files(file_mounts(project, service, environment=environment))
    ]


def file_archives(
    project: Mapping[str, Any],
    service: str,
    *,
    environment: Mapping[str, str] | None = None,
    credentials: bytes | None = None,
) -> list[tuple[str, bytes]]:
    """What to put into the created container of ``service`` before its start: directory and tar. Blocking.

    Nothing for a service without configs and secrets. Raises as ``file_mounts`` and ``read_files``.
    """
    mounts = read_files(file_mounts(project, service, environment=environment, credentials=credentials))
    tar = archive(mounts)
    return [("/", tar)] if tar else []


def archive(mounts: Sequence[FileMount]) -> bytes:
    """The tar to put at ``/`` of the created container: what is copied, with owner and permissions.

    Members are regular files by their path below ``/``; directories are left to the engine, so that a link of the image
    on the way stays one. Times are 0: the same contents are the same bytes. Empty where there is nothing to copy.
    """
    copied = [entry for entry in mounts if entry.delivery != "bind"]
    if not copied:
        return b""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in copied:
            if entry.content is None:
                raise ValueError("the file was not read")
            tar.addfile(member(entry), io.BytesIO(entry.content))
    return buffer.getvalue()


def member(entry: FileMount) -> tarfile.TarInfo:
    """The header of one file. Raises ValidationError for a target that leads anywhere but to itself."""
    name = values.within(entry.key, _member_name, entry.target)
    info = tarfile.TarInfo(name)
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


def _member_name(target: str) -> str:
    path = values.absolute(target)
    steps = path[1:].split("/")
    if any(step in ("", ".", "..") for step in steps):
        values.bad("an absolute path of a file, without . and ..", target)
    return path[1:]


def _read(entry: FileMount) -> bytes:
    where = f"{entry.kind}s.{entry.key}.file"
    try:
        with open(entry.file, "rb") as file:
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
