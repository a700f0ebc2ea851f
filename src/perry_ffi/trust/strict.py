"""Reading of what strangers wrote: JSON, base64, hex, numbers. Every deviation is refused; nothing is repaired.

A text that two readers take differently is how a signature comes to mean something else: so a member that stands twice in an
object, base64 with stray bits and numbers in other spellings are no evidence.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, NoReturn

MAX_TEXT = 1 << 20
"""Bytes of a document."""
_INTEGER = re.compile(r"0|[1-9][0-9]{0,18}")
_MAX_DEPTH = 32
_LAST_SECOND = 253402300799


class Malformed(ValueError):
    """What is wrong with a document, as a sentence's end: ``its log entry has no body``."""


def encoded(text: str, what: str) -> bytes:
    if not _is_text(text):
        raise Malformed(f"{what} has half a character")
    return text.encode()


def document(text: bytes, what: str, most: int = MAX_TEXT) -> dict[str, Any]:
    """The object that ``text`` is. Raises Malformed, also for a member that stands twice and for nesting without an end."""
    if len(text) > most:
        raise Malformed(f"{what} is larger than {most} bytes")
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number)
    except Malformed as error:
        raise Malformed(f"{what} {error}") from None
    except (ValueError, RecursionError):
        raise Malformed(f"{what} is not JSON") from None
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not an object")
    if b"\\u" in text and not _is_text(json.dumps(value, ensure_ascii=False)):
        raise Malformed(f"{what} has half a character")
    if not _shallow(value, _MAX_DEPTH):
        raise Malformed(f"{what} is nested too deeply")
    return value


def _is_text(value: str) -> bool:
    """Whether it can be encoded: an escape may name a half of a pair alone, which is no character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise Malformed("has a member that stands twice")
    return value


def _no_number(text: str) -> NoReturn:
    raise Malformed("has a number that is no integer")


def _shallow(value: Any, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth > 0 and all(_shallow(item, depth - 1) for item in inner)


def member(value: Any, name: str, kind: type | tuple[type, ...], what: str) -> Any:
    """The member of an object, of the kind that it has to be."""
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
        raise Malformed(f"{what} has no {name}" if found is None else f"{name} of {what} is of the wrong kind")
    return found


def objects(value: Any, name: str, what: str, most: int) -> list[dict[str, Any]]:
    """The objects of a list that may be absent."""
    found = value.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Malformed(f"{name} of {what} is of the wrong kind")
    if len(found) > most:
        raise Malformed(f"{what} has more than {most} {name}")
    return found


def base64_bytes(text: Any, what: str) -> bytes:
    """The bytes of canonical base64 (RFC 4648 4): one text for one value."""
    try:
        value = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        value = None
    if not value or base64.b64encode(value).decode() != text:
        raise Malformed(f"{what} is not base64")
    return value


def hex_bytes(text: Any, what: str) -> bytes:
    if not isinstance(text, str) or not re.fullmatch(r"(?:[0-9a-f]{2})+", text):
        raise Malformed(f"{what} is not hexadecimal")
    return bytes.fromhex(text)


def integer(value: Any, what: str) -> int:
    """A number from 0 to 2⁶³ - 1, also as the text that protobuf's JSON makes of it."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
        raise Malformed(f"{what} is not a number")
    return value


def moment(value: Any, what: str) -> int:
    """Seconds since 1970, up to the year 9999."""
    seconds = integer(value, what)
    if seconds > _LAST_SECOND:
        raise Malformed(f"{what} is no time")
    return seconds


_PEM = re.compile(r"\s*-----BEGIN ([A-Z0-9 ]+)-----\n([A-Za-z0-9+/=\n]+)-----END \1-----\s*")


def pem(text: Any, label: str, what: str) -> bytes:
    """The DER of the one PEM block that ``text`` is (RFC 7468 3)."""
    found = _PEM.fullmatch(text.replace("\r\n", "\n")) if isinstance(text, str) else None
    if found is None or found[1] != label:
        raise Malformed(f"{what} is not one {label} in PEM")
    return base64_bytes(found[2].replace("\n", ""), what)
