"""Hosts with several addresses."""

from __future__ import annotations

import socket
import time
from typing import Any

import anyio
import pytest

from perry_ffi.net import dialing
from perry_ffi.net.dialing import dial
from perry_ffi.net.socket_stream import YieldingStream

pytestmark = pytest.mark.anyio


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float | None]]:
    """Addresses of every host: what they answer with, and after how long; None: with a connection."""
    rows: list[tuple[str, float | None]] = []
    opened: list[YieldingStream] = []

    async def look_up(*_: Any) -> list[Any]:
        return [(socket.AF_INET, (word, seconds)) for word, seconds in rows]

    async def connect(family: Any, address: tuple[str, float]) -> YieldingStream:
        word, seconds = address
        await anyio.sleep(seconds or 0)
        if word != "good":
            raise OSError(111, word)
        ours, theirs = socket.socketpair()
        theirs.close()
        opened.append(YieldingStream(ours))
        return opened[-1]

    monkeypatch.setattr(dialing, "look_up", look_up)
    monkeypatch.setattr(YieldingStream, "connect", connect)
    monkeypatch.setattr(dialing, "HEAD_START", 0.05)
    dialing_opened.append(opened)
    return rows


dialing_opened: list[list[YieldingStream]] = []


def left_open() -> int:
    return sum(not stream._closed for stream in dialing_opened[-1])


async def test_one_that_is_dead_keeps_the_next_not_waiting(known: list[tuple[str, float | None]]) -> None:
    known += [("good", 30), ("good", 0)]
    begin = time.monotonic()
    await dial("h", 1)
    assert 0.04 < time.monotonic() - begin < 1 and left_open() == 1


async def test_one_that_refuses_is_followed_at_once(known: list[tuple[str, float | None]]) -> None:
    known += [("refused", 0), ("good", 0)]
    begin = time.monotonic()
    await dial("h", 1)
    assert time.monotonic() - begin < 0.04 and left_open() == 1


async def test_of_two_one_is_kept(known: list[tuple[str, float | None]]) -> None:
    known += [("good", 0.1), ("good", 0.05), ("good", 0)]
    await dial("h", 1)
    await anyio.sleep(0.2)
    assert left_open() == 1


@pytest.mark.parametrize("count", [1, 2, 12])
async def test_all_refuse(known: list[tuple[str, float | None]], count: int) -> None:
    known += [(f"refused {number}", 0) for number in range(count)]
    with pytest.raises(OSError, match="refused"):
        await dial("h", 1)


async def test_no_address(known: list[tuple[str, float | None]]) -> None:
    with pytest.raises(OSError):
        await dial("h", 1)


async def test_cancelled_nothing_stays_open(known: list[tuple[str, float | None]]) -> None:
    known += [("good", 0.03), ("good", 0.02), ("refused", 0)]
    for step in range(20):
        stream = None
        with anyio.move_on_after(step * 0.005):
            stream = await dial("h", 1)
        if stream is not None:
            stream.close()
        assert left_open() == 0
