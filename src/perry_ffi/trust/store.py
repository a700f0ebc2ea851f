"""Evidence that once satisfied a rule, kept on this machine: never a verdict, so what is read here is checked as if it were new.

``<folder>/sha256/<hex of the digest>/<sha256 of the file>.json``, and beside them ``asked-<repository>``: when the registry was
last asked. Several processes share it without a lock: a file appears whole or not at all, and one whose name is not its hash
(torn, edited) is dropped. Everything here works on files: to be called in a thread. A store that cannot be written to
is as good as none.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.trust.evidence import Evidence

MAX_FILE = 64 * 1024
MAX_FILES = 8
"""Of one digest."""
MAX_BYTES = 64 * 1024 * 1024
"""Of all together."""
ASKED_AGAIN = 24 * 3600.0
"""Seconds after which the registry is asked again."""

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})\Z")
_NAME = re.compile(r"([0-9a-f]{64})\.json\Z")
_LEFT_OVER = 3600.0
"""Seconds after which a temporary file is nobody's any more."""
_SWEEP_EVERY = 64


class EvidenceStore:
    """folder: ``None`` for a store that keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        # A user without a home (/nonexistent) gets none for this: nothing is made but below a folder that is there.
        self._folder = folder if folder and folder.parents[min(2, len(folder.parents) - 1)].is_dir() else None
        self._writes = 0

    def read(self, digest: str) -> list[Evidence]:
        """What is kept of ``digest``, newest first. What is no evidence any more is dropped."""
        from perry_ffi.trust.evidence import decode
        from perry_ffi.trust.refusal import NotEvidence

        found = []
        for path in self._files(digest):
            text = _bounded(path)
            if text is not None and hashlib.sha256(text).hexdigest() == path.stem:
                with suppress(NotEvidence):
                    found.append(decode(text))
                    continue
            _drop(path)
        return found

    def has(self, digest: str) -> bool:
        """Whether there is any of ``digest``."""
        return next(self._files(digest), None) is not None

    def write(self, digest: str, evidence: Sequence[Evidence]) -> None:
        """Keeps what satisfied a rule; the oldest of the digest go where there are too many."""
        from perry_ffi.trust.evidence import encode

        folder = self._of(digest)
        if folder is None:
            return
        with suppress(OSError):
            for one in evidence:
                text = encode(one)
                if len(text) <= MAX_FILE:
                    _write(folder, f"{hashlib.sha256(text).hexdigest()}.json", text)
            for path in list(self._files(digest))[MAX_FILES:]:
                _drop(path)
            self._writes += 1
            if self._writes % _SWEEP_EVERY == 1:
                self._sweep()

    def asked(self, digest: str, repository: str) -> float | None:
        """How many seconds ago the registry was asked for the signatures in ``repository``; ``None``: never, or nobody knows."""
        folder = self._of(digest)
        text = _bounded(folder / _asked(repository)) if folder else None
        with suppress(ValueError, OverflowError):
            age = time.time() - int(text or b"")
            return age if age >= 0 else None
        return None

    def note_asked(self, digest: str, repository: str) -> None:
        """That it was asked now."""
        folder = self._of(digest)
        if folder is not None:
            with suppress(OSError):
                _write(folder, _asked(repository), str(int(time.time())).encode(), anew=True)

    def _of(self, digest: str) -> Path | None:
        found = _DIGEST.match(digest)
        return self._folder / "sha256" / found[1] if found and self._folder else None

    def _files(self, digest: str) -> Iterator[Path]:
        folder = self._of(digest)
        if folder is None:
            return
        rows = []
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if _NAME.match(entry.name):
                    with suppress(OSError):
                        rows.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.name))
        yield from (folder / name for _, name in sorted(rows, reverse=True))

    def _sweep(self) -> None:
        """Takes away what others left half written, and the oldest where all together is too much."""
        rows: list[tuple[float, int, str]] = []
        assert self._folder is not None
        for folder, _, names in os.walk(self._folder / "sha256"):
            for name in names:
                path = os.path.join(folder, name)
                with suppress(OSError):
                    found = os.stat(path, follow_symlinks=False)
                    if name.startswith(".") and found.st_mtime < time.time() - _LEFT_OVER:
                        os.unlink(path)
                    else:
                        rows.append((found.st_mtime, found.st_size, path))
        total = sum(size for _, size, _ in rows)
        for _, size, path in sorted(rows):
            if total <= MAX_BYTES:
                break
            _drop(Path(path))
            total -= size
            with suppress(OSError):
                os.rmdir(os.path.dirname(path))


def _asked(repository: str) -> str:
    return f"asked-{hashlib.sha256(repository.encode()).hexdigest()[:16]}"


def _bounded(path: Path) -> bytes | None:
    """The bytes of a plain file that is not too large."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return None
        with suppress(OSError):
            text = os.read(number, MAX_FILE + 1)
            return text if len(text) <= MAX_FILE else None
        return None
    finally:
        os.close(number)


def _write(folder: Path, name: str, text: bytes, *, anew: bool = False) -> None:
    """The file appears whole, or not at all. anew: also where there is one of the name; else that has the same bytes."""
    _make(folder)
    path = folder / name
    if not anew and path.exists():
        os.utime(path, follow_symlinks=False)
        return
    beside = folder / f".{secrets.token_hex(8)}"
    try:
        number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            left = memoryview(text)
            while left:
                left = left[os.write(number, left) :]
            os.fsync(number)
        finally:
            os.close(number)
        os.rename(beside, path)
    except BaseException:
        _drop(beside)
        raise


def _make(folder: Path) -> None:
    """The folder, and those above it that are missing, for nobody else to look into."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _drop(path: Path) -> None:
    with suppress(OSError):
        os.unlink(path)
