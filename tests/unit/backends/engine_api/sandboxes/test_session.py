"""Bytes of a sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.engine_api.sandboxes.session import EngineSession
from perry_ffi.errors import BackendError

pytestmark = pytest.mark.anyio


def frame(stream: int, data: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


class Response:
    """An answer of these pieces."""

    def __init__(self, *pieces: bytes, status: int = 200) -> None:
        self.pieces, self.status, self.closed = list(pieces), status, 0

    async def read(self) -> bytes | None:
        return self.pieces.pop(0) if self.pieces else None

    async def read_raw(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def take_over(self) -> tuple[Any, bytes]:
        return self, self.pieces.pop(0)

    def close(self) -> None:
        self.closed += 1


async def everything(session: EngineSession) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    while (pieces := await session.read()) is not None:
        found += pieces
    return found


async def test_streams_are_apart_and_bytes_are_whole() -> None:
    whole = frame(1, b"a\0\xff") + frame(2, b"e") + frame(1, b"b")
    response: Any = Response(*(whole[at : at + 3] for at in range(0, len(whole), 3)))
    session = EngineSession("docker", response, "attach", stdin=False)
    found = await everything(session)
    assert b"".join(data for name, data in found if name == "stdout") == b"a\0\xffb"
    assert b"".join(data for name, data in found if name == "stderr") == b"e"
    assert not await session.send(b"x")
    await session.aclose()
    await session.aclose()
    assert response.closed == 1


async def test_the_engine_s_own_words_about_input_are_not_the_program_s() -> None:
    words = b"Error: write unixpacket @->/proc/self/fd/13/attach: write: connection reset by peer\n"
    response: Any = Response(frame(2, b"mine\n"), frame(2, words), frame(1, b"x"), status=101)
    assert await everything(EngineSession("podman", response, "attach", stdin=True)) == [("stderr", b"mine\n"), ("stdout", b"x")]
    plain: Any = Response(frame(2, words))
    assert await everything(EngineSession("podman", plain, "attach", stdin=False)) == [("stderr", words)], "there was no input"


async def test_an_engine_without_a_way_for_input() -> None:
    response: Any = Response(status=200)
    with pytest.raises(BackendError):
        EngineSession("docker", response, "attach", stdin=True)
    assert response.closed
