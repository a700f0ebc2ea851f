"""``perry-compose`` for a host (``perry_container_main``): on a thread of its own, beside the loop that serves."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

from perry_ffi.cli.hosted import run as run_here
from perry_ffi.cli.interrupts import STATUS, Interrupted, Signals

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator, Sequence

    from perry_ffi.bridge.ffi_channel import FfiChannel

STACK_BYTES = 16 << 20
"""As the library's own thread has it: deep documents recurse in C."""

_one_at_a_time = threading.Lock()


class HostSignals(Signals):
    """Signals that the shared object hears for a program, which runs on another thread than the loop that made this.

    left: called with the status, on the program's thread, when it is to be over at once.
    """

    def __init__(self, channel: FfiChannel, left: Callable[[int], object]) -> None:
        self._channel, self._left = channel, left
        self._heard: Callable[..., object] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = False
        self._fd = self._ends = -1
        self._lock = threading.Lock()

    def begin(self, loop: asyncio.AbstractEventLoop, heard: Callable[..., object]) -> None:
        if self._over:
            from asyncio import CancelledError

            raise CancelledError
        self._loop, self._heard = loop, heard
        self._fd = self._channel.begin_interrupts()
        if self._fd >= 0:
            loop.add_reader(self._fd, self._arrived)

    def end(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = self._heard = None
        if self._fd >= 0:
            loop.remove_reader(self._fd)
        if not self._over:
            self._channel.end_interrupts()

    @contextlib.contextmanager
    def listening(self) -> Iterator[Sequence[int]]:
        with self._lock:
            if self._over:
                raise Interrupted(STATUS)
            ends, self._ends = os.pipe()
        fd = self._channel.begin_interrupts()
        try:
            yield [number for number in (ends, fd) if number >= 0]
        finally:
            came = self._channel.take_interrupts() if fd >= 0 else 0
            self._channel.end_interrupts()
            with self._lock:
                os.close(self._ends)
                os.close(ends)
                self._ends = -1
            if came or self._over:
                raise Interrupted(STATUS if self._over else 128 + self._channel.first_interrupt()) from None

    def leave(self, status: int = STATUS) -> None:
        self._over = True
        self._channel.end_interrupts()
        self._left(status)

    def interrupt(self) -> bool:
        """One more, on any thread, as if a signal had come. Whether the program listens: else it is not waited for."""
        loop, heard = self._loop, self._heard
        if loop is None or heard is None:
            with self._lock:
                self._over = True
                if self._ends >= 0:
                    os.write(self._ends, b".")
                return self._ends >= 0
        loop.call_soon_threadsafe(heard)
        return True

    def _arrived(self) -> None:
        for _ in range(self._channel.take_interrupts()):
            if self._heard is not None and not self._over:
                self._heard(self._channel.first_interrupt())


class Program:
    """One run on a thread of its own, which begins with this. prepare: called where the command needs asyncio, on that thread."""

    def __init__(self, channel: FfiChannel, ident: int, words: list[bytes], prepare: Callable[[], object] = bool) -> None:
        self.ident, self.status = ident, -1
        self._lock, self._over = threading.Lock(), False
        self._told: Callable[[int], object] | None = None
        self.signals = HostSignals(channel, self._end)
        _start(lambda: self._end(_alone(words, self.signals, prepare)))

    def then(self, told: Callable[[int], object]) -> None:
        """Has ``told`` called with the exit status, on any thread, in place of whoever was to be told before; at once where it is over."""
        with self._lock:
            self._told = told
            if self._over:
                told(self.status)

    def _end(self, status: int) -> None:
        with self._lock:
            if self._over:
                return
            self._over, self.status = True, status
            if self._told is not None:
                self._told(status)


async def run(program: Program) -> int:
    """Its exit status. Cancelled, it is interrupted as by a signal, and puts in order what it had begun."""
    import asyncio

    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def settle(status: int) -> None:
        if not ended.done():
            ended.set_result(status)

    def over(status: int) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, status)

    program.then(over)
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        return await ended if program.signals.interrupt() else STATUS


def _alone(words: list[bytes], signals: HostSignals, prepare: Callable[[], object]) -> int:
    with _one_at_a_time:
        return run_here([os.fsdecode(word) for word in words], signals, prepare)


def _start(work: Callable[[], object]) -> None:
    before = threading.stack_size(STACK_BYTES)
    try:
        threading.Thread(target=work, name="perry-compose", daemon=True).start()
    finally:
        threading.stack_size(before)
