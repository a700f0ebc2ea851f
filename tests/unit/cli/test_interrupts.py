"""Signals: what each does in turn, and what the program ends with."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from perry_ffi.cli.interrupts import SIGNALS, Interrupted, Interrupts, OwnSignals, handled

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Left(OwnSignals):
    """Of a program that notes how it is left."""

    status: int | None = None

    def begin(self, loop: asyncio.AbstractEventLoop, heard: object) -> None:
        return

    def end(self, loop: asyncio.AbstractEventLoop) -> None:
        return

    def leave(self, status: int = 130) -> None:
        self.status = status


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
async def test_the_first_one_tells_the_status(number: signal.Signals, status: int) -> None:
    heard = asyncio.Event()
    interrupts = Interrupts(heard.set)
    before = signal.getsignal(number)
    with handled(interrupts):
        os.kill(os.getpid(), number)
        await asyncio.wait_for(heard.wait(), 5)
    assert signal.getsignal(number) == before
    assert interrupts.status == status and not interrupts.urgent.is_set()
    interrupts(signal.SIGINT)
    assert interrupts.urgent.is_set() and interrupts.status == status
    assert Interrupted(status).status == status


async def test_one_that_outlives_its_terminal_does_so() -> None:
    loop = asyncio.get_running_loop()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        signals = OwnSignals()
        signals.begin(loop, lambda *_: pytest.fail("heard"))
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.05)
        signals.end(loop)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


async def test_a_third_one_leaves_with_the_status_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perry_ffi.cli.interrupts.PATIENCE", -1.0)
    left = Left()
    told = SIGNALS.set(left)
    try:
        interrupts = Interrupts(lambda: None)
        for _ in range(3):
            interrupts(signal.SIGTERM)
        assert left.status == 143
    finally:
        SIGNALS.reset(told)
