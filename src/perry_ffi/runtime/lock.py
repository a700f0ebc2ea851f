"""One at a time changes what has a name: a lock that holds across tasks, processes and users' shells.

A file lock in a folder of the user's own; it goes with its process, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from perry_ffi.errors import Timeout
from perry_ffi.runtime import lock_file


def lock_folder(runtime_dir: Path | None) -> Path:
    """Where the lock files are, as ``lock_file.folder_of`` has it."""
    return Path(lock_file.folder_of(None if runtime_dir is None else str(runtime_dir)))


@asynccontextmanager
async def held_lock(folder: Path, engine: str, name: str, timeout: float | None, *, kind: str) -> AsyncIterator[None]:
    """Holds the lock of ``name`` on ``engine`` (any text that tells engines apart). kind: what has the name, in words.

    Raises Timeout after ``timeout`` seconds (``None``: without a bound), with both.
    """
    taken = await _take(_Waiter(lock_file.opened(str(folder), engine, name, kind)), name, kind, timeout)
    try:
        yield
    finally:
        os.close(taken)


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


class _Waiter:
    """Waits for the lock of an open file, on a thread of its own if it must; gives it back if nobody waits for it any more."""

    def __init__(self, descriptor: int) -> None:
        self._file = descriptor
        self._guard = threading.Lock()
        self._fd = -1
        self._abandoned = False

    async def wait(self) -> None:
        """Returns when the lock is held."""
        if lock_file.taken(self._file):
            self._fd = self._file
        else:
            await self._on_a_thread(self._file)

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
