"""Writing of DER, as far as certificates' lists of promises and time stamps need it."""

from __future__ import annotations

from datetime import datetime


def value(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    if len(content) < 128:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 128 + len(length))) + length + content


def sequence(*contents: bytes) -> bytes:
    return value(0x30, *contents)


def collection(*contents: bytes) -> bytes:
    """A SET OF: sorted."""
    return value(0x31, *sorted(contents))


def octets(content: bytes) -> bytes:
    return value(4, content)


def number(content: int) -> bytes:
    return value(2, content.to_bytes(content.bit_length() // 8 + 1, "big", signed=True))


def oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    return value(6, *(_base128(each) for each in (40 * first + second, *rest)))


def _base128(content: int) -> bytes:
    octets = [content & 127]
    while content := content >> 7:
        octets.append(content & 127 | 128)
    return bytes(reversed(octets))


def time(moment: datetime) -> bytes:
    return value(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def text(content: str) -> bytes:
    return value(12, content.encode())


NULL = b"\x05\x00"
