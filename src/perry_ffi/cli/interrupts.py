"""SIGINT and SIGTERM while an engine works for the program: stop in good order, then in haste, then leave at once.

So does docker compose at a terminal: one Ctrl-C stops, a second one kills, a third one ends the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator

from perry_ffi.cli.terminal import say

STATUS = 130
"""Of a program that was interrupted, whichever of the two signals it was."""
PATIENCE = 1.0
"""Seconds after the second one in which a third one is taken for impatience, and not for a wish to leave."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """What the signals do, one after the other.

    first: is called by the first one. urgent: is set by the second one. hasty: what is said then, if anything.
    """

    def __init__(self, first: Callable[[], object], hasty: str = "") -> None:
        self.first = first
        self.hasty = hasty
        self.urgent = asyncio.Event()
        self._count = 0
        self._second_at = 0.0

    def __call__(self) -> None:
        self._count += 1
        if self._count == 1:
            self.first()
        elif not self.urgent.is_set():
            self._second_at = time.monotonic()
            self.urgent.set()
            if self.hasty:
                say(self.hasty)
        elif time.monotonic() - self._second_at > PATIENCE:
            say("left as it is; the next up or down finds it")
            os._exit(STATUS)


@contextlib.contextmanager
def handled(interrupts: Interrupts) -> Iterator[None]:
    """Has the running loop hand the signals to ``interrupts``; afterwards they do what they did before."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        loop.add_signal_handler(number, interrupts)
    try:
        yield
    finally:
        # The loop puts Python's own handlers there first, which no signal is to meet.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
