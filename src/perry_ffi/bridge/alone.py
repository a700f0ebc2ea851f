"""A program that is the first thing asked of the library: it runs before the loop is there, which a host's requests need and it does not.

``perry-compose`` over the library is such a program: a command without an engine then loads no more than it does in a process of Python.
"""

from __future__ import annotations

import os
import select
import threading
from typing import TYPE_CHECKING, NamedTuple

from perry_ffi.bridge.ffi_channel import NOTHING, PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable

    from perry_ffi.bridge.ffi_channel import FfiChannel
    from perry_ffi.bridge.program import Program


class Begun(NamedTuple):
    """What the loop goes on with: an item that was taken and is still to be begun, a program that runs."""

    item: tuple[int, int]
    program: Program | None


def serve_programs(channel: FfiChannel, prepare: Callable[[], object]) -> Begun:
    """Runs a program that comes first, and those that follow it, until anything else comes.

    prepare: readies the interpreter for asyncio; a program calls it, on its thread, where it needs that.
    """
    channel.clear_wake()
    item = channel.take()
    if item[0] != PROGRAM or channel.signal():
        return Begun(item, None)
    from perry_ffi.bridge.program import Program

    running: Program | None = None
    ended, ends = os.pipe()
    try:
        while not channel.signal():
            while item[0] != NOTHING:
                if item[0] != PROGRAM or running is not None:
                    return Begun(item, running)
                running = Program(channel, item[1], channel.words(), prepare)
                running.then(lambda _: os.write(ends, b"."))
                item = channel.take()
            if ended in _readable(channel.wake_fd, ended) and running is not None:
                os.read(ended, 1)
                channel.exited(running.ident, running.status)
                running = None
            channel.clear_wake()
            item = channel.take()
        return Begun(item, running)
    finally:
        if running is not None:
            running.then(lambda _: None)
        os.close(ended)
        os.close(ends)


def _readable(*descriptors: int) -> list[int]:
    return select.select(descriptors, [], [])[0]


class Once:
    """A function that is called once, whoever wants it first; others wait for it."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work: Callable[[], object] | None = work
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            work, self._work = self._work, None
            if work is not None:
                work()
