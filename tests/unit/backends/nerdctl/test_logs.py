"""Two streams of a log are put together by the times of their lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pytest

from perry_ffi.backends.nerdctl import logs
from perry_ffi.backends.nerdctl.log_entries import Between
from perry_ffi.backends.nerdctl.logs import LogLines
from perry_ffi.errors import Unsupported
from perry_ffi.model.container_info import LogChunk

pytestmark = pytest.mark.anyio
Pieces = Sequence[tuple[Literal["stdout", "stderr"], bytes]]


class Said:
    """Pieces of a program's output, and how it ended."""

    def __init__(self, pieces: Pieces, code: int = 0) -> None:
        self._pieces, self._code = list(pieces), code
        self.program: Any = self

    async def next(self) -> Pieces | None:
        return [self._pieces.pop(0)] if self._pieces else None

    async def wait(self) -> int:
        return self._code


class Owner:
    def log_failure(self, said: str, doing: str) -> Exception:
        return Unsupported(said)


async def chunks(pieces: Pieces, code: int = 0, **options: Any) -> list[LogChunk]:
    said: Any = Said(pieces, code)
    owner: Any = Owner()
    stream = LogLines(said, **{"timestamps": False, "following": False, **options}, doing="read", owner=owner)
    found: list[LogChunk] = []
    while (batch := await stream.next()) is not None:
        found += batch
    return found


async def told(pieces: Pieces, code: int = 0, **options: Any) -> list[tuple[str, str]]:
    return [(chunk.stream, chunk.text) for chunk in await chunks(pieces, code, **options)]


def at(fraction: str) -> str:
    return f"2026-11-20T10:00:01{fraction}Z "


async def test_trailing_zeros_are_not_written() -> None:
    out = f"{at('.5')}b\n{at('.52')}d\n".encode()
    err = f"{at('')}a\n{at('.51')}c\n{at('.520000001')}e".encode()
    assert "".join(text for _, text in await told([("stdout", out), ("stderr", err)])) == "a\nb\nc\nd\ne"
    assert (await told([("stdout", out)], timestamps=True))[0][1] == out.decode()


async def test_lines_come_in_pieces() -> None:
    line = f"{at('.1')}one two\n".encode()
    pieces: Pieces = [("stdout", line[index : index + 3]) for index in range(0, len(line), 3)]
    assert await told(pieces, following=True) == [("stdout", "one two\n")]


async def test_a_line_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "HELD", 100)
    pieces: Pieces = [("stdout", at(".1").encode()), *[("stdout", b"x" * 60)] * 5, ("stdout", b"\n")]
    assert "".join(text for _, text in await told(pieces, following=True)) == "x" * 300 + "\n"


async def test_why_there_is_no_log() -> None:
    fatal = b'time="2026-11-20T10:00:00Z" level=fatal msg="failed to load logging config"\n'
    with pytest.raises(Unsupported, match="logging config"):
        await told([("stderr", fatal)], 1)
    assert await told([("stderr", at(".1").encode() + fatal)]) == [("stderr", fatal.decode())]


SECOND = b"2026-11-20T10:00:01"


async def test_a_line_that_was_written_in_pieces_is_one() -> None:
    """nerdctl writes a time before each piece: after what was there before it, as a program's own times are not."""
    own, future = "2026-11-20T10:00:01.15Z ", "2999-01-01T00:00:00.5Z "
    out = f"{at('.1')}one {at('.2')}two {own}three {at('.2')}four {future}{at('')}five\n{at('.3')}six".encode()
    assert await told([("stdout", out)]) == [("stdout", f"one two {own}three four {future}{at('')}five\nsix")]
    found = await chunks([("stdout", out)], timestamps=True)
    assert [(chunk.fresh, chunk.part, chunk.text) for chunk in found] == [
        (True, None, f"{at('.1')}one "),
        (False, at(".2").rstrip(), f"two {own}three "),
        (False, at(".2").rstrip(), f"four {future}{at('')}five\n{at('.3')}six"),
    ]


async def test_pieces_of_a_line_that_is_told_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a time comes in two parts."""
    monkeypatch.setattr(logs, "HELD", 100)
    text = at(".1") + at(".1").join(["x" * 29] * 50) + "\n"
    pieces: Pieces = [("stdout", text[index : index + 7].encode()) for index in range(0, len(text), 7)]
    assert "".join(part for _, part in await told(pieces, following=True)) == "x" * 29 * 50 + "\n"
    first: Pieces = [("stderr", f"{at('.05')}before\n".encode()), *pieces]
    monkeypatch.setattr(logs.LogLines, "MAX_BATCH_BYTES", 10**6)
    assert "".join(part for _, part in await told(first)).index("before") == 0


async def test_the_latest_run_begins_a_line() -> None:
    line = f"{at('.1')}part{at('.3')}begin{at('.4')} more\n".encode()
    wanted = Between(started=(SECOND, b"200000000"))
    found = await chunks([("stdout", line)], timestamps=True, wanted=wanted)
    assert [(chunk.fresh, chunk.part, chunk.text) for chunk in found] == [
        (True, None, f"{at('.1')}part"), (True, None, f"{at('.3')}begin"), (False, at(".4").rstrip(), " more\n"),
    ]  # fmt: skip


async def test_times_are_asked_for_to_the_nanosecond() -> None:
    """nerdctl itself cuts off what is beyond the second."""
    lines = f"{at('.1')}a\n{at('.2')}b{at('.25')}c\n{at('.3')}d\n".encode()
    wanted = Between(since=(SECOND, b"200000001"), until=(SECOND, b"299999999"))
    assert await told([("stdout", lines)], wanted=wanted) == [("stdout", "c\n")]
    found = await chunks([("stdout", lines)], wanted=wanted, timestamps=True)
    assert [(chunk.fresh, chunk.part, chunk.text) for chunk in found] == [(True, None, f"{at('.25')}c\n")]
