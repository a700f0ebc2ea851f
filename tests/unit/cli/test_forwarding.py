"""Signals that are passed on, and what comes of those that help nothing."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
from typing import Any

import pytest

from perry_ffi.cli import forwarding
from perry_ffi.cli.forwarding import Forwarding, killing, leaving
from perry_ffi.cli.interrupts import Interrupts

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Container:
    """Notes what it is sent."""

    name = "s-web-1"

    def __init__(self) -> None:
        self.got: list[str] = []

    async def signal(self, name: str) -> None:
        self.got.append(name)


async def turned() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_third_in_a_row_kills(capsys: pytest.CaptureFixture[str]) -> None:
    box: Any = Container()
    send = killing(box)
    for name in ("SIGINT", "SIGUSR1", "SIGTERM"):
        send(name)
    await turned()
    assert box.got == ["SIGINT", "SIGUSR1", "SIGTERM"]
    assert capsys.readouterr().err == "s-web-1: SIGTERM was passed on; once more kills it\n"
    send("SIGINT")
    await turned()
    assert box.got[3:] == ["SIGKILL"]


async def test_those_that_come_now_and_then_are_passed_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    box: Any = Container()
    send, now = killing(box), iter([0.0, 4.0, 8.0, 12.0])
    monkeypatch.setattr(forwarding.time, "monotonic", lambda: next(now))
    for _ in range(4):
        send("SIGINT")
    monkeypatch.undo()
    await turned()
    assert box.got == ["SIGINT"] * 4 and capsys.readouterr().err == ""


async def test_the_third_in_a_row_leaves_what_was_there_before() -> None:
    box: Any = Container()
    interrupts = Interrupts(lambda: None)

    async def talks() -> None:
        send = leaving(box, interrupts)
        for _ in range(3):
            send("SIGTERM")
        await asyncio.sleep(60)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.ensure_future(talks())
    assert interrupts.status == 143 and box.got == ["SIGTERM"] * 2


@pytest.mark.parametrize("closed", [True, False])
async def test_a_terminal_that_was_closed(monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    """Whoever sends SIGHUP by hand wants the process to read its files again, say: then it goes on."""
    here, there = pty.openpty()
    ended: list[int] = []
    box: Any = Container()
    monkeypatch.setattr(forwarding, "CLOSED_SECONDS", 0.0)
    monkeypatch.setattr(forwarding, "isatty", lambda number: number == 0 and os.isatty(there))
    send = Forwarding(box, ended.append, "ends it")
    if closed:
        os.close(here)
    send("SIGHUP")
    await asyncio.sleep(0.01)
    assert box.got == ["SIGHUP"] and ended == ([signal.SIGHUP] if closed else [])
    for number in (there, *(() if closed else (here,))):
        os.close(number)
