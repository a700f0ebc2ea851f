"""Signals that are passed on to a container that somebody talks to, and what is done where that helps nothing.

A main process that handles no signal is not ended by it. So the third of SIGINT and SIGTERM in a row is taken as it is meant, and a
terminal that was closed as what it is: nobody can end the container any more.
"""

from __future__ import annotations

import asyncio
import signal
import time
from os import isatty
from typing import TYPE_CHECKING

from perry_ffi.cli.terminal import plain, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.stack.attached import Attached

ROW = 3
"""How many of them make a row."""
ROW_SECONDS = 3.0
"""Within which they come."""
CLOSED_SECONDS = 10.0
"""How long a container goes on after its SIGHUP, where the terminal was closed."""
_ENDING = ("SIGINT", "SIGTERM")


class Forwarding:
    """Sends signals to a container, by their names, in the order in which they come.

    last: is called with the number of the signal that ends its time. instead: what that does, to be said.
    """

    def __init__(self, attached: Attached, last: Callable[[int], object], instead: str) -> None:
        self._attached, self._last, self._instead = attached, last, instead
        self._tasks: set[asyncio.Task[None]] = set()
        self._came: list[float] = []
        self._terminal = next(filter(isatty, range(3)), None)

    def __call__(self, name: str) -> None:
        if name in _ENDING:
            now = time.monotonic()
            self._came = [came for came in self._came if now - came < ROW_SECONDS] + [now]
            if len(self._came) >= ROW:
                self._last(getattr(signal, name))
                return
            if len(self._came) == ROW - 1:
                say(plain(f"{self._attached.name}: {name} was passed on; once more {self._instead}"))
        elif name == "SIGHUP" and self._terminal is not None:
            asyncio.get_running_loop().call_later(CLOSED_SECONDS, self._is_closed, self._terminal)
        self.send(name)

    def send(self, name: str) -> None:
        """Passes a signal on."""
        task = asyncio.ensure_future(self._attached.signal(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _is_closed(self, number: int) -> None:
        if not isatty(number):
            self._last(signal.SIGHUP)


def killing(attached: Attached) -> Forwarding:
    """For a container that is this program's own: in the end it is killed."""
    forwarding = Forwarding(attached, lambda _: forwarding.send("SIGKILL"), "kills it")
    return forwarding


def leaving(attached: Attached, interrupts: Interrupts) -> Forwarding:
    """For one that was there before: in the end it is left, and goes on."""
    task = asyncio.current_task()
    assert task is not None

    def leave(number: int) -> None:
        interrupts.status = 128 + number
        task.cancel()

    return Forwarding(attached, leave, "leaves it")
