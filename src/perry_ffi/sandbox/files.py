"""The input of a run as tar files, one for each directory that is mounted for them. Pure."""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Iterable, Mapping

OWNER = 65533
"""Whose the files are: nobody's who runs, so that whoever reads them can neither write them nor change who may."""
_OTHER = 65532


def folders(paths: Iterable[str]) -> list[str]:
    """The outermost directories of these files."""
    found: list[str] = []
    for folder in sorted({posixpath.dirname(path) for path in paths}):
        if not any(folder.startswith(f"{outer}/") for outer in found):
            found.append(folder)
    return found


def archives(files: Mapping[str, bytes], uid: int) -> dict[str, bytes]:
    """By directory, what is unpacked there: files that everybody can read, in directories that everybody can enter."""
    owner = OWNER if uid != OWNER else _OTHER
    return {
        folder: _tar({path[len(folder) + 1 :]: data for path, data in files.items() if path.startswith(f"{folder}/")}, owner)
        for folder in folders(files)
    }


def _tar(files: Mapping[str, bytes], owner: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        inner = {parent for path in files for parent in _parents(path)}
        for path in sorted(inner):
            tar.addfile(_entry(path, owner, 0o555, tarfile.DIRTYPE))
        for path, data in sorted(files.items()):
            entry = _entry(path, owner, 0o444, tarfile.REGTYPE)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def _parents(path: str) -> list[str]:
    steps = path.split("/")[:-1]
    return ["/".join(steps[:count]) for count in range(1, len(steps) + 1)]


def _entry(path: str, owner: int, mode: int, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.type, entry.mode, entry.uid, entry.gid = kind, mode, owner, owner
    return entry


__all__ = ["archives", "folders"]
