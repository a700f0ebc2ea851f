"""Lines that come in parts: no character is lost between two, and no time of the engine's stands inside one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.logs.chunk_text import ChunkText, joined
from perry_ffi.backends.engine_api.logs.frames import FrameDecoder
from perry_ffi.backends.engine_api.logs.line_parts import LineParts
from perry_ffi.model.container_info import LogChunk
from perry_ffi.stack.logs import Lines
from perry_ffi.stack.observed import Replica
from tests.unit.backends.engine_api.logs.test_frames import CUTS, cut, frame

NAMES = {1: "stdout", 2: "stderr"}
SECONDS = "2030-01-02T03:04:{:02d}Z"
NANOSECONDS = "2030-01-02T03:04:05.{:09d}Z"
WRITES = st.lists(
    st.tuples(st.sampled_from([1, 2]), st.text(st.characters(codec="utf-8"), max_size=12), st.booleans()), max_size=10
)


def row() -> Replica:
    return Replica("i", "p-a-1", "a", 1, "running", created=0.0)


def chunks(data: bytes, sizes: list[int], *, same_time: bool) -> list[LogChunk]:
    """What is read of frames that arrive in these pieces."""
    decoder, text, found = FrameDecoder(doing="x", backend="podman"), ChunkText(LineParts(same_time=same_time)), []
    for data_piece in cut(data, sizes):
        pieces = decoder.feed(data_piece)
        for number, (name, piece) in enumerate(pieces):
            found += text.feed(name, piece, begins=number in decoder.begins, fresh=False)
    return joined([*found, *text.rest()])


def records(found: list[LogChunk]) -> dict[str, list[str]]:
    lines = {name: Lines(row(), name) for name in NAMES.values()}
    told = [record for chunk in found for record in lines[chunk.stream].cut(chunk.text, fresh=chunk.fresh, part=chunk.part)]
    told += [record for rest in lines.values() for record in rest.end()]
    return {name: [record["text"] for record in told if record["stream"] == name] for name in NAMES.values()}


def split_bytes(text: bytes, sizes: list[int]) -> list[bytes]:
    return [piece for piece in cut(text, sizes) if piece]


def stamped(writes: list[tuple[int, str, bool]], sizes: list[int], form: str, *, same_time: bool) -> bytes:
    """Frames as an engine has them: each line, in parts of these sizes, every part with a time before it."""
    data, clock = b"", 0
    for stream, text, whole in writes:
        clock += 1
        line = text.replace("\n", "").encode() + b"\n"
        for part in split_bytes(line, sizes if not whole else []):
            clock += not same_time
            data += frame(stream, form.format(clock % 60).encode() + b" " + part)
    return data


@pytest.mark.parametrize("same_time", [False, True])
@pytest.mark.parametrize("form", [SECONDS, NANOSECONDS])
@given(writes=WRITES, parts=CUTS, sizes=CUTS)
def test_lines_are_whole_however_they_were_written_and_arrive(
    form: str, same_time: bool, writes: list[tuple[int, str, bool]], parts: list[int], sizes: list[int]
) -> None:
    found = records(chunks(stamped(writes, parts, form, same_time=same_time), sizes, same_time=same_time))
    for number, name in NAMES.items():
        assert found[name] == [text.replace("\n", "") for stream, text, _ in writes if stream == number]


@given(sizes=CUTS)
def test_a_character_that_is_cut_between_two_writes(sizes: list[int]) -> None:
    data = frame(1, b"2030-01-02T03:04:05Z half\xc3") + frame(1, b"2030-01-02T03:04:07Z \xa9 done\n")
    found = chunks(data, sizes, same_time=False)
    assert "".join(chunk.text for chunk in found) == "2030-01-02T03:04:05Z halfé done\n"
    assert records(found)["stdout"] == ["halfé done"]


def test_docker_s_other_time_after_an_unfinished_line_is_another_line() -> None:
    one, two = NANOSECONDS.format(1).encode(), NANOSECONDS.format(2).encode()
    data = frame(1, one + b" cut \xc3") + frame(1, two + b" next\n")
    assert records(chunks(data, [], same_time=True))["stdout"] == ["cut \ufffd", "next"]


def test_what_a_program_writes_like_a_time_is_text() -> None:
    time = SECONDS.format(5).encode()
    data = frame(1, time + b" a") + frame(1, time + b" " + time + b" b\n")
    assert records(chunks(data, [], same_time=False))["stdout"] == [f"a{SECONDS.format(5)} b"]


def test_bytes_that_are_no_text_are_marked_and_nothing_else_is() -> None:
    time = SECONDS.format(5).encode()
    data = frame(1, time + b" a\xff") + frame(1, time + b" b\n")
    assert records(chunks(data, [], same_time=False))["stdout"] == ["a\ufffdb"]
