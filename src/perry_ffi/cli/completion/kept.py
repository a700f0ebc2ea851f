"""What was told before of a project's files, for as long as nothing that it follows from has changed.

A shell asks at every Tab, and a parser of YAML takes longer to load than all else that is done for an answer. So an answer is kept in a
file of the user's cache folder, with the state of every path that was looked for. The question is in the file's name, as a digest, for
there are variables in it.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST, LEFT = 200, 100
"""How many answers are kept, and how many are left when there are more."""
SETTLED_SECONDS = 2
"""How long ago a file has to have been changed: the clocks of file systems are coarse, and it may be written again in the same tick."""
_FORM, _END = "perry-compose 1", "end"
_ABSENT = "absent"


def folder(env: Mapping[str, str]) -> str | None:
    """Where answers are kept; None for a user without a folder."""
    caches = env.get("XDG_CACHE_HOME") or (os.path.join(env["HOME"], ".cache") if env.get("HOME") else "")
    return os.path.join(caches, "perry-container", "completion") if caches.startswith("/") else None


class Kept:
    """The answer to one question. folder: where it is kept. question: all that it follows from beside what is in files."""

    def __init__(self, folder: str, question: Iterable[str]) -> None:
        from perry_ffi import __version__

        self._folder = folder
        self._path = os.path.join(folder, _digest((_FORM, __version__, *question)))

    def rows(self) -> list[list[str]] | None:
        """The answer, if it still holds."""
        fields = self._read()
        if len(fields) < 3 or fields[0] != _FORM or fields[-1] != _END or not fields[1].isdecimal():
            return None
        rows = 2 + 2 * int(fields[1])
        if rows >= len(fields) or any(_state(fields[at]) != fields[at + 1] for at in range(2, rows, 2)):
            return None
        return [row.split("\n") for row in fields[rows:-1]]

    def keep(self, rows: Sequence[Sequence[str]], looked: Iterable[str], now: float | None = None) -> None:
        """Keeps an answer, and the state of the paths that it follows from; nothing where one has just been changed, or nothing can be written.

        now: the time, in seconds of the epoch.
        """
        states = [(path, _state(path, time.time() if now is None else now)) for path in looked]
        texts = [text for row in rows for text in row]
        if any(state is None for _, state in states) or any("\n" in text for text in texts):
            return
        fields = [_FORM, str(len(states)), *(text for pair in states for text in pair if text is not None)]
        fields += ["\n".join(row) for row in rows] + [_END]
        if not any("\0" in field for field in fields):
            self._write("\0".join(fields).encode("utf-8", "surrogateescape"))

    def _read(self) -> list[str]:
        try:
            with open(self._path, "rb") as file:
                return file.read().decode("utf-8", "surrogateescape").split("\0")
        except OSError:
            return []

    def _write(self, data: bytes) -> None:
        new = f"{self._path}.{os.getpid()}"
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with open(number, "wb") as file:
                file.write(data)
            os.replace(new, self._path)
            self._prune()
        except OSError:
            return

    def _prune(self) -> None:
        with os.scandir(self._folder) as found:
            kept = sorted((one.stat().st_mtime_ns, one.path) for one in found)
        for _, path in kept[:-LEFT] if len(kept) > MOST else ():
            os.unlink(path)


def _digest(texts: Iterable[str]) -> str:
    from _blake2 import blake2b  # What hashlib gives, less OpenSSL, which hashlib loads.

    digest = blake2b(digest_size=20)
    for text in texts:
        digest.update(text.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()


def _state(path: str, now: float | None = None) -> str | None:
    """What changes when anything at ``path`` does. None for what was changed right before ``now``."""
    try:
        found = os.stat(path)
    except OSError:
        return _ABSENT
    if now is not None and max(found.st_mtime, found.st_ctime) > now - SETTLED_SECONDS:
        return None
    return " ".join(map(str, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)))
