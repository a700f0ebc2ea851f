"""The last line of a command's errors, which is nerdctl's where the command failed: told apart however it comes in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.nerdctl.execs import ExecOutput
from perry_ffi.backends.nerdctl.sayings import exec_code

pytestmark = pytest.mark.anyio
LAST = b'time="2026-11-20T10:00:00Z" level=fatal msg="exec failed with exit code 7"\n'
SAID = st.binary(max_size=12) | st.sampled_from(
    [b"", b"no end", b"a\n", b'time="', b'ti\ntime="x" level=info', LAST, b"x" + LAST]
)


class Pieces:
    """Pieces of errors, and how the program ended."""

    closed = False

    def __init__(self, pieces: Sequence[bytes], code: int) -> None:
        self._pieces, self._code = list(pieces), code
        self.program: Any = self

    async def next(self) -> Sequence[tuple[Literal["stderr"], bytes]] | None:
        return [("stderr", self._pieces.pop(0))] if self._pieces else None

    async def wait(self) -> int:
        return self._code


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(ends)]


@given(SAID, st.lists(st.integers(0, 200), max_size=6), st.booleans())
async def test_whatever_is_said(said: bytes, places: list[int], failed: bool) -> None:
    output = ExecOutput(Pieces(cut(said + (LAST if failed else b""), places), int(failed)), None)  # type: ignore[arg-type]
    text = ""
    while (chunks := await output.next()) is not None:
        text += "".join(chunk.text for chunk in chunks)
    assert text.encode("utf-8", "replace") == said.decode("utf-8", "replace").encode("utf-8", "replace")
    assert exec_code(output.kept.decode()) == (7 if failed else None)
