"""Values of the canonical tree to values of the model: one converter a kind of attribute.

A converter takes a value that is not None and its path, and returns the model's
value, or ``ABSENT`` for one that says nothing (the model leaves it out).
They raise ValidationError. Rules: compose-go's types and its decoder hooks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perry_ffi.compose import go_values
from perry_ffi.compose.fault import fault

Convert = Callable[[Any, str], Any]

ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "ABSENT"})()
EXTENSIONS = "#extensions"


def _wrong(path: str, expected: str) -> Exception:
    return fault(path, "has the wrong type", expected)


def _cast(value: Any, cast: Callable[[Any], Any], path: str) -> Any:
    try:
        return cast(value)
    except ValueError as error:
        raise fault(path, f"not {error}", str(error)) from None


def string(value: Any, path: str) -> Any:
    """Text; an integer is written out."""
    if type(value) is int:
        return str(value)
    if type(value) is not str:
        raise _wrong(path, "a string")
    return value


def text(value: Any, path: str) -> Any:
    """Text that is left out when empty."""
    return string(value, path) or ABSENT


def switch(value: Any, path: str) -> Any:
    """True or false, both kept."""
    if type(value) is str:
        value = _cast(value, go_values.to_bool, path)
    if type(value) is not bool:
        raise _wrong(path, "true or false")
    return value


def flag(value: Any, path: str) -> Any:
    """True, or left out."""
    return switch(value, path) or ABSENT


def count(value: Any, path: str) -> Any:
    """An integer, zero kept; a fraction is cut off."""
    if type(value) is str:
        value = _cast(value, go_values.to_int, path)
    if type(value) not in (int, float) or value in (float("inf"), float("-inf")) or value != value:
        raise _wrong(path, "an integer")
    return int(value)


def number(value: Any, path: str) -> Any:
    """An integer that is left out when zero."""
    return count(value, path) or ABSENT


def natural(bits: int) -> Convert:
    """An integer from 0 of so many bits, zero kept."""

    def convert(value: Any, path: str) -> Any:
        if type(value) not in (int, float) or not 0 <= value < 1 << bits:
            raise fault(path, "not a valid number", f"an integer from 0 to {(1 << bits) - 1}")
        return int(value)

    return convert


def present(convert: Convert) -> Convert:
    """``convert``, left out when it yields zero or nothing."""
    return lambda value, path: convert(value, path) or ABSENT


def single(value: Any, path: str) -> Any:
    """A single-precision number; an integral one prints as an integer. Left out when zero."""
    if type(value) is str:
        value = _cast(value, go_values.to_float, path)
    if type(value) not in (int, float):
        raise _wrong(path, "a number")
    value = _cast(value, go_values.single, path)
    return (int(value) if value == int(value) else value) or ABSENT


def size(value: Any, path: str) -> Any:
    """Bytes as text, left out when zero. A fraction of a byte counts for nothing, as in docker compose."""
    if type(value) is str:
        value = _cast(value, go_values.size, path)
    return str(value) if type(value) is int and value else ABSENT


def duration(value: Any, path: str) -> Any:
    """A duration in Go's spelling, zero kept."""
    return go_values.format_duration(_cast(go_values.sprint(value), go_values.duration, path))


def delay(value: Any, path: str) -> Any:
    """A duration that is left out when zero."""
    written = duration(value, path)
    return ABSENT if written == "0s" else written


def texts(value: Any, path: str) -> Any:
    """A list of texts, left out when empty; nothing reads as empty text."""
    if type(value) is not list:
        raise _wrong(path, "a list")
    return ["" if entry is None else string(entry, f"{path}[{index}]") for index, entry in enumerate(value)] or ABSENT


def text_or_texts(value: Any, path: str) -> Any:
    """A list of texts, or one text that stands for a list."""
    return texts([value] if type(value) is str else value, path)


def scalars(value: Any, path: str) -> Any:
    """A list whose numbers are written out."""
    if type(value) is not list:
        raise _wrong(path, "a list")
    return [go_values.sprint(entry) for entry in value] or ABSENT


def pairs(value: Any, path: str) -> Any:
    """Key to text, sorted; a key without a value has the empty one."""
    return _sorted({key: item or "" for key, item in variables(value, path, False).items()})


def assignments(value: Any, path: str) -> Any:
    """Key to text or None (no value given), sorted. A name in a list may not end in a blank."""
    return _sorted(variables(value, path, True))


def variables(value: Any, path: str, strict: bool) -> dict[str, str | None]:
    """The mapping that a mapping or a list of ``KEY=value`` stands for."""
    if type(value) is dict:
        return {key: None if item is None else go_values.sprint(item) for key, item in value.items()}
    if type(value) is not list:
        raise _wrong(path, "a mapping or a list of KEY=value")
    found: dict[str, str | None] = {}
    for index, entry in enumerate(value):
        key, equals, item = go_values.sprint(entry).partition("=")
        if strict and key[-1:].isspace():
            raise fault(f"{path}[{index}]", "the name of the variable ends in a blank", "KEY=value")
        found[key] = item if equals else None
    return found


def _sorted(mapping: dict[str, Any]) -> Any:
    return {key: mapping[key] for key in sorted(mapping)} or ABSENT


def options(value: Any, path: str) -> Any:
    """Driver options: key to text, sorted."""
    if type(value) is not dict:
        raise _wrong(path, "a mapping")
    return _sorted({key: "" if item is None else go_values.sprint(item) for key, item in value.items()})


def strict_options(value: Any, path: str) -> Any:
    """Options that take text or integers only."""
    if type(value) is not dict:
        raise _wrong(path, "a mapping")
    return _sorted({key: "" if item is None else string(item, f"{path}.{key}") for key, item in value.items()})


def multi_options(value: Any, path: str) -> Any:
    """Options that may repeat: key to a list of texts, sorted."""
    if type(value) is not dict:
        raise _wrong(path, "a mapping")
    rows = {}
    for key, item in value.items():
        entries = [go_values.sprint(entry) for entry in (item if type(item) is list else [item])]
        if entries:
            rows[key] = entries
    return _sorted(rows)


def command(value: Any, path: str) -> Any:
    """The arguments of a command; text is split as a shell would. An empty list clears the image's command."""
    if type(value) is str:
        from perry_ffi.compose.shellwords import split_words

        return _cast(value, split_words, path)
    if type(value) is not list:
        return None
    for index, entry in enumerate(value):
        if type(entry) is not str:
            raise _wrong(f"{path}[{index}]", "a string")
    return list(value)


def health_test(value: Any, path: str) -> Any:
    """The test of a health check: a text runs in a shell."""
    return ["CMD-SHELL", value] if type(value) is str else texts(value, path)


def hosts(value: Any, path: str) -> Any:
    """``host=address`` lines, sorted. Brackets of IPv6 addresses go; several addresses give several lines."""
    found: dict[str, list[str]] = {}
    if type(value) is dict:
        for host, addresses in value.items():
            rows = addresses if type(addresses) is list else [addresses or ""]
            found[host] = [go_values.sprint(row) for row in rows]
    elif type(value) is list:
        for index, entry in enumerate(value):
            line = go_values.sprint(entry)
            host, separator, addresses = line.partition("=" if "=" in line else ":")
            if not separator:
                raise fault(f"{path}[{index}]", f"{line!r} has no address", "host=address")
            found.setdefault(host, []).extend(addresses.split(","))
    else:
        raise _wrong(path, "a mapping or a list of host=address")
    for host in found:
        if not host or ":" in host or "=" in host:
            raise fault(path, f"{host!r} is not a host name", "host=address")
    return sorted(f"{host}={_bare(address)}" for host, rows in found.items() for address in rows) or ABSENT


def _bare(address: str) -> str:
    return address[1:-1] if len(address) > 2 and address[0] == "[" and address[-1] == "]" else address


def ulimit(value: Any, path: str) -> Any:
    """One limit for both, or soft and hard; zeros are left out."""
    if type(value) is int:
        return value if value else {}
    if type(value) is not dict:
        raise _wrong(path, "an integer, or soft and hard")
    limits = {}
    for name in ("soft", "hard"):
        if name in value:
            if type(value[name]) is not int:
                raise _wrong(f"{path}.{name}", "an integer")
            if value[name]:
                limits[name] = value[name]
    return limits


def file_mode(value: Any, path: str) -> Any:
    """Permission bits in octal with a leading zero; text is read as octal."""
    if type(value) is str:
        value = _cast(value, _octal, path)
    if type(value) is not int:
        raise _wrong(path, "an octal mode such as 0440")
    return f"0{value:o}"


def _octal(text_: str) -> int:
    if not text_.lstrip("+-") or any(digit not in "01234567" for digit in text_.lstrip("+-")):
        raise ValueError("an octal mode such as 0440")
    return int(text_, 8)


def device_count(value: Any, path: str) -> Any:
    """A number of devices; ``all`` is -1. Left out when zero."""
    if type(value) is str and value.lower() == "all":
        return -1
    return number(value, path)


def ssh_keys(value: Any, path: str) -> Any:
    """SSH agents and keys: ``id``, or ``id=path``."""
    if type(value) is not dict:
        raise _wrong(path, "a mapping or a list of keys")
    return [key if target in (None, "") else f"{key}={go_values.sprint(target)}" for key, target in value.items()] or ABSENT


def listed(convert: Convert) -> Convert:
    """A list of values, left out when empty; None entries are dropped to their zero value."""

    def rule(value: Any, path: str) -> Any:
        if type(value) is not list:
            raise _wrong(path, "a list")
        return [convert({} if entry is None else entry, f"{path}[{index}]") for index, entry in enumerate(value)] or ABSENT

    return rule


def named(convert: Convert, nullable: bool = False) -> Convert:
    """A mapping of names to values, sorted and left out when empty; None stays None where ``nullable``."""

    def rule(value: Any, path: str) -> Any:
        if type(value) is not dict:
            raise _wrong(path, "a mapping")
        rows: dict[str, Any] = {}
        for key in sorted(value):
            item = value[key]
            rows[key] = None if item is None and nullable else convert({} if item is None else item, f"{path}.{key}")
        return rows or ABSENT

    return rule


def record(fields: dict[str, Convert], always: dict[str, Any] | None = None) -> Convert:
    """A mapping with these members in this order; ``always`` gives members that are written even when absent.

    ``x-`` members go to ``EXTENSIONS``; other unknown members are dropped (the schema has refused them before).
    """
    zero = always or {}

    def rule(value: Any, path: str) -> Any:
        if type(value) is not dict:
            raise _wrong(path, "a mapping")
        row: dict[str, Any] = {}
        for key in fields if zero else filter(value.__contains__, fields):
            item = value.get(key)
            made = ABSENT if item is None else fields[key](item, f"{path}.{key}")
            if made is not ABSENT:
                row[key] = made
            elif key in zero:
                made = zero[key]
                row[key] = made.copy() if type(made) is dict else made
        if not fields.keys() >= value.keys():
            for key in value:
                if key.startswith("x-"):
                    row.setdefault(EXTENSIONS, {})[key] = value[key]
        return row

    return rule


def renamed(convert: Convert, names: dict[str, str]) -> Convert:
    """``convert``, with members of its result renamed for output."""

    def rule(value: Any, path: str) -> Any:
        return {names.get(key, key): item for key, item in convert(value, path).items()}

    return rule
