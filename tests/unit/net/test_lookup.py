"""Hosts and their addresses."""

from __future__ import annotations

import socket
import time

import anyio
import pytest

from perry_ffi.net.lookup import look_up

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_addresses(host: str) -> None:
    assert (socket.AF_INET, ("127.0.0.1", 5000)) in await look_up(host, 5000)


@pytest.mark.parametrize("host", ["a" * 64 + ".test", "a..test", ".", "-.test", "no-such-host.invalid"])
async def test_what_is_no_host(host: str) -> None:
    with pytest.raises(OSError):
        await look_up(host, 1)


def test_a_resolver_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither who is cancelled nor the end of the loop."""

    def getaddrinfo(*_: object, flags: int = 0, **__: object) -> list[object]:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "a name")
        time.sleep(3)
        return []

    async def ask() -> None:
        with anyio.move_on_after(0.05):
            await look_up("slow.test", 1)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    begin = time.monotonic()
    anyio.run(ask)
    assert time.monotonic() - begin < 1.5
