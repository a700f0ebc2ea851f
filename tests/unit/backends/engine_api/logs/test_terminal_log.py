"""Logs of terminals: without frames on docker, in podman's own API with them. No time stands inside a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.logs import terminal_log
from perry_ffi.backends.engine_api.logs.chunk_text import ChunkText, joined
from perry_ffi.backends.engine_api.logs.frames import Place
from perry_ffi.backends.engine_api.logs.line_parts import LineParts
from perry_ffi.backends.engine_api.logs.terminal_log import PART, TerminalDecoder
from perry_ffi.model.container import LogOptions
from perry_ffi.model.container_info import LogChunk
from tests.engines.scripted import document
from tests.unit.backends.engine_api.logs.test_frames import CUTS, cut, frame
from tests.unit.backends.engine_api.logs.test_line_parts import records
from tests.unit.backends.engine_api.routes import STREAMED, backend_with, chunk

SMALL = 8
"""Docker's 16 KiB, small enough that any text has many parts."""
LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=30), max_size=6)


def time(number: int) -> bytes:
    return b"2030-01-02T03:04:05.%09dZ" % number


def written(lines: list[str], part: int, *, ends: bool = True) -> bytes:
    """As docker writes them: the same time before each part of a line."""
    data = b""
    for number, line in enumerate(lines):
        text = line.encode() + b"\r\n" * (ends or number + 1 < len(lines))
        data += b"".join(time(number) + b" " + text[at : at + part] for at in range(0, len(text), part))
    return data


def read(pieces: list[bytes], left_at: int | None = None) -> list[LogChunk]:
    """left_at: after how many pieces a second reading takes the first one's place."""
    decoder, text, found = TerminalDecoder(), ChunkText(LineParts(same_time=True)), []
    for piece in pieces if left_at is None else pieces[:left_at]:
        for index, (name, data) in enumerate(decoder.feed(piece)):
            found += text.feed(name, data, begins=index in decoder.begins, fresh=False)
    if left_at is not None:
        again = TerminalDecoder(Place(bytes=decoder.place.bytes))
        for piece in pieces:
            for index, (name, data) in enumerate(again.feed(piece)):
                found += text.feed(name, data, begins=index in again.begins, fresh=False)
    return joined([*found, *text.rest()])


@given(LINES, CUTS, st.booleans(), st.none() | st.integers(0, 12))
@example(["12345678" * 3], [], True, None)
@example(["2030-01-02T03:04:05"], [], True, 1)
@example(["ab", "c d"], [5, 30, 9], False, 2)
def test_the_lines_are_what_was_written(lines: list[str], sizes: list[int], ends: bool, left_at: int | None) -> None:
    """However it arrives, and wherever another reading goes on."""
    monkey = pytest.MonkeyPatch()
    monkey.setattr(terminal_log, "PART", SMALL)
    try:
        found = read(cut(written(lines, SMALL, ends=ends), sizes), left_at)
    finally:
        monkey.undo()
    wanted = [line + "\r" * (ends or number + 1 < len(lines)) for number, line in enumerate(lines)]
    if not ends and lines and not lines[-1]:
        wanted.pop()
    assert records(found)["stdout"] == wanted
    stamped = "".join(
        f"{time(number).decode()} {line}" + "\n" * (ends or number + 1 < len(lines)) for number, line in enumerate(wanted)
    )
    assert "".join(one.text for one in found) == stamped


def test_a_part_that_begins_like_a_time_and_is_none() -> None:
    for text in (
        "x" * PART + "2030-01-02T03:04:05.00000000 y",
        "x" * PART + "2030 ",
        "x" * PART,
        "x" * PART + time(1).decode() + " z",
    ):
        found = read([written([text], PART)])
        assert records(found)["stdout"] == [text + "\r"]


def test_a_line_without_a_time_is_text() -> None:
    assert "".join(one.text for one in read([b"no\nno time at all\n" + b"y" * 200])) == "no\nno time at all\n" + "y" * 200


IDENT = "e" * 64


@pytest.mark.anyio
@pytest.mark.parametrize("timestamps", [False, True])
async def test_podman_s_own_api_is_asked(tmp_path: Path, timestamps: bool) -> None:
    """A prompt that waits for its answer is written in two parts; in podman's compatible API nothing parts them."""
    begin = b"2030-01-02T03:04:05Z " if timestamps else b""
    log = frame(1, begin + b"half\xc3") + frame(1, begin + b"\xa9 done\r\n") + frame(1, begin + b"next\r\n")
    routes = {
        "GET /containers/c/json": document(
            {"Id": IDENT, "Config": {"Tty": True}, "State": {"Status": "exited", "StartedAt": "x"}}
        ),
        f"GET /v4.0.0/libpod/containers/{IDENT}/logs": STREAMED + chunk(log) + chunk(b""),
        "GET /v4.0.0/libpod/events": STREAMED + chunk(b""),
    }
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        for tail, lines in ((None, ["halfé done", "next"]), (1, ["next"]), (0, [])):
            found = await backend.container_logs("c", LogOptions(timestamps=timestamps, tail=tail))
            assert found.stdout == "".join(f"{begin.decode()}{line}\r\n" for line in lines)
