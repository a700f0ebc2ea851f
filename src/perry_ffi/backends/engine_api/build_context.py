"""A directory as the tar stream of a build: made while it is sent, in pieces, never held as a whole.

What is in the stream lies in the directory: symbolic links are sent as links, and a file is opened
without following one. Owners are left out (root), times and modes are kept. Pure but for reading
the directory; blocking, so the caller draws the pieces in a worker thread.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from perry_ffi.backends.engine_api.ignore import MAX_FILE, Ignore
from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.model.files import open_file

PIECE = 1024 * 1024
_BLOCK = tarfile.BLOCKSIZE
MAX_DOCKERFILE = 16 * 1024 * 1024
_FILES = "files/"


@dataclass(frozen=True)
class BuildContext:
    """What to send.

    dockerfile: its path inside the stream. extra: files that are not in the directory, or take the place of one there.
    always: what is sent whatever the rules say. prefix: a folder of the stream, with its slash, that the directory becomes.
    """

    root: Path
    dockerfile: str
    ignore: Ignore
    extra: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    always: frozenset[str] = frozenset()
    prefix: str = ""

    def pieces(self) -> Iterator[bytes]:
        """The tar stream in pieces of about 1 MiB. Raises ValidationError for what cannot be read or sent."""
        waiting = bytearray()
        for data in self._records():
            waiting += data
            if len(waiting) >= PIECE:
                yield bytes(waiting)
                waiting.clear()
        waiting += bytes(2 * _BLOCK)
        yield bytes(waiting)

    def dockerfile_text(self) -> str:
        """The Dockerfile's text; what is no UTF-8 in it stays for the builder to judge. Reads it, so blocking."""
        data = dict(self.extra).get(self.dockerfile)
        data = _read(self.root / self.dockerfile, MAX_DOCKERFILE) if data is None else data
        return data.decode("utf-8", "surrogateescape")

    def with_dockerfile(self, text: str) -> BuildContext:
        """The same, but for the Dockerfile's text."""
        others = tuple((name, data) for name, data in self.extra if name != self.dockerfile)
        return replace(self, extra=(*others, (self.dockerfile, text.encode("utf-8", "surrogateescape"))))

    def names(self) -> list[str]:
        """The paths in the stream, in its order."""
        return [self.prefix + name for name, _ in self._own()] + [name for name, _ in self.extra]

    def _own(self) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """What of the directory is sent, but for what another file takes the place of."""
        replaced = {name for name, _ in self.extra}
        return ((name, entry) for name, entry in self._walk("") if self.prefix + name not in replaced)

    def _records(self) -> Iterator[bytes]:
        if self.prefix:
            folder = tarfile.TarInfo(self.prefix)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            yield _header(folder)
        for name, entry in self._own():
            yield from _record(name, entry, self.prefix)
        for name, data in self.extra:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            yield _header(info) + data + _padding(len(data))

    def _walk(self, folder: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        for entry in _scan(self.root / folder if folder else self.root, folder):
            name = f"{folder}/{entry.name}" if folder else entry.name
            below = entry.is_dir(follow_symlinks=False)
            if name not in self.always and self.ignore.excludes(name):
                if below and not (self.ignore.excludes_all_below(name) and not self._holds_always(name)):
                    yield from self._walk(name)
                continue
            yield name, entry
            if below:
                yield from self._walk(name)

    def _holds_always(self, folder: str) -> bool:
        return any(name.startswith(folder + "/") for name in self.always)


def build_context(root: str | os.PathLike[str], dockerfile: str | None, inline: str | None) -> BuildContext:
    """The context in the directory ``root``.

    dockerfile: relative to ``root`` or absolute; inside the directory it is sent as it lies there, outside it
    is sent under a name of its own. ``None``: ``Dockerfile``, then ``Containerfile``. inline: the Dockerfile's text.
    Raises NotFound where the directory or the Dockerfile is missing, ValidationError where one is something else.
    """
    base = Path(root).absolute()
    _check_directory(base)
    if inline is not None:
        return _embedded(base, inline.encode(), None)
    path = _dockerfile(base, dockerfile)
    relative = _inside(base, path)
    if relative is None:
        return _embedded(base, _read(path, MAX_DOCKERFILE), path)
    always = frozenset({relative, ".dockerignore"})
    return BuildContext(base, relative, _ignore(base, path), always=always)


def directory_context(root: str | os.PathLike[str]) -> BuildContext:
    """The context of an image that holds the files of the directory ``root`` and nothing else, less what is ignored."""
    base = Path(root).absolute()
    _check_directory(base)
    text = f"FROM scratch\nCOPY {_FILES} /\n"
    return BuildContext(base, "Dockerfile", _ignore(base, None), (("Dockerfile", text.encode()),), prefix=_FILES)


def _embedded(base: Path, text: bytes, path: Path | None) -> BuildContext:
    name = f".dockerfile.{hashlib.sha256(text).hexdigest()[:20]}"
    return BuildContext(base, name, _ignore(base, path), ((name, text),), frozenset({".dockerignore"}))


def _check_directory(base: Path) -> None:
    if not os.path.exists(base):
        raise NotFound(f"{base}: there is no such build context", file=str(base))
    if not os.path.isdir(base):
        raise ValidationError(f"{base}: the build context is not a directory", file=str(base), expected="a directory")


def _dockerfile(base: Path, dockerfile: str | None) -> Path:
    if dockerfile is not None:
        path = base / dockerfile
        if not os.path.isfile(path):
            raise NotFound(f"{path}: there is no such Dockerfile", file=str(path))
        return path
    for name in ("Dockerfile", "Containerfile"):
        if os.path.isfile(base / name):
            return base / name
    raise NotFound(f"{base / 'Dockerfile'}: there is no such Dockerfile", file=str(base / "Dockerfile"))


def _inside(base: Path, path: Path) -> str | None:
    """The path within the context if the file really lies there, links resolved; else None."""
    relative = os.path.relpath(path, base)
    real, real_base = os.path.realpath(path), os.path.realpath(base)
    lies_inside = real.startswith(real_base.rstrip("/") + "/") and not relative.startswith("../")
    return relative if lies_inside else None


def _ignore(base: Path, dockerfile: Path | None) -> Ignore:
    """``<Dockerfile>.dockerignore`` beside the Dockerfile, else ``.dockerignore`` of the context."""
    candidates = [Path(f"{dockerfile}.dockerignore")] if dockerfile else []
    for path in [*candidates, base / ".dockerignore"]:
        if os.path.isfile(path):
            return Ignore.parse(_read(path, MAX_FILE).decode("utf-8", "surrogateescape"), file=str(path))
    return Ignore()


def _read(path: Path, most: int) -> bytes:
    try:
        with open_file(str(path)) as file:
            data = file.read(most + 1)
    except OSError as error:
        raise _unsendable(str(path), error.strerror or "it cannot be read") from None
    if len(data) > most:
        raise _unsendable(str(path), f"it is larger than {most} bytes")
    return data


def _scan(folder: Path, name: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise _unsendable(name or str(folder), error.strerror or "it cannot be read") from None


def _record(name: str, entry: os.DirEntry[str], prefix: str) -> Iterator[bytes]:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        raise _unsendable(name, error.strerror or "it cannot be read") from None
    info = tarfile.TarInfo(prefix + name)
    info.mode, info.mtime = stat.S_IMODE(status.st_mode), int(status.st_mtime)
    if stat.S_ISREG(status.st_mode):
        yield from _file(name, entry.path, info)
    elif stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
        yield _header(info)
    elif stat.S_ISLNK(status.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, _link(name, entry.path)
        yield _header(info)
    elif not stat.S_ISSOCK(status.st_mode):
        # A socket is nothing but a running program's address; every builder leaves those out.
        raise _unsendable(name, "it is neither a file, a directory nor a link")


def _link(name: str, path: str) -> str:
    try:
        return os.readlink(path)
    except OSError as error:
        raise _unsendable(name, error.strerror or "it cannot be read") from None


def _file(name: str, path: str, info: tarfile.TarInfo) -> Iterator[bytes]:
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _unsendable(name, error.strerror or "it cannot be read") from None
    with open(number, "rb", buffering=0) as file:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise _unsendable(name, "it changed while it was read")
        info.size = left = status.st_size
        yield _header(info)
        while left:
            try:
                data = file.read(min(left, PIECE))
            except OSError as error:
                raise _unsendable(name, error.strerror or "it cannot be read") from None
            if not data:
                raise _unsendable(name, "it became shorter while it was read")
            left -= len(data)
            yield data
        yield _padding(info.size)


def _header(info: tarfile.TarInfo) -> bytes:
    """GNU format: names of any length and of any bytes but NUL."""
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _unsendable(name: str, why: str) -> ValidationError:
    return ValidationError(
        f"{name}: {why}", file=name, expected="a readable file of the build context",
        remedy="make it readable, or name it in .dockerignore",
    )  # fmt: skip
