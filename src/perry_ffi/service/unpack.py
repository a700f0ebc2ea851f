"""A tar file from a container, unpacked on this machine: a stranger wrote it, and nothing of it gets outside the one folder.

Each step of a path is opened by itself and never followed where it is a link, so a link that the file brings, or that somebody puts
there meanwhile, leads nowhere. Devices are left out. Bits that would give a file's owner's rights to others are kept only where
owners are.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tarfile
from collections.abc import Callable
from typing import IO

from perry_ffi.errors import ContainerError, ValidationError

_PIECE = 256 * 1024
_STEP = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def unpack(source: IO[bytes], folder: str, name: str | None, *, owners: bool = False) -> list[str]:
    """Unpacks the tar file of one path into ``folder``, as ``name``: ``None`` for the contents of a directory. What was left out.

    owners: they become those that the file names, where this user may give files away. Raises ContainerError.
    """
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with tarfile.open(fileobj=source, mode="r|", errors="surrogateescape") as tar:
            return _Unpacking(root, folder, name, owners and os.geteuid() == 0).all_of(tar)
    except tarfile.TarError as error:
        raise ValidationError(f"{folder}: what the engine sends is no tar file: {error}", file=folder) from error
    except OSError as error:
        raise ValidationError(f"{error.filename or folder}: cannot be written: {error.strerror}", file=folder) from error
    finally:
        os.close(root)


class _Unpacking:
    def __init__(self, root: int, folder: str, name: str | None, owners: bool) -> None:
        self._root, self._folder, self._name, self._owners = root, folder, name, owners
        self._first: str | None = None
        self._directories: list[tuple[list[str], tarfile.TarInfo]] = []
        self._left_out: list[str] = []

    def all_of(self, tar: tarfile.TarFile) -> list[str]:
        for member in tar:
            parts = self._parts(member.name)
            if not parts:
                if not member.isdir():
                    raise self._error(member.name, "only the contents of a directory go without its name")
                continue
            self._one(tar, member, parts)
        # Last, for nothing could be put into one that is only to be read.
        for parts, member in reversed(self._directories):
            with self._at(parts[:-1]) as parent:
                self._finish(parent, parts[-1], member)
        return self._left_out

    def _parts(self, path: str) -> list[str]:
        """Where a member goes: the first step of its path, which is the one that was asked for, has the name that it gets here."""
        if "\0" in path or any(step == ".." for step in path.split("/")):
            raise self._error(path, "it leads outside")
        steps = [step for step in path.split("/") if step not in ("", ".")]
        if self._first is None:
            self._first = steps[0] if steps else ""
        if self._first:
            if not steps or steps[0] != self._first:
                raise self._error(path, f"it is not below {self._first}")
            steps = steps[1:]
        return steps if self._name is None else [self._name, *steps]

    def _one(self, tar: tarfile.TarFile, member: tarfile.TarInfo, parts: list[str]) -> None:
        with self._at(parts[:-1]) as parent:
            last = parts[-1]
            if member.isdir():
                self._directory(parent, last)
                self._directories.append((parts, member))
                return
            self._make_room(parent, last, "/".join(parts))
            if member.isreg():
                self._file(tar, member, parent, last)
            elif member.issym():
                os.symlink(member.linkname, last, dir_fd=parent)
                self._give(parent, last, member)
            elif member.islnk():
                target = self._parts(member.linkname)
                with self._at(target[:-1]) as other:
                    os.link(target[-1], last, src_dir_fd=other, dst_dir_fd=parent, follow_symlinks=False)
            elif member.isfifo():
                os.mkfifo(last, 0o600, dir_fd=parent)
                self._finish(parent, last, member)
            else:
                self._left_out.append("/".join(parts))

    @contextlib.contextmanager
    def _at(self, parts: list[str]):  # type: ignore[no-untyped-def]
        """The directory at ``parts``, made where it is not there."""
        here = os.dup(self._root)
        try:
            for step in parts:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(step, 0o700, dir_fd=here)
                try:
                    below = os.open(step, _STEP, dir_fd=here)
                except OSError as error:
                    raise self._error("/".join(parts), f"{step} is there and no directory ({error.strerror})") from error
                os.close(here)
                here = below
            yield here
        finally:
            os.close(here)

    def _directory(self, parent: int, name: str) -> None:
        try:
            os.mkdir(name, 0o700, dir_fd=parent)
        except FileExistsError:
            if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                raise self._error(name, "it is there and no directory, and a directory does not take its place") from None

    def _make_room(self, parent: int, name: str, path: str) -> None:
        try:
            found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return
        if stat.S_ISDIR(found.st_mode):
            raise self._error(path, "it is there as a directory, and a file does not take its place")
        os.unlink(name, dir_fd=parent)

    def _file(self, tar: tarfile.TarFile, member: tarfile.TarInfo, parent: int, name: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        source = tar.extractfile(member)
        assert source is not None
        with open(os.open(name, flags, 0o600, dir_fd=parent), "wb") as file:
            while piece := source.read(_PIECE):
                file.write(piece)
        self._finish(parent, name, member)

    def _finish(self, parent: int, name: str, member: tarfile.TarInfo) -> None:
        """Owner, mode and time of what was made just now, and is no link."""
        self._give(parent, name, member)
        kept = 0o7777 if self._owners else 0o1777 if member.isdir() else 0o777
        os.chmod(name, member.mode & kept, dir_fd=parent)
        with contextlib.suppress(OSError, OverflowError, ValueError):
            os.utime(name, (member.mtime, member.mtime), dir_fd=parent, follow_symlinks=False)

    def _give(self, parent: int, name: str, member: tarfile.TarInfo) -> None:
        if self._owners:
            os.chown(name, member.uid, member.gid, dir_fd=parent, follow_symlinks=False)

    def _error(self, path: str, why: str) -> ContainerError:
        return ValidationError(f"{path}: {why}; it is not unpacked to {self._folder}", file=path)


Unpack = Callable[[IO[bytes]], list[str]]
