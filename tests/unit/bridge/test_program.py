"""``perry_container_main`` in Python: its thread, its signals, and how it is left."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from perry_ffi.bridge import program
from perry_ffi.bridge.program import HostSignals
from perry_ffi.cli.interrupts import STATUS, Interrupted, Interrupts, Signals, handled

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Channel:
    """The shared object's side, with a pipe in place of signals."""

    def __init__(self) -> None:
        self.waked, self.wakes = os.pipe()
        os.set_blocking(self.waked, False)
        self.ended, self.number = 0, int(signal.SIGINT)

    def signal(self) -> None:
        os.write(self.wakes, b"!")

    def begin_interrupts(self) -> int:
        return self.waked

    def take_interrupts(self) -> int:
        try:
            return len(os.read(self.waked, 100))
        except BlockingIOError:
            return 0

    def first_interrupt(self) -> int:
        return self.number

    def end_interrupts(self) -> None:
        self.ended += 1


def runs(monkeypatch: pytest.MonkeyPatch, work: Callable[..., int]) -> None:
    monkeypatch.setattr(program, "run_here", work)


def run(channel: Channel, words: Sequence[bytes] = ()) -> Coroutine[Any, Any, int]:
    return program.run(program.Program(channel, 1, list(words)))  # type: ignore[arg-type]


async def test_words_are_decoded_and_the_status_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []

    def work(words: list[str], signals: Signals, prepare: object) -> int:
        heard.extend([words, threading.current_thread().name])
        return 3

    runs(monkeypatch, work)
    assert await run(Channel(), [b"ps", "ä".encode(), b"\xff"]) == 3
    assert heard == [["ps", "ä", "\udcff"], "perry-compose"]


async def test_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most = 0, 0

    def work(words: list[str], signals: Signals, prepare: object) -> int:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        threading.Event().wait(0.02)
        inside -= 1
        return 0

    runs(monkeypatch, work)
    assert await asyncio.gather(*(run(Channel()) for _ in range(5))) == [0] * 5
    assert most == 1


def engine_work(then: Callable[[Interrupts], Any]) -> Callable[..., int]:
    """A program that hears signals, as commands with an engine do; what it does is up to ``then``."""

    async def work(signals: Signals) -> int:
        from perry_ffi.cli.interrupts import SIGNALS

        SIGNALS.set(signals)
        interrupted = asyncio.Event()
        interrupts = Interrupts(interrupted.set)
        with handled(interrupts):
            then(interrupts)
            await interrupted.wait()
        return STATUS

    return lambda words, signals, prepare=bool: asyncio.run(work(signals))


async def test_a_signal_reaches_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Channel()
    runs(monkeypatch, engine_work(lambda interrupts: channel.signal()))
    assert await run(channel) == STATUS
    assert channel.ended == 1


async def test_which_signal_it_was_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    channel, heard = Channel(), list[Interrupts]()
    channel.number = int(signal.SIGTERM)

    def then(interrupts: Interrupts) -> None:
        heard.append(interrupts)
        channel.signal()

    runs(monkeypatch, engine_work(then))
    await run(channel)
    assert heard[0].status == 143


async def test_a_cancelled_run_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    listens = threading.Event()
    runs(monkeypatch, engine_work(lambda interrupts: listens.set()))
    task = asyncio.create_task(run(Channel()))
    await asyncio.to_thread(listens.wait)
    task.cancel()
    assert await task == STATUS


async def test_a_cancelled_run_that_hears_no_signals_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, began = threading.Event(), threading.Event()

    def work(words: list[str], signals: Signals, prepare: object) -> int:
        began.set()
        goes_on.wait()
        with pytest.raises(asyncio.CancelledError):  # It has nothing to begin any more.
            asyncio.run(engine_work(lambda interrupts: None)(words, signals))
        return 0

    runs(monkeypatch, work)
    task = asyncio.create_task(run(Channel()))
    await asyncio.to_thread(began.wait)
    task.cancel()
    assert await task == STATUS
    goes_on.set()


async def test_who_leaves_at_once_gives_the_signals_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    channel, goes_on = Channel(), threading.Event()

    def work(words: list[str], signals: Signals, prepare: object) -> int:
        assert isinstance(signals, HostSignals)
        loop = asyncio.new_event_loop()
        signals.begin(loop, lambda: None)
        signals.leave()
        goes_on.wait()
        signals.end(loop)
        return 0

    runs(monkeypatch, work)
    assert await run(channel) == STATUS
    assert channel.ended == 1
    goes_on.set()
    await asyncio.sleep(0.05)
    assert channel.ended == 1


def listening(then: Callable[[Signals], Any], heard: list[object]) -> Callable[..., int]:
    """A program that waits without a loop: it tells whether anything woke it."""

    def work(words: list[str], signals: Signals, prepare: object = bool) -> int:
        try:
            with signals.listening() as interrupts:
                then(signals)
                heard.append(bool(select.select(interrupts, [], [], 0 if then is nothing else 20)[0]))
        except Interrupted as interrupted:
            return interrupted.status
        return 0

    return work


def nothing(signals: Signals) -> None:
    """No signal comes."""


async def test_a_signal_wakes_a_program_that_waits_without_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    channel, heard = Channel(), list[object]()
    channel.number = int(signal.SIGTERM)
    runs(monkeypatch, listening(lambda _: channel.signal(), heard))
    assert (await run(channel), heard, channel.ended) == (143, [True], 1)


async def test_without_a_signal_it_goes_on_and_gives_them_back(monkeypatch: pytest.MonkeyPatch) -> None:
    channel, heard = Channel(), list[object]()
    runs(monkeypatch, listening(nothing, heard))
    assert (await run(channel), heard, channel.ended) == (0, [False], 1)


async def test_a_cancelled_run_wakes_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    channel, heard, listens = Channel(), list[object](), threading.Event()
    runs(monkeypatch, listening(lambda _: listens.set(), heard))
    task = asyncio.create_task(run(channel))
    await asyncio.to_thread(listens.wait)
    task.cancel()
    assert (await task, heard, channel.ended) == (STATUS, [True], 1)
