"""One at a time changes what has a name: a lock that holds across tasks, processes and users' shells.

A file lock in a folder of the user's own; it goes with its process, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from perry_ffi.errors import BackendError, Timeout

RUNTIME_DIRS = Path("/run/user")
"""Where systemd has each user's runtime folder."""


_LONGEST = 100
"""Characters of a name in that of its lock file."""


def lock_folder(runtime_dir: Path | None) -> Path:
    """Where the lock files are: below the user's runtime folder, else a private folder in /tmp.

    A process without XDG_RUNTIME_DIR (of cron, say) takes turns with those of the user's session.
    """
    for folder in (runtime_dir, RUNTIME_DIRS / str(os.getuid())):
        if folder is not None and folder.is_dir():
            return folder / "perry-container"
    return Path("/tmp") / f"perry-container-{os.getuid()}"


@asynccontextmanager
async def held_lock(folder: Path, engine: str, name: str, timeout: float | None, *, kind: str) -> AsyncIterator[None]:
    """Holds the lock of ``name`` on ``engine`` (any text that tells engines apart). kind: what has the name, in words.

    Raises Timeout after ``timeout`` seconds (``None``: without a bound), with both.
    """
    _open_folder(folder, kind)
    path = folder / f"{_file_name(name)}-{_digest(engine)}.lock"
    taken = await _take(_Waiter(path), name, kind, timeout)
    try:
        yield
    finally:
        os.close(taken)


def _file_name(name: str) -> str:
    """The name, as far as it can be a file's; another one has a digest behind it and so a file of its own."""
    plain = re.sub(r"[^a-z0-9_-]", "_", name)[:_LONGEST]
    return plain if plain == name else f"{plain}-{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


async def _take(waiter: _Waiter, name: str, kind: str, timeout: float | None) -> int:
    """The descriptor that holds the lock. Left early, it is given back as soon as it comes."""
    try:
        with anyio.fail_after(timeout):
            await waiter.wait()
    except BaseException as error:
        taken = waiter.settle()
        if taken >= 0:
            os.close(taken)
        if not isinstance(error, TimeoutError):
            raise
        raise Timeout(
            f"{kind} {name}: another process has been changing it for {timeout:g} s",
            waitedFor=f"the {kind}'s lock",
            seconds=timeout,
        ) from None
    return waiter.settle()


def _open_folder(folder: Path, kind: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022 or folder.is_symlink():
        raise BackendError(f"{folder}: the folder of the {kind} locks belongs to somebody else", path=str(folder))


class _Waiter:
    """Waits for the lock, on a thread of its own if it must; gives it back if nobody waits for it any more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._fd = -1
        self._abandoned = False

    async def wait(self) -> None:
        """Returns when the lock is held. Raises BackendError where there can be no lock file."""
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise BackendError(f"{self._path}: no lock can be taken: {error.strerror}", path=str(self._path)) from None
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await self._on_a_thread(fd)
        else:
            self._fd = fd

    async def _on_a_thread(self, fd: int) -> None:
        """A thread for each that waits, and none of a pool: whoever holds the lock may need the pool to go on."""
        loop = asyncio.get_running_loop()
        held: asyncio.Future[None] = loop.create_future()

        def tell() -> None:
            if not held.done():
                held.set_result(None)

        def work() -> None:
            self._take(fd)
            with contextlib.suppress(RuntimeError):  # The loop is gone, and with it everybody who waited.
                loop.call_soon_threadsafe(tell)

        threading.Thread(target=work, name="perry-lock", daemon=True).start()
        await held

    def _take(self, fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX)
        with self._guard:
            if not self._abandoned:
                self._fd = fd
                return
        os.close(fd)

    def settle(self) -> int:
        """The descriptor that holds the lock; -1, and the lock is given back as it comes, if it was not taken."""
        with self._guard:
            self._abandoned = True
            return self._fd
