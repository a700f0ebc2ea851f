"""What a build is made from: the files of a directory, and beside them the Dockerfile, which is read apart.

The Dockerfile may be one of the files, be ignored, be a link or lie elsewhere: its text is the same, and of the files
are published those that the rules leave, no more and no fewer. Blocking.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from perry_ffi.backends.engine_api.build.files import Found, found_files, unsendable
from perry_ffi.backends.engine_api.build.ignore import MAX_FILE, Ignore
from perry_ffi.errors import ContainerError, NotFound, ValidationError
from perry_ffi.model.files import open_file

MAX_DOCKERFILE = 16 * 1024 * 1024
IGNORE_FILE = ".dockerignore"
_DEFAULT = "Dockerfile"
_FALLBACKS = ("dockerfile", "Containerfile")
_FILES = "files/"


@dataclass(frozen=True)
class BuildContext:
    """root: the directory. ignore: what of it is left out. dockerfile: its text.

    at: where in the directory that very text lies as a plain file, ignored or not; None where it does not. prefix: a
    folder, with its slash, that the directory becomes; then the Dockerfile lies beside it.
    """

    root: Path
    ignore: Ignore
    dockerfile: bytes = field(repr=False)
    at: str | None = None
    prefix: str = ""

    def files(self) -> Iterator[Found]:
        """What is sent of the directory. Raises ValidationError for what cannot be read or sent."""
        return found_files(self.root, self.ignore)

    def dockerfile_text(self) -> str:
        """The Dockerfile's text; what is no UTF-8 in it stays for the builder to judge."""
        return self.dockerfile.decode("utf-8", "surrogateescape")

    def with_dockerfile(self, text: str) -> BuildContext:
        """The same files, and another Dockerfile."""
        return replace(self, dockerfile=text.encode("utf-8", "surrogateescape"), at=None)


def build_context(
    root: str | os.PathLike[str], dockerfile: str | None, inline: str | None, *, podman: bool = False
) -> BuildContext:
    """The context in the directory ``root``.

    dockerfile: relative to ``root`` or absolute. ``None``: ``Dockerfile``, then ``dockerfile`` and ``Containerfile``.
    inline: the Dockerfile's text. podman: ``.containerignore`` counts too, as its own builds have it.
    Raises NotFound where the directory or the Dockerfile is missing, ValidationError where one is something else.
    """
    base = Path(root).absolute()
    _check_directory(base)
    if inline is not None:
        return BuildContext(base, _ignore(base, None, podman), inline.encode("utf-8", "surrogateescape"))
    asked = base / (_DEFAULT if dockerfile is None else dockerfile)
    path = _dockerfile(asked, dockerfile is None)
    # The rules beside a Dockerfile bear the name that was asked for: a link's own, and in the letters' case of that.
    beside = asked if path.name.lower() == asked.name.lower() else path
    return BuildContext(base, _ignore(base, beside, podman), _read(path, MAX_DOCKERFILE), _plain(base, path))


def directory_context(root: str | os.PathLike[str]) -> BuildContext:
    """The context of an image that holds the files of the directory ``root`` and nothing else, less what is ignored."""
    base = Path(root).absolute()
    _check_directory(base)
    text = f"FROM scratch\nCOPY {_FILES} /\n"
    return BuildContext(base, _ignore(base, None, False), text.encode(), prefix=_FILES)


def _check_directory(base: Path) -> None:
    if not os.path.exists(base):
        raise NotFound(f"{base}: there is no such build context", file=str(base))
    if not os.path.isdir(base):
        raise ValidationError(f"{base}: the build context is not a directory", file=str(base), expected="a directory")


def _dockerfile(asked: Path, by_default: bool) -> Path:
    """The file that is meant: builders take ``dockerfile`` for ``Dockerfile``, and by default a ``Containerfile``."""
    others = [name for name in _FALLBACKS if by_default or name.lower() == asked.name.lower()]
    candidates = [asked, *(asked.with_name(name) for name in others if asked.name == _DEFAULT)]
    fault = None
    for path in candidates:
        one = _fault(path)
        if one is None:
            return path
        fault = fault or one
        if not isinstance(one, NotFound):
            break
    assert fault is not None
    raise fault


def _fault(path: Path) -> ContainerError | None:
    """Why there is no Dockerfile at ``path``. Links are followed, wherever they lead."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError) or error.errno == errno.ENAMETOOLONG:
            return _missing(path)
        return ValidationError(
            f"{path}: the Dockerfile cannot be read: {error.strerror}", file=str(path), expected="a readable Dockerfile"
        )
    except ValueError:
        return _missing(path)
    if stat.S_ISREG(mode):
        return None
    return ValidationError(f"{path}: the Dockerfile is no regular file", file=str(path), expected="a file")


def _missing(path: Path) -> NotFound:
    if os.path.lexists(path):
        return NotFound(f"{path}: the Dockerfile is a link to {os.readlink(path)}, which is not there", file=str(path))
    return NotFound(f"{path}: there is no such Dockerfile", file=str(path))


def _plain(base: Path, path: Path) -> str | None:
    """The path within the context if the file lies there itself, under no link; else None."""
    relative = os.path.relpath(path, base)
    real = os.path.join(os.path.realpath(base), relative)
    return relative if not relative.startswith("../") and os.path.realpath(path) == real else None


def _ignore(base: Path, dockerfile: Path | None, podman: bool) -> Ignore:
    """``<Dockerfile>.dockerignore`` beside the Dockerfile, else ``.dockerignore`` of the context."""
    endings = [IGNORE_FILE, *([".containerignore"] if podman else [])]
    candidates = [Path(f"{dockerfile}{ending}") for ending in endings if dockerfile is not None]
    for path in [*candidates, *(base / ending for ending in reversed(endings))]:
        if os.path.isfile(path):
            return read_rules(path)
    return Ignore()


def read_rules(path: Path) -> Ignore:
    """The rules in a file. Raises ValidationError, with the line, for one that cannot be meant."""
    return Ignore.parse(_read(path, MAX_FILE).decode("utf-8", "surrogateescape"), file=str(path))


def _read(path: Path, most: int) -> bytes:
    try:
        with open_file(str(path)) as file:
            data = file.read(most + 1)
    except OSError as error:
        raise unsendable(str(path), error.strerror) from None
    if len(data) > most:
        raise unsendable(str(path), f"it is larger than {most} bytes")
    return data
