"""Protocol buffers: the few messages that a build needs, and any bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.build.buildkit import protobuf


def test_a_message_as_the_format_has_it() -> None:
    assert protobuf.encode({1: "id", 2: 300, 3: b"", 4: 0}) == b"\x0a\x02id\x10\xac\x02"
    found = protobuf.decode(b"\x0a\x02id\x10\xac\x02\x0a\x01x\x1d\0\0\0\0\x21\0\0\0\0\0\0\0\0")
    assert protobuf.text(found, 1) == "x" and protobuf.whole(found, 2) == 300
    assert protobuf.messages(found, 1) == [b"id", b"x"] and protobuf.text(found, 9) == "" and protobuf.whole(found, 1) == 0


@given(st.dictionaries(st.integers(1, 1000), st.integers(1, 2**64 - 1) | st.binary(min_size=1), max_size=5))
def test_what_is_written_is_read(fields: dict[int, int | bytes]) -> None:
    assert protobuf.decode(protobuf.encode(fields)) == {number: [value] for number, value in fields.items()}


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    try:
        protobuf.decode(data)
    except protobuf.Malformed:
        return
