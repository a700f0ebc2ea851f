"""This terminal, or these pipes, and what runs in a container: byte for byte both ways, until the other side has ended.

A terminal is raw meanwhile, so that each key is the program's, and is as it was before on every way out. Its size is told, and told
again when it changes. A pipe that ends on this side ends on the other one, whose output goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from perry_ffi.cli.terminal import Unwritable
from perry_ffi.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perry_ffi.cli.interrupts import Interrupts

DETACH = b"\x10\x11"
"""Ctrl-P, Ctrl-Q: what engines take for the wish to go away, where nothing else is said."""
_STDIN, _STDOUT, _STDERR = 0, 1, 2
_READ, _SLICE = 32 * 1024, select.PIPE_BUF
_POLL = 1.0
"""Seconds between two looks at the size where nobody tells that it changed."""
FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
"""What a container is sent that this process gets."""


class Talk(Protocol):
    """The other side; ``Conversation`` of the backends' contract."""

    output: Any
    terminal: bool
    takes_input: bool

    async def send(self, data: bytes) -> None: ...
    async def end_input(self) -> None: ...
    async def resize(self, columns: int, rows: int) -> None: ...


async def converse(talk: Talk, *, keys: bytes = DETACH, redraw: bool = False) -> bool:
    """Until the other side has ended, or the keys to go away were pressed: whether these were.

    redraw: what runs there has drawn already, and has to be told to do it again. Raises Unwritable.
    """
    leaving = Leaving(keys if talk.terminal else b"")
    with raw_terminal() if talk.terminal and talk.takes_input and os.isatty(_STDIN) else contextlib.nullcontext():
        output = asyncio.ensure_future(_show(talk))
        leave = asyncio.ensure_future(leaving.asked.wait())
        tasks = [leave, output]
        if talk.takes_input:
            tasks.append(asyncio.ensure_future(_forward(talk, leaving)))
        if talk.terminal:
            tasks.append(asyncio.ensure_future(_sizes(talk, redraw)))
        try:
            await asyncio.wait((output, leave), return_when=asyncio.FIRST_COMPLETED)
            if output.done():
                output.result()
            return leaving.asked.is_set()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _show(talk: Talk) -> None:
    while (batch := await talk.output.next()) is not None:
        for stream, data in batch:
            await write(_STDERR if stream == "stderr" else _STDOUT, data)


class Leaving:
    """Looks for the keys to go away in what is typed. They are looked for here, for not every engine does."""

    def __init__(self, keys: bytes) -> None:
        self._keys = keys
        self._held = b""
        self.asked = asyncio.Event()

    def less(self, data: bytes) -> bytes:
        """What is to be sent of ``data``: the beginning of the keys is held back until it is known whether they go on."""
        if not self._keys:
            return data
        data, self._held = self._held + data, b""
        at = data.find(self._keys)
        if at >= 0:
            self.asked.set()
            return data[:at]
        held = next((size for size in range(len(self._keys) - 1, 0, -1) if data.endswith(self._keys[:size])), 0)
        self._held = data[len(data) - held :]
        return data[: len(data) - held]


@contextlib.contextmanager
def raw_terminal() -> Iterator[None]:
    """Standard input gives every key at once, and shows none. Afterwards it is as it was."""
    import termios
    import tty

    before = termios.tcgetattr(_STDIN)
    tty.setraw(_STDIN, termios.TCSANOW)
    with _heard("SIGCONT", lambda: tty.setraw(_STDIN, termios.TCSANOW)):
        try:
            yield
        finally:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(_STDIN, termios.TCSANOW, before)


@contextlib.contextmanager
def forwarded(interrupts: Interrupts, send: Callable[[str], object]) -> Iterator[None]:
    """Signals go to ``send``, by their names, instead of ending the work. A host's program hears its first interrupt alone."""
    from perry_ffi.cli.interrupts import SIGNALS, OwnSignals

    if SIGNALS.get(None) is not None:
        before, interrupts.first = interrupts.first, lambda: send("SIGINT")
        try:
            yield
        finally:
            interrupts.first = before
        return
    loop = asyncio.get_running_loop()
    all_of = {name: getattr(signal, name) for name in FORWARDED if hasattr(signal, name)}
    # What whoever started this process has it ignore (nohup) stays so.
    numbers = {name: number for name, number in all_of.items() if signal.getsignal(number) != signal.SIG_IGN}
    were = {number: signal.getsignal(number) for number in numbers.values()}
    try:
        for name, number in numbers.items():
            loop.add_signal_handler(number, send, name)
        yield
    finally:
        for number in numbers.values():
            if number not in (signal.SIGINT, signal.SIGTERM):  # These are never without somebody who hears them.
                loop.remove_signal_handler(number)
                signal.signal(number, were[number])
        OwnSignals().begin(loop, interrupts)


def terminal_size() -> tuple[int, int] | None:
    """Columns and rows of this terminal; None where there is none."""
    for number in (_STDOUT, _STDIN):
        try:
            size = os.get_terminal_size(number)
        except OSError:
            continue
        if size.columns and size.lines:
            return size.columns, size.lines
    return None


def read_keys(text: str) -> bytes:
    """What ``ctrl-p,ctrl-q`` is on the wire. Raises ValueError."""
    found = bytearray()
    for word in text.split(","):
        if len(word) == 1 and word.isascii():
            found += word.encode()
        elif word.startswith("ctrl-") and len(word) == 6 and (word[5] in "@[\\]^_" or "a" <= word[5] <= "z"):
            found.append(ord(word[5].upper()) & 0x1F)
        else:
            raise ValueError(word)
    return bytes(found)


# -- each way ---------------------------------------------------------------------------------------


async def _forward(talk: Talk, leaving: Leaving) -> None:
    """Standard input, to its end. What the other side does not take any more is left where it is."""
    try:
        while data := await read(_STDIN):
            if wanted := leaving.less(data):
                await talk.send(wanted)
            if leaving.asked.is_set():
                return
        await talk.end_input()
    except Conflict:
        return


async def read(number: int) -> bytes:
    """Some bytes; ``b""`` at the end. Nothing is taken before it is there, so what is cancelled loses nothing."""
    await _ready(number, asyncio.get_running_loop().add_reader, asyncio.get_running_loop().remove_reader)
    try:
        return os.read(number, _READ)
    except OSError:
        return b""


async def write(number: int, data: bytes) -> None:
    """All of it; the loop goes on while its reader is slow. Raises Unwritable."""
    loop, view = asyncio.get_running_loop(), memoryview(data)
    while view:
        await _ready(number, loop.add_writer, loop.remove_writer)
        try:
            view = view[os.write(number, view[:_SLICE]) :]
        except BlockingIOError:
            continue
        except OSError as error:
            raise Unwritable(error) from error


async def _ready(number: int, add: Callable[..., Any], remove: Callable[[int], Any]) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    try:
        add(number, _settle, future)
    except (OSError, ValueError):  # A file, which is always ready, or one that is closed, which the next call tells.
        await asyncio.sleep(0)
        return
    try:
        await future
    finally:
        remove(number)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _sizes(talk: Talk, redraw: bool) -> None:
    """The size, and each that follows."""
    changed = asyncio.Event()
    told: Sequence[int] | None = None
    with _heard("SIGWINCH", changed.set) as is_heard:
        while True:
            size = terminal_size()
            if size is not None and size != told:
                if redraw and told is None:
                    await talk.resize(size[0], size[1] + 1)
                await talk.resize(*size)
                told = size
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(changed.wait(), None if is_heard else _POLL)
            changed.clear()


@contextlib.contextmanager
def _heard(name: str, call: Callable[[], object]) -> Iterator[bool]:
    """Calls for each signal, if this thread is one that hears any: whether it is."""
    loop, number = asyncio.get_running_loop(), getattr(signal, name, None)
    try:
        if number is None:
            raise ValueError(name)
        before = signal.getsignal(number)
        loop.add_signal_handler(number, call)
    except (ValueError, RuntimeError):
        yield False
        return
    try:
        yield True
    finally:
        loop.remove_signal_handler(number)
        signal.signal(number, before)
