"""Protocol buffers, as far as the few messages of a build session need them: fields by number, no schema.

A message is a mapping of field number to its values in order: whole numbers for varints, bytes for texts, bytes and
messages. Fixed-width fields are passed over (no message here has one). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Fields = Mapping[int, list["int | bytes"]]


class Malformed(ValueError):
    """The bytes are no message."""


def encode(fields: Mapping[int, int | bytes | str]) -> bytes:
    """A message with one value a field; an empty value is left out, as the format has it."""
    found = bytearray()
    for number, value in fields.items():
        if isinstance(value, int):
            if value:
                found += _varint(number << 3 | _VARINT) + _varint(value)
            continue
        data = value.encode() if isinstance(value, str) else value
        if data:
            found += _varint(number << 3 | _BYTES) + _varint(len(data)) + data
    return bytes(found)


def decode(data: bytes) -> Fields:
    """The fields of a message. Raises Malformed."""
    found: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _read_varint(data, at)
            found.setdefault(number, []).append(value)
        elif kind == _BYTES:
            length, at = _read_varint(data, at)
            found.setdefault(number, []).append(data[at : at + length])
            at += length
        elif kind in (_FIXED32, _FIXED64):
            at += 4 if kind == _FIXED32 else 8
        else:
            raise Malformed(f"a field of the unknown kind {kind}")
        if at > len(data):
            raise Malformed("the message is cut off")
    return found


def message(fields: Fields, number: int) -> bytes:
    """The last bytes of a field, which hold; empty where it is absent."""
    values = [value for value in fields.get(number, ()) if isinstance(value, bytes)]
    return values[-1] if values else b""


def messages(fields: Fields, number: int) -> list[bytes]:
    """All of a repeated field of texts, bytes or messages."""
    return [value for value in fields.get(number, ()) if isinstance(value, bytes)]


def text(fields: Fields, number: int) -> str:
    """The text of a field; empty where it is absent."""
    return message(fields, number).decode("utf-8", "replace")


def whole(fields: Fields, number: int) -> int:
    """The whole number of a field; 0 where it is absent."""
    values = [value for value in fields.get(number, ()) if isinstance(value, int)]
    return values[-1] if values else 0


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Malformed("the message is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise Malformed("a number that is too long")
