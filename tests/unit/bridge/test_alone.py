"""Programs that come before anything else: they run, and are told of, without the loop; what comes then is handed on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from perry_ffi.bridge import program
from perry_ffi.bridge.alone import Begun, Once, serve_programs
from perry_ffi.bridge.ffi_channel import NOTHING, PROGRAM, REQUEST, SHUTDOWN


class Channel:
    """The shared object's side: items that were put, with a pipe that wakes."""

    def __init__(self, *items: tuple[int, int]) -> None:
        self.wake_fd, self._wakes = os.pipe()
        os.set_blocking(self.wake_fd, False)
        self._items = list(items)
        self.told: list[tuple[int, int]] = []
        self.heard = 0

    def put(self, what: int, ident: int) -> None:
        self._items.append((what, ident))
        os.write(self._wakes, b".")

    def clear_wake(self) -> None:
        try:
            os.read(self.wake_fd, 1 << 10)
        except BlockingIOError:
            return

    def take(self) -> tuple[int, int]:
        return self._items.pop(0) if self._items else (NOTHING, 0)

    def words(self) -> list[bytes]:
        return [b"config"]

    def signal(self) -> int:
        return self.heard

    def exited(self, ident: int, status: int) -> None:
        self.told.append((ident, status))
        self.after()

    def after(self) -> None:
        """What a host does when it hears that its program has ended."""


def runs(monkeypatch: pytest.MonkeyPatch, work: Callable[[], int]) -> None:
    monkeypatch.setattr(program, "run_here", lambda words, signals, prepare: work())


def served(channel: Channel) -> Begun:
    return serve_programs(channel, lambda: None)  # type: ignore[arg-type]


@pytest.mark.parametrize("item", [(NOTHING, 0), (REQUEST, 1), (SHUTDOWN, 0)])
def test_anything_else_that_comes_first_is_handed_on(item: tuple[int, int]) -> None:
    assert served(Channel(item)) == Begun(item, None)


def test_programs_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is told of when it has ended; then a request comes, and no program runs."""
    statuses = iter([0, 3])
    runs(monkeypatch, lambda: next(statuses))
    channel = Channel((PROGRAM, 7))
    later = iter([(PROGRAM, 8), (REQUEST, 9)])
    channel.after = lambda: channel.put(*next(later))  # type: ignore[method-assign]
    assert served(channel) == Begun((REQUEST, 9), None) and channel.told == [(7, 0), (8, 3)]


@pytest.mark.parametrize("item", [(REQUEST, 2), (PROGRAM, 2)])
def test_what_comes_while_one_runs_is_handed_on_with_it(monkeypatch: pytest.MonkeyPatch, item: tuple[int, int]) -> None:
    goes_on = threading.Event()
    runs(monkeypatch, lambda: goes_on.wait() and 5)
    channel = Channel((PROGRAM, 1))
    threading.Timer(0.05, lambda: channel.put(*item)).start()
    found, running = served(channel)
    assert found == item and running is not None and channel.told == []
    ended: list[int] = []
    told = threading.Event()
    running.then(lambda status: (ended.append(status), told.set()))
    goes_on.set()
    assert told.wait(10) and ended == [5]


def test_one_that_has_ended_meanwhile_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runs(monkeypatch, lambda: 4)
    over = threading.Event()
    running = program.Program(Channel(), 1, [])  # type: ignore[arg-type]
    running.then(lambda _: over.set())
    assert over.wait(10)
    ended: list[int] = []
    running.then(ended.append)
    assert ended == [4]


def test_a_signal_that_asks_for_the_end_is_the_loop_s(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    runs(monkeypatch, lambda: goes_on.wait() and 0)
    channel = Channel((PROGRAM, 1))

    def caught() -> None:
        channel.heard = 15
        channel.put(NOTHING, 0)

    threading.Timer(0.05, caught).start()
    found, running = served(channel)
    assert found == (NOTHING, 0) and running is not None
    goes_on.set()


def test_once() -> None:
    done: list[int] = []
    once = Once(lambda: done.append(1))
    threads = [threading.Thread(target=once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [1]


def test_what_a_command_without_an_engine_needs() -> None:
    """No loop, no client: what the process of Python would not load either."""
    code = "import sys; from perry_ffi.bridge import alone, ffi_channel, program; "
    code += "print([m for m in ('asyncio', 'anyio', 'ssl', 'dataclasses', 'perry_ffi.service', 'perry_ffi.bridge.server') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
