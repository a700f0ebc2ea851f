"""SIGINT, SIGTERM and SIGHUP while an engine works for the program: stop in good order, then in haste, then leave at once.

So does docker compose at a terminal: one Ctrl-C stops, a second one kills, a third one ends the program.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from abc import ABC, abstractmethod
from contextvars import ContextVar

from perry_ffi.cli.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator, Sequence

STATUS = 130
"""Of a program that was interrupted by SIGINT, or by a host that does not tell the signal."""
PATIENCE = 1.0
"""Seconds after the second one in which a third one is taken for impatience, and not for a wish to leave."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """The program was interrupted, and has put in order what it had begun. status: what it ends with."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


class Signals(ABC):
    """Where interrupts come from, and how the program is left: its own process, or that of a host which goes on."""

    @abstractmethod
    def begin(self, loop: asyncio.AbstractEventLoop, heard: Callable[..., object]) -> None:
        """Has ``heard`` called by the loop, which runs, for each signal from now on; with its number, where that is known."""

    @abstractmethod
    def end(self, loop: asyncio.AbstractEventLoop) -> None:
        """Signals do again what they did before."""

    @abstractmethod
    def listening(self) -> contextlib.AbstractContextManager[Sequence[int]]:
        """While something is waited for without a loop that changes nothing: descriptors from which can be read once a signal has come.

        Raises Interrupted at its end where one has come.
        """

    @abstractmethod
    def leave(self, status: int = STATUS) -> None:
        """The program is over at once, with ``status``, where its own process is over."""


class OwnSignals(Signals):
    """Of a process that is the program. Whoever started it so that it outlives its terminal (``nohup``) has it do so."""

    def begin(self, loop: asyncio.AbstractEventLoop, heard: Callable[..., object]) -> None:
        found = {number: signal.getsignal(number) for number in _SIGNALS}
        self._before = {n: handler for n, handler in found.items() if (n, handler) != (signal.SIGHUP, signal.SIG_IGN)}
        for number in self._before:
            loop.add_signal_handler(number, heard, number)

    def end(self, loop: asyncio.AbstractEventLoop) -> None:
        # The loop puts Python's own handlers there first, which no signal is to meet.
        signal.pthread_sigmask(signal.SIG_BLOCK, self._before)
        for number, handler in self._before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._before)

    def listening(self) -> contextlib.AbstractContextManager[Sequence[int]]:
        return contextlib.nullcontext(())  # They just end it.

    def leave(self, status: int = STATUS) -> None:
        os._exit(status)


SIGNALS: ContextVar[Signals] = ContextVar("SIGNALS")
"""Those of the program that runs; absent: of its own process."""


class Interrupts:
    """What the signals do, one after the other.

    first: is called by the first one. urgent: is set by the second one. hasty: what is said then, if anything. status: what the
    program ends with, by the first one.
    """

    def __init__(self, first: Callable[[], object], hasty: str = "") -> None:
        import asyncio  # A program whose command needs no engine goes without.

        self.first = first
        self.hasty = hasty
        self.urgent = asyncio.Event()
        self.status = STATUS
        self._count = 0
        self._second_at = 0.0

    def __call__(self, number: int = signal.SIGINT) -> None:
        self._count += 1
        if self._count == 1:
            self.status = 128 + number
            self.first()
        elif not self.urgent.is_set():
            self._second_at = time.monotonic()
            self.urgent.set()
            if self.hasty:
                say(self.hasty)
        elif time.monotonic() - self._second_at > PATIENCE:
            say("left as it is; the next up or down finds it")
            signals_here().leave(self.status)


def signals_here() -> Signals:
    """Those of the program that runs here."""
    return SIGNALS.get(None) or OwnSignals()


@contextlib.contextmanager
def handled(interrupts: Interrupts) -> Iterator[None]:
    """Has the running loop hand the signals to ``interrupts``; afterwards they do what they did before."""
    from asyncio import get_running_loop

    loop = get_running_loop()
    signals = signals_here()
    signals.begin(loop, interrupts)
    try:
        yield
    finally:
        signals.end(loop)
