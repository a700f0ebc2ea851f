"""The two streams in one connection, cut anywhere."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.logs.frames import FrameDecoder, Place, StampedDecoder, TextDecoder
from perry_ffi.errors import BackendError


def frame(stream: int, payload: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def decoder(start: Place = Place()) -> FrameDecoder:  # noqa: B008
    return FrameDecoder(doing="x", backend="docker", start=start)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [*pieces, data[at:]]


FRAMES = st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=30)), max_size=12)
CUTS = st.lists(st.integers(0, 20), max_size=20)


def joined(pieces: list[tuple[str, bytes]]) -> dict[str, bytes]:
    return {name: b"".join(data for which, data in pieces if which == name) for name in ("stdout", "stderr")}


@given(FRAMES, CUTS)
def test_cutting_changes_nothing(frames: list[tuple[int, bytes]], sizes: list[int]) -> None:
    reader, found = decoder(), []
    for piece in cut(b"".join(frame(*item) for item in frames), sizes):
        found += reader.feed(piece)
    reader.end()
    assert joined(found) == {
        "stdout": b"".join(data for stream, data in frames if stream == 1),
        "stderr": b"".join(data for stream, data in frames if stream == 2),
    }


@given(FRAMES, CUTS, st.integers(0, 400), CUTS)
def test_a_second_reading_goes_on_where_the_first_was_left(
    frames: list[tuple[int, bytes]], sizes: list[int], left_at: int, again: list[int]
) -> None:
    data = b"".join(frame(*item) for item in frames)
    first, found = decoder(), []
    for piece in cut(data[:left_at], sizes):
        found += first.feed(piece)
    second = decoder(first.place)
    for piece in cut(data, again):
        found += second.feed(piece)
    assert joined(found) == joined([("stdout" if stream == 1 else "stderr", text) for stream, text in frames])


PARTS = st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(0, 30), st.integers(0, 40), st.booleans()), max_size=12)
"""Stream, milliseconds since the part before, how much its time lags behind, whether it ends a line."""
START_NS = 1893456000 * 10**9


def written(parts: list[tuple[int, int, int, bool]]) -> list[tuple[int, int, bytes]]:
    """Stream, time and text of each frame as docker has them: all parts of a line have the time of its first."""
    clock, unfinished, found = START_NS + 10**9, dict[int, int](), []
    for number, (stream, pause, lag, ends) in enumerate(parts):
        clock += pause * 10**6
        stamp = unfinished.get(stream, clock - lag * 10**6)
        unfinished.pop(stream, None) if ends else unfinished.setdefault(stream, stamp)
        time = f"2030-01-01T00:00:{stamp // 10**9 - START_NS // 10**9:02d}.{stamp % 10**9:09d}Z"
        found.append((stream, stamp, f"{time} part {number}{chr(10) * ends}".encode()))
    return found


@given(PARTS, CUTS, st.integers(0, 600), st.booleans())
@example([(1, 0, 0, True)] * 6, [], 269, True)
@example([(2, 0, 0, False), (1, 90, 0, True), (1, 90, 0, True), (2, 0, 0, True)], [], 150, False)
def test_a_second_reading_by_time(parts: list[tuple[int, int, int, bool]], sizes: list[int], left_at: int, keep: bool) -> None:
    """The second answer begins with the time that was reached, as ``since`` has it. Times are not quite in order."""
    frames = written(parts)

    def stamped(start: Place) -> StampedDecoder:
        return StampedDecoder(doing="x", backend="docker", start=start, keep=keep)

    first, found = stamped(Place()), []
    for piece in cut(b"".join(frame(stream, text) for stream, _, text in frames)[:left_at], sizes):
        found += first.feed(piece)
    reached = first.place
    second = stamped(reached)
    found += second.feed(b"".join(frame(stream, text) for stream, stamp, text in frames if stamp >= reached.stamp))
    for number, name in ((1, "stdout"), (2, "stderr")):
        expected = b"".join(text if keep else text.split(b" ", 1)[1] for stream, _, text in frames if stream == number)
        assert joined(found).get(name, b"") == expected


@pytest.mark.parametrize("data", [b"\x03" + bytes(7), b"GET / HTTP", b"\x01\x01" + bytes(6)])
def test_what_is_no_frame(data: bytes) -> None:
    with pytest.raises(BackendError):
        decoder().feed(data)


@pytest.mark.parametrize("data", [frame(1, b"abc")[:-1], b"\x01\0\0"])
def test_an_end_inside_a_frame(data: bytes) -> None:
    reader = decoder()
    reader.feed(data)
    with pytest.raises(BackendError):
        reader.end()


def test_a_frame_of_four_gigabytes_needs_no_memory() -> None:
    reader = decoder()
    assert reader.feed(b"\x01\0\0\0\xff\xff\xff\xffabc") == [("stdout", b"abc")]


@pytest.mark.parametrize("text", [b"no time at all\n", b"x" * 100, b"yesterday line\n"])
def test_a_line_without_its_time(text: bytes) -> None:
    with pytest.raises(BackendError):
        reader = StampedDecoder(doing="x", backend="docker", keep=False)
        reader.feed(frame(1, text))
        reader.feed(frame(1, text))


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.lists(st.integers(0, 5), max_size=20))
def test_characters_that_are_cut(text: str, sizes: list[int]) -> None:
    reader = TextDecoder()
    found = "".join(reader.feed("stdout", piece) for piece in cut(text.encode(), sizes))
    assert found == text and reader.rest() == []


def test_bytes_that_are_no_text() -> None:
    reader = TextDecoder()
    assert reader.feed("stderr", b"a\xffb\xc3") == "a\ufffdb"
    assert reader.rest() == [("stderr", "\ufffd")]
