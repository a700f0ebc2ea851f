"""The file of a lock: where it lies, what it is called, and how it is taken at once or not at all. Loads next to nothing."""

from __future__ import annotations

import fcntl
import os
import re

from perry_ffi.errors import BackendError

RUNTIME_DIRS = "/run/user"
"""Where systemd has each user's runtime folder."""
_LONGEST = 100
"""Characters of a name in that of its lock file."""


def folder_of(runtime_dir: str | None) -> str:
    """Where the lock files are: below the user's runtime folder, else a private folder in /tmp.

    A process without XDG_RUNTIME_DIR (of cron, say) takes turns with those of the user's session.
    """
    for folder in (runtime_dir, f"{RUNTIME_DIRS}/{os.getuid()}"):
        if folder is not None and os.path.isdir(folder):
            return os.path.join(folder, "perry-container")
    return f"/tmp/perry-container-{os.getuid()}"


def opened(folder: str, engine: str, name: str, kind: str) -> int:
    """A descriptor of the file of ``name`` on ``engine`` (any text that tells engines apart), not locked; the caller closes it.

    kind: what has the name, in words. Raises BackendError where there can be no lock.
    """
    _open_folder(folder, kind)
    path = os.path.join(folder, f"{_file_name(name)}-{_digest(engine)}.lock")
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BackendError(f"{path}: no lock can be taken: {error.strerror}", path=path) from None


def taken(descriptor: int) -> bool:
    """Takes the lock if nobody has it; it is given back when the descriptor is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open_folder(folder: str, kind: str) -> None:
    os.makedirs(folder, mode=0o700, exist_ok=True)
    status = os.lstat(folder)
    if status.st_uid != os.getuid() or status.st_mode & 0o022 or os.path.islink(folder):
        raise BackendError(f"{folder}: the folder of the {kind} locks belongs to somebody else", path=folder)


def _file_name(name: str) -> str:
    """The name, as far as it can be a file's; another one has a digest behind it and so a file of its own."""
    plain = re.sub(r"[^a-z0-9_-]", "_", name)[:_LONGEST]
    return plain if plain == name else f"{plain}-{_digest(name)}"


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
