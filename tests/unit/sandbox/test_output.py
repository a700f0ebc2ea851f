"""Bounded output."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from perry_ffi.backends.contract.sandboxes import SandboxSession
from perry_ffi.sandbox.output import Output

pytestmark = pytest.mark.anyio


class Says(SandboxSession):
    """Says the same piece so many times."""

    def __init__(self, piece: tuple[str, bytes], times: int) -> None:
        self.piece, self.left = piece, times

    async def read(self) -> Sequence[tuple[str, bytes]] | None:
        self.left -= 1
        return [self.piece] if self.left >= 0 else None

    async def send(self, data: bytes) -> bool:
        return True

    async def end_input(self) -> None: ...

    async def aclose(self) -> None: ...


async def test_a_stream_up_to_its_bound() -> None:
    output = Output(10)
    output.add("stdout", b"1234567890")
    assert not output.cut.is_set(), "as much as it may say"
    output.add("stderr", b"x")
    output.add("stdout", b"1")
    assert output.cut.is_set() and output.truncated == {"stdout": True, "stderr": False}
    assert (output.of("stdout"), output.of("stderr")) == (b"1234567890", b"x")


async def test_what_is_over_it_is_read_and_thrown_away() -> None:
    output, says = Output(100), Says(("stdout", bytes(65536)), 2000)
    await output.drain(says)
    assert says.left < 0 and len(output.of("stdout")) == 100
