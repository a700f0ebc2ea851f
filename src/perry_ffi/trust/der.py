"""Reading of DER (X.690 10): lengths are definite and as short as can be, and nothing follows a value."""

from __future__ import annotations

from dataclasses import dataclass

SEQUENCE, SET, INTEGER, OCTETS, OID, TIME = 0x30, 0x31, 0x02, 0x04, 0x06, 0x18
_CONSTRUCTED = 0x20


class DerError(ValueError):
    """These bytes are not DER, or not of the type that has to stand here."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag's octet, what it holds, and all of it."""

    tag: int
    content: bytes
    whole: bytes

    def children(self, tag: int | None = None) -> list[Value]:
        """The values that a constructed one holds; with ``tag`` it has to be of that one itself."""
        if not self.tag & _CONSTRUCTED or (tag is not None and self.tag != tag):
            raise DerError("another type")
        found = []
        rest = self.content
        while rest:
            value = _first(rest)
            found.append(value)
            rest = rest[len(value.whole) :]
        return found

    def of(self, tag: int) -> bytes:
        """The content of a value that has to be of this tag."""
        if self.tag != tag:
            raise DerError("another type")
        return self.content

    def number(self) -> int:
        content = self.of(INTEGER)
        if not content or (len(content) > 1 and content[0] in (0, 255) and (content[0] ^ content[1]) < 128):
            raise DerError("a number that is longer than need be")
        return int.from_bytes(content, "big", signed=True)


def read(data: bytes) -> Value:
    """The one value that ``data`` is. Raises DerError."""
    value = _first(data)
    if len(value.whole) != len(data):
        raise DerError("bytes after the value")
    return value


def _first(data: bytes) -> Value:
    if len(data) < 2 or data[0] & 31 == 31:
        raise DerError("no value")
    length, at = data[1], 2
    if length >= 128:
        count = length - 128
        octets = data[2 : 2 + count]
        if not 1 <= count <= 4 or len(octets) != count or octets[0] == 0:
            raise DerError("a length that is not DER")
        length, at = int.from_bytes(octets, "big"), 2 + count
        if length < 128:
            raise DerError("a length that is longer than need be")
    if len(data) - at < length:
        raise DerError("a value that is cut off")
    return Value(data[0], data[at : at + length], data[: at + length])


def oid(value: Value) -> str:
    """An object identifier in dots."""
    content = value.of(OID)
    if not content or content[-1] & 128:
        raise DerError("no object identifier")
    parts, number = [], 0
    for octet in content:
        if number == 0 and octet == 128:
            raise DerError("no object identifier")
        number = number << 7 | octet & 127
        if not octet & 128:
            parts.append(number)
            number = 0
    first = min(parts[0] // 40, 2)
    return ".".join(map(str, (first, parts[0] - 40 * first, *parts[1:])))
