"""DER: one reading of bytes or none."""

from __future__ import annotations

import pytest

from perry_ffi.trust.der import DerError, oid, read
from tests.support.sigstore import writing as w


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_lengths(length: int) -> None:
    value = read(w.octets(b"x" * length))
    assert value.of(4) == b"x" * length
    with pytest.raises(DerError):
        value.of(2)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x04", b"\x04\x01", b"\x04\x00\x00", b"\x04\x80\x00\x00", b"\x04\x81\x01x", b"\x04\x82\x00\x80" + b"x" * 128, b"\x04\x84\xff\xff\xff\xff",
     b"\x04\x85\x00\x00\x00\x00\x01x", b"\x1f\x01\x00", b"\x04\xff", b"\x04\x81", b"\x3f\x81\x01\x00"],
)  # fmt: skip
def test_what_is_not_der(data: bytes) -> None:
    with pytest.raises(DerError):
        read(data)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 2**63, 2**159])
def test_numbers(number: int) -> None:
    assert read(w.number(number)).number() == number


@pytest.mark.parametrize("content", [b"", b"\0\1", b"\xff\xff"])
def test_numbers_are_as_short_as_can_be(content: bytes) -> None:
    with pytest.raises(DerError):
        read(w.value(2, content)).number()


def test_negative_numbers() -> None:
    assert read(b"\x02\x01\xff").number() == -1


@pytest.mark.parametrize("text", ["1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1", "1.3.101.112", "0.9.2342", "2.999.3"])
def test_object_identifiers(text: str) -> None:
    if text == "2.999.3":
        assert oid(read(bytes.fromhex("0603883703"))) == text
    else:
        assert oid(read(w.oid(text))) == text


@pytest.mark.parametrize("content", [b"", b"\x80\x01", b"\x2a\x86", b"\x2a\x80\x01"])
def test_what_is_no_object_identifier(content: bytes) -> None:
    with pytest.raises(DerError):
        oid(read(w.value(6, content)))


def test_children() -> None:
    value = read(w.sequence(w.number(1), w.octets(b"x"), w.sequence()))
    assert [each.tag for each in value.children()] == [2, 4, 0x30]
    with pytest.raises(DerError):
        value.children(0x31)
    with pytest.raises(DerError):
        read(w.octets(b"x")).children()
    with pytest.raises(DerError):
        read(w.value(0x30, b"\x02")).children()
