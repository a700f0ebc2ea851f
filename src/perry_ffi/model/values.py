"""Parsers of single values: text in, plain value out, ValidationError for anything else.

Each parser takes what JSON or YAML can hold and also its own result, so that a value may pass
twice. An error carries ``expected``, ``path`` (relative to the value: ``""``, ``[2]``, ``.name``)
and ``found`` only where the value cannot be a secret.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from perry_ffi.errors import ValidationError

R = TypeVar("R")

_SHOWN = 60
_NAME = r"[a-zA-Z0-9][a-zA-Z0-9_.-]+\Z"
_KEY = r"[a-zA-Z0-9][a-zA-Z0-9_.-]*\Z"
_SIZE = r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+) ?([a-z]*)\Z"
_SIZE_UNITS = {"": 1, "b": 1, **{f"{p}{s}": 1024**n for n, p in enumerate("kmgtp", 1) for s in ("", "b", "ib")}}
_DURATION_PART = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)"
_DURATION_UNITS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6,
    "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
_BOUND = 2**63


def bad(expected: str, value: Any = None, at: str = "") -> NoReturn:
    """Raises the ValidationError of a value; ``value`` is shown, so pass it only if it cannot be a secret."""
    found = None
    if value is not None:
        found = _shown(value)
    message = f"{at or 'value'}: expected {expected}" + (f", found {found}" if found else "")
    raise ValidationError(message, path=at, expected=expected, found=found)


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"something of {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def is_number(value: Any) -> bool:
    """Whether ``value`` is a finite number of a sane magnitude, and not true or false."""
    if isinstance(value, int):
        return not isinstance(value, bool) and -_BOUND <= value < _BOUND
    return isinstance(value, float) and math.isfinite(value)


def within(step: str, parser: Callable[[Any], R], value: Any) -> R:
    """``parser(value)``, with ``step`` (``[2]``, ``.name``) put before the path of its error."""
    try:
        return parser(value)
    except ValidationError as error:
        details = error.details
        at = step + details.get("path", "")
        found = details.get("found")
        message = f"{at}: expected {details['expected']}" + (f", found {found}" if found else "")
        raise ValidationError(message, path=at, expected=details["expected"], found=found) from None


def clean(value: Any, expected: str = "text") -> str:
    """Text without NUL and lone surrogates."""
    if not isinstance(value, str):
        bad(expected)
    if "\0" in value:
        bad("text without NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        bad("whole Unicode text, without lone surrogates")
    return value


def word(value: Any, expected: str = "text that is not empty") -> str:
    """Text that is not empty."""
    text = clean(value, expected)
    if not text:
        bad(expected)
    return text


def name(value: Any) -> str:
    """The name of a container, network or volume: never a path, a query or an option of an engine."""
    if not isinstance(value, str) or not re.match(_NAME, value):
        bad("a name of letters, digits and _.- that begins with a letter or digit, 2 or more", value)
    return value


def key(value: Any) -> str:
    """The key of a volume in a document."""
    if not isinstance(value, str) or not re.match(_KEY, value):
        bad("a name of letters, digits and _.- that begins with a letter or digit", value)
    return value


def network_name(value: Any) -> str:
    """The name of a network: docker takes any text. ``container:`` before it would be another container's network."""
    text = clean(value, "the name of a network")
    if not text.strip() or not text.isprintable() or text.startswith("container:"):
        bad("the name of a network", value)
    return text


def plain_network_name(value: Any) -> str:
    """The name of a network as podman has it."""
    if not isinstance(value, str) or not is_plain_network_name(value):
        bad("a name of letters, digits and _.- that begins with a letter or digit", value)
    return value


def is_plain_network_name(name: str) -> bool:
    """Whether podman, too, can call a network ``name``."""
    return bool(re.match(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*\Z", name))


def list_of(parser: Callable[[Any], Any], expected: str = "a list") -> Callable[[Any], list[Any]]:
    """The parser of a list of what ``parser`` reads."""

    def read(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            bad(expected)
        return [within(f"[{index}]", parser, item) for index, item in enumerate(value)]

    return read


words = list_of(clean, "a list of texts")
"""Arguments of a command: any text but NUL, empty text included."""

names = list_of(word, "a list of texts")


def command(value: Any) -> list[str]:
    """A command: a list of arguments. One text is refused, because splitting it is a shell's work."""
    if isinstance(value, str):
        bad("a list of arguments")
    return words(value)


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        bad("true or false", value)
    return value


def integer(low: int, high: int = _BOUND - 1) -> Callable[[Any], int]:
    """The parser of a whole number within bounds; digits as text are taken too."""

    def read(value: Any) -> int:
        number = value
        if isinstance(value, str) and re.match(r"-?[0-9]{1,19}\Z", value):
            number = int(value)
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
            bad(
                f"a whole number from {low} to {high}" if high < _BOUND - 1 else f"a whole number of at least {low}",
                value,
            )
        return number

    return read


def or_unlimited(value: Any) -> int:
    """A whole number, or -1, as every negative one, for no limit."""
    return max(-1, integer(-(2**63))(value))


def cpus(value: Any) -> float:
    """A share of processors: ``0.5``, ``"1.5"``; engines count in billionths."""
    from decimal import Decimal, InvalidOperation  # numbers that few files have

    try:
        number = Decimal(str(value)) if is_number(value) or isinstance(value, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or not 0 < number < 100_000:
        bad("a number of processors such as 0.5", value)
    return float(number)


def size(value: Any) -> int:
    """Bytes: a whole number, or text such as ``64m``, ``1.5g``, ``512kb`` (powers of 1024, any case)."""
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    elif isinstance(value, str) and len(value) < 40 and (match := re.match(_SIZE, value.strip().lower())):
        from fractions import Fraction

        unit = _SIZE_UNITS.get(match[2])
        number = -1 if unit is None else int(Fraction(match[1]) * unit)
    else:
        number = -1
    if not 0 <= number < _BOUND:
        bad("a size such as 64m or a number of bytes", value)
    return number


def duration(value: Any) -> int:
    """Nanoseconds: text such as ``1m30s`` or ``1.5h``, or a number of seconds."""
    if is_number(value):
        from fractions import Fraction

        number = int(Fraction(value) * 10**9)
    else:
        number = _duration_text(value)
    if not 0 <= number < _BOUND:
        bad("a duration such as 1m30s or a number of seconds", value)
    return number


def _duration_text(value: Any) -> int:
    if not isinstance(value, str) or not 0 < len(value) < 80:
        return -1
    from fractions import Fraction

    if re.match(r"[0-9]{1,12}(\.[0-9]{1,9})?\Z", value):
        return int(Fraction(value) * 10**9)
    total, at = Fraction(0), 0
    while at < len(value):
        match = re.match(_DURATION_PART, value[at:])
        if not match:
            return -1
        total += Fraction(match[1].rstrip(".")) * _DURATION_UNITS[match[2]]
        at += match.end()
    return int(total)


def grace(value: Any) -> int:
    """Whole seconds of a duration, rounded up: engines count stop timeouts in seconds. -1, for ever, if it is negative."""
    if isinstance(value, str) and value.startswith("-"):
        return -1 if duration(value[1:]) >= 10**9 else 0
    if is_number(value) and value < 0:
        return -1 if value <= -1 else 0
    return -(-duration(value) // 10**9)


def members(value: Any, readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """An object of known members, each read by its reader; a null member is an absent one."""
    if not isinstance(value, Mapping):
        bad("an object")
    for key in value:
        if key not in readers:
            bad("one of " + ", ".join(readers), key)
    return {key: within(f".{key}", readers[key], item) for key, item in value.items() if item is not None}


# -- maps ---------------------------------------------------------------------------------------


def scalar(value: Any) -> str:
    """The text of a value in a map: text, a number or true/false as JSON spells it. Never shown in errors."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and is_number(value):
        return str(value)
    if is_number(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    return clean(value, "text, a number or true/false")


def _pairs(value: Any, key: Callable[[Any], str], bare: str | None, expected: str) -> dict[str, str]:
    """A mapping, or a list of ``NAME=value``; ``bare`` is the value of a list item without ``=``."""
    if isinstance(value, Mapping):
        return {within(".(name)", key, k): within(f".{k}", scalar, v) for k, v in value.items()}
    if not isinstance(value, list | tuple):
        bad(expected)
    found: dict[str, str] = {}
    for index, item in enumerate(value):
        left, sign, right = within(f"[{index}]", clean, item).partition("=")
        if not sign and bare is None:
            bad("NAME=value", at=f"[{index}]")
        found[within(f"[{index}]", key, left)] = right if sign else (bare or "")
    return found


def _variable(value: Any) -> str:
    return word(value, "the name of a variable")


def env(value: Any) -> dict[str, str]:
    """Variables: a mapping, or a list of ``NAME=value``. Values are taken as they are and never shown.

    Every variable is one text to an engine: what follows a ``=`` in a name begins its value.
    """
    found = _pairs(value, clean, None, "an object of variables, or a list of NAME=value")
    texts = (f"{name}={text}".partition("=") for name, text in found.items())
    return {within(".(name)", _variable, name): text for name, _, text in texts}


def labels(value: Any) -> dict[str, str]:
    """Labels: a mapping, or a list of ``name=value`` or ``name``. A name may be any text, and empty."""
    return _pairs(value, clean, "", "an object of labels, or a list of name=value")


def is_plain_label(name: str) -> bool:
    """Whether a label's name stays what it is where labels are read as ``name=value``."""
    return name != "" and "=" not in name


def text_map(value: Any) -> dict[str, str]:
    """An object of texts, numbers and true/false (driver options, sysctls), or a list of ``name=value``."""
    return _pairs(value, word, None, "an object of texts, or a list of name=value")


def is_ip(text: str) -> bool:
    """Whether ``text`` is an IPv4 or IPv6 address (without a zone)."""
    import ipaddress

    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def is_zoned_ip(text: str) -> bool:
    """Whether ``text`` is an IPv4 or IPv6 address, the latter with a zone or without."""
    address, zone, name = text.partition("%")
    return is_ip(address) and (not zone or (bool(name) and ":" in address))


def ip(value: Any) -> str:
    """An IPv4 or IPv6 address."""
    if not isinstance(value, str) or not is_ip(value):
        bad("an IP address", value)
    return value


def absolute(value: Any) -> str:
    """An absolute path."""
    path = clean(value, "an absolute path")
    if not path.startswith("/"):
        bad("an absolute path", value)
    return path


def restart(value: Any) -> tuple[str, int]:
    """A restart policy as name and retries: ``no``, ``always``, ``unless-stopped``, ``on-failure[:retries]``.

    Retries that are no number are none, as Compose reads them.
    """
    if isinstance(value, tuple) and len(value) == 2:
        value = f"{value[0]}:{value[1]}" if value[1] else value[0]
    policy, _, rest = clean(value, "a restart policy").partition(":")
    written = rest.partition(":")[0]
    retries = int(written) if re.match(r"[+-]?[0-9]{1,18}\Z", written) else 0
    if policy not in ("no", "always", "unless-stopped", "on-failure") or retries < 0 or (retries and policy != "on-failure"):
        bad("no, always, unless-stopped or on-failure[:retries]", value)
    return policy, retries
