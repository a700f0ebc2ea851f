"""Text to numbers, booleans, sizes and durations, as Go's libraries read and print them.

Sources: strconv (Atoi, ParseInt, ParseFloat), docker/go-units RAMInBytes,
xhit/go-str2duration and time.Duration.String, as docker compose 2.40 uses them.
Every function raises ValueError with a sentence that says what was expected.
"""

from __future__ import annotations

import struct
from typing import Any

_FLOAT_LETTERS = frozenset("0123456789.eE+-_")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}
_BELOW_SECONDS = ((1_000_000, "ms"), (1_000, "\u00b5s"), (1, "ns"))
_MAX_INT64 = 2**63 - 1


def to_int(text: str) -> int:
    """A decimal integer of 64 bits."""
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 40:
        raise ValueError("an integer")
    value = int(text)
    if not -_MAX_INT64 - 1 <= value <= _MAX_INT64:
        raise ValueError("an integer of 64 bits")
    return value


def to_float(text: str) -> float:
    """A floating point number."""
    try:
        value = float(text if _FLOAT_LETTERS.issuperset(text) else "")
    except ValueError:
        raise ValueError("a number") from None
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number within range")
    return value


def to_float32(text: str) -> float:
    """A number rounded to single precision."""
    return single(to_float(text))


def to_bool(text: str) -> bool:
    """``true`` or ``false`` in any case, or YAML 1.1's y, yes, on, n, no, off."""
    lower = text.lower()
    if lower in ("true", "y", "yes", "on"):
        return True
    if lower in ("false", "n", "no", "off"):
        return False
    raise ValueError("true or false")


def single(value: float) -> float:
    """The shortest decimal that reads back as the same single-precision number."""
    try:
        packed = struct.pack("f", value)
    except (OverflowError, struct.error):
        raise ValueError("a number within range") from None
    exact: float = struct.unpack("f", packed)[0]
    if exact - exact != 0:  # Not a number, or infinite: a large one becomes so.
        raise ValueError("a number within range")
    for digits in range(1, 10):
        short = float(f"{exact:.{digits}g}")
        if struct.pack("f", short) == packed:
            return short
    return exact


def parse_bool(text: str) -> bool:
    """Go's strconv.ParseBool: 1, t, T, TRUE, true, True and their opposites."""
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    if text in ("0", "f", "F", "FALSE", "false", "False"):
        return False
    raise ValueError("true or false")


def size(text: str) -> int:
    """Bytes of a size such as ``64m``, ``1.5 GB``, ``2gib`` or ``1024`` (units of 1024)."""
    number = text
    while number and number[-1] in _LETTERS:
        number = number[:-1]
    suffix = text[len(number) :].lower()
    try:
        value = to_float(number.removesuffix(" "))
    except ValueError:
        raise ValueError("a size such as 64m or 1gb") from None
    if value < 0:
        raise ValueError("a size that is not negative")
    if suffix and suffix != "b":
        unit, rest = suffix[0], suffix[1:]
        if unit not in _UNITS or rest not in ("", "b", "ib"):
            raise ValueError("a size such as 64m or 1gb")
        value *= _UNITS[unit]
    return int(value) if value <= _MAX_INT64 else -_MAX_INT64 - 1


def duration(text: str) -> int:
    """Nanoseconds of a duration such as ``1m30s``, ``1.5h``, ``2d`` or ``0``."""
    negative = text[:1] == "-"
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    total, at = 0, 0
    while at < len(rest):
        whole, at = _digits_at(rest, at)
        fraction = ""
        if rest[at : at + 1] == ".":
            fraction, at = _digits_at(rest, at + 1)
        end = at
        while end < len(rest) and rest[end] not in "0123456789.":
            end += 1
        unit = _NANOSECONDS.get(rest[at:end])
        if unit is None or not (whole or fraction):
            raise ValueError("a duration such as 1m30s")
        total += int(whole or 0) * unit
        if fraction:
            total += int(int(fraction) * (unit / 10 ** len(fraction)))
        if total > _MAX_INT64:
            raise ValueError("a duration within range")
        at = end
    if not rest:
        raise ValueError("a duration such as 1m30s")
    return -total if negative else total


def _digits_at(text: str, at: int) -> tuple[str, int]:
    """The digits (18 at most) that stand at an index, and where they end."""
    end = at
    while end < len(text) and text[end] in "0123456789":
        end += 1
    if end - at > 18:
        raise ValueError("a duration within range")
    return text[at:end], end


def format_duration(nanoseconds: int) -> str:
    """As Go prints it: ``1h30m0s``, ``1.5s``, ``100ms``, ``0s``."""
    if nanoseconds < 0:
        return "-" + format_duration(-nanoseconds)
    if nanoseconds == 0:
        return "0s"
    if nanoseconds < 1_000_000_000:
        unit, name = next(row for row in _BELOW_SECONDS if nanoseconds >= row[0])
        return f"{_decimal(nanoseconds, unit)}{name}"
    minutes, below = divmod(nanoseconds, 60_000_000_000)
    seconds = f"{_decimal(below, 1_000_000_000)}s"
    if not minutes:
        return seconds
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{seconds}" if hours else f"{minutes}m{seconds}"


def _decimal(value: int, unit: int) -> str:
    whole, part = divmod(value, unit)
    if not part:
        return str(whole)
    digits = str(part).rjust(len(str(unit)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}"


def sprint(value: Any) -> str:
    """A scalar as Go's fmt.Sprint prints it: true, 12, 1.5, 1e+06, <nil>."""
    if value is True or value is False:
        return "true" if value else "false"
    if value is None:
        return "<nil>"
    if type(value) is float:
        return _sprint_float(value)
    return str(value)


def _sprint_float(value: float) -> str:
    special = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}.get(repr(value))
    if special:
        return special
    sign = "-" if repr(value).startswith("-") else ""
    digits, point = _digits(value)
    power = point - 1
    if value == 0:
        return sign + "0"
    if power < -4 or power >= 6:
        body = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        return f"{sign}{body}e{'-' if power < 0 else '+'}{abs(power):02}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
    return sign + whole + ("." + fraction if fraction else "")


def _digits(value: float) -> tuple[str, int]:
    """The shortest significant digits, and how many of them stand before the point."""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    if whole.strip("0"):
        point = len(whole)
    else:
        point = len(fraction.lstrip("0")) - len(fraction)
    digits = (whole + fraction).strip("0")
    return digits or "0", point + int(exponent or 0)
