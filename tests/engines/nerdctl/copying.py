"""``nerdctl cp``: files into a container and out of it, running or not. Places are looked for through links and mounts."""

from __future__ import annotations

import os
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

from tests.engines.nerdctl.store import Document, Store, container, fail

_LINKS = 255


def copy(store: Store, options: dict[str, Any], words: list[str]) -> None:
    source, target = words
    if source == "-":
        name, _, place = target.partition(":")
        _put(_Files(store, container(store.read(), name)), place)
    else:
        name, _, place = source.partition(":")
        _get(_Files(store, container(store.read(), name)), place)


class _Files:
    """What lies where in a container: in its own files, or at a mount's source."""

    def __init__(self, store: Store, found: Document) -> None:
        self._root = store.place(found["id"]) / "rootfs"
        self._read_only = found["read_only"]
        self._mounts = {PurePosixPath(entry["target"]): entry for entry in found["mounts"] if entry["source"]}

    def on_host(self, inner: PurePosixPath) -> tuple[Path, bool]:
        """Where a place without links is, and whether it is only to be read."""
        for place in (inner, *inner.parents):
            if entry := self._mounts.get(place):
                return Path(entry["source"]) / inner.relative_to(place), entry["read_only"]
        return self._root / inner.relative_to("/"), self._read_only

    def resolved(self, path: PurePosixPath) -> PurePosixPath:
        """``path`` without links. FileNotFoundError where a part of it is not there, be it the way to a mount."""
        done, rest, links = PurePosixPath("/"), list(path.parts[1:]), 0
        while rest:
            step = rest.pop(0)
            if step == "..":
                done = done.parent
                continue
            there = self.on_host(done / step)[0]
            if not os.path.lexists(there):
                raise FileNotFoundError(there)
            if not there.is_symlink():
                done = done / step
                continue
            links += 1
            if links > _LINKS:
                raise OSError("EvalSymlinks: too many links")
            link = PurePosixPath(os.readlink(there))
            done, rest = (PurePosixPath("/"), [*link.parts[1:], *rest]) if link.is_absolute() else (done, [*link.parts, *rest])
        return done


def _put(files: _Files, place: str) -> None:
    """A directory that is missing is made; one whose own directory is missing is not."""
    path = PurePosixPath("/") / place
    try:
        target, read_only = files.on_host(files.resolved(path))
    except FileNotFoundError:
        try:
            target, read_only = files.on_host(files.resolved(path.parent) / path.name)
        except FileNotFoundError:
            fail("destination parent does not exist")
    if read_only:
        fail("cannot copy into read-only location")
    if target.exists() and not target.is_dir():
        fail("cannot copy a directory to a file")
    target.mkdir(exist_ok=True)
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as tar:
        tar.extractall(target, filter="fully_trusted")


def _get(files: _Files, place: str) -> None:
    path = PurePosixPath("/") / place
    try:
        source, _ = files.on_host(files.resolved(path))
    except FileNotFoundError:
        fail("unable to copy: source does not exist")
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
        tar.add(source, arcname=path.name or ".")
