"""Plain YAML scalars to values, by the rules Compose reads with.

YAML 1.2's core schema with three customs kept from 1.1: ``0777`` is octal,
``1_000`` may have underscores, and a date is a timestamp (which no attribute
takes). ``yes``, ``no``, ``on`` and ``off`` are strings.
Source of the rules: go-yaml v3, the reader behind docker compose 2.40.
"""

from __future__ import annotations

import re
from typing import Any

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}

_NUMERIC_START = frozenset("0123456789+-.")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_PREFIXED = re.compile(r"([-+]?)0([xXbBoO]?)([0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_DATE = (
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?(Z|[-+]\d\d:\d\d))|(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?))?\Z"
)
_BASES = {"x": 16, "b": 2, "o": 8, "": 8}
_INT64 = range(-(2**63), 2**64)


class Timestamp(str):
    """A date that stood unquoted in the document, in RFC 3339. Only extensions may hold one."""

    __slots__ = ()


def resolve_plain(text: str) -> Any:
    """The value of an unquoted scalar: None, bool, int, float, Timestamp or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if text[0] == ".":
        return _float(text, text)
    if len(text) > 7 and text[4] == "-":
        stamp = _timestamp(text)
        if stamp is not None:
            return stamp
    return _number(text)


def _number(text: str) -> Any:
    plain = text.replace("_", "")
    if _DECIMAL.match(plain):
        value: Any = _integer(plain, 10)
        return _float(plain, text) if value is None else value
    prefixed = _PREFIXED.match(plain)
    if prefixed:
        sign, base, digits = prefixed.groups()
        value = _integer(sign + digits, _BASES[base.lower()])
        if value is not None:
            return value
    return _float(plain, text)


def _float(plain: str, text: str) -> Any:
    """The finite float that ``plain`` spells, or ``text`` unchanged where it spells none."""
    if not _FLOAT.match(plain):
        return text
    value = float(plain)
    return text if value in (float("inf"), float("-inf")) else value


def _integer(text: str, base: int) -> int | None:
    """The integer if it is one in this base and has 64 bits; None otherwise."""
    if len(text) > 66:
        return None
    try:
        value = int(text, base)
    except ValueError:
        return None
    return value if value in _INT64 else None


def _timestamp(text: str) -> Timestamp | None:
    found = re.match(_DATE, text)
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups()[:3])
    hour, minute, second, fraction, zone = found.groups()[3:8]
    if hour is None:
        hour, minute, second, fraction = found.groups()[8:]
    clock = [int(part or 0) for part in (hour, minute, second)]
    if not (1 <= month <= 12 and 1 <= day <= _days(year, month) and clock[0] < 24 and clock[1] < 60 and clock[2] < 60):
        return None
    fraction = (fraction or "").rstrip("0").rstrip(".")
    zone = "Z" if zone in (None, "Z", "+00:00") else zone
    return Timestamp(f"{year:04}-{month:02}-{day:02}T{clock[0]:02}:{clock[1]:02}:{clock[2]:02}{fraction}{zone}")


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
