"""Reading that the system may keep waiting: a folder on a network, a database of groups."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import anyio

T = TypeVar("T")


async def aside(work: Callable[[], T], otherwise: T, seconds: float) -> T:
    """What ``work`` gives within so many seconds, else ``otherwise``, which also stands for an OSError.

    It runs in a thread that nobody waits for: a loop waits at its end for threads of its own.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[T] = loop.create_future()

    def tell(value: T) -> None:
        if not found.done():
            found.set_result(value)

    def run() -> None:
        value = otherwise
        with suppress(OSError):
            value = work()
        with suppress(RuntimeError):  # the loop may be gone
            loop.call_soon_threadsafe(tell, value)

    threading.Thread(target=run, name="perry-doctor", daemon=True).start()
    with anyio.move_on_after(seconds):
        return await found
    return otherwise
