"""Words of a command line that hold what somebody else wrote: no value becomes an option, another field, or another value.

An option and its value are one word (``--label=a=b``): a program takes what stands after the first ``=`` for the value,
whatever it begins with. A name that stands alone is one that a runtime may have given, and so begins with no ``-``. Nothing
goes through a shell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from perry_ffi.errors import NotFound, ValidationError, one_line

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@-]*\Z")
_SHOWN = 80
LONGEST = 128 * 1024 - 1
"""Bytes of one word: Linux starts no program with a longer one."""
_LONGEST_NAME = 4096


def shown(name: str) -> str:
    """A name in a message: bounded, on one line."""
    return one_line(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}...")


def named(name: str, kind: str, backend: str) -> str:
    """The name or id of what is there, as a word of its own. ``NotFound`` for one that nothing can have."""
    return _one_of(_NAME, name, kind, backend)


def image_named(reference: str, backend: str) -> str:
    """The same, of an image."""
    return _one_of(_IMAGE, reference, "image", backend)


def _one_of(pattern: re.Pattern[str], name: str, kind: str, backend: str) -> str:
    if len(name) > _LONGEST_NAME or pattern.match(name) is None:
        raise NotFound(f"no such {kind}: {shown(name)}", backend=backend, subject=name)
    return name


def new_name(name: str, kind: str, backend: str) -> str:
    """The name of what is to be made, as a word of its own; ``ValidationError`` for one that no runtime takes."""
    if len(name) > _LONGEST_NAME or _NAME.match(name) is None:
        raise ValidationError(
            f"{kind}: {shown(name)!r} is no name that {backend} takes", backend=backend, subject=name,
            expected="letters, digits and _.- that begin with a letter or digit",
        )  # fmt: skip
    return name


def option(flag: str, value: object, where: str = "") -> str:
    """``--flag=value``, one word. where: of the value, in errors; the flag."""
    return plain(f"--{flag}={value}", where or flag)


def options(flag: str, values: Iterable[object]) -> list[str]:
    """The same option for each value."""
    return [option(flag, value) for value in values]


def pairs(flag: str, entries: Mapping[str, str]) -> list[str]:
    """``--flag=key=value`` for each entry; ``ValidationError`` for a key that would end at its own ``=``, or is none."""
    for key in entries:
        if not key or "=" in key:
            raise ValidationError(f"{flag}: {shown(key)!r} is no name of one", path=flag, expected="a name without =")
    return [option(flag, f"{key}={value}", f"{flag} {shown(key)}") for key, value in entries.items()]


def plain(value: str, where: str) -> str:
    """``value`` itself; ``ValidationError`` for what no word of a command line can hold: a NUL, what is no UTF-8, too much."""
    if "\0" in value:
        raise ValidationError(f"{where}: a NUL cannot be passed on", path=where, expected="a text without NUL")
    size = len(encoded(value, where))
    if size > LONGEST:
        raise ValidationError(
            f"{where}: {size} bytes cannot be passed on in one word of a command line", path=where,
            expected=f"{LONGEST} bytes at most",
        )  # fmt: skip
    return value


def encoded(text: str, where: str) -> bytes:
    """``text`` in UTF-8; ``ValidationError`` for what has none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValidationError(
            f"{where}: a text that is no UTF-8 cannot be passed on",
            path=where,
            expected="whole Unicode text, without lone surrogates",
        ) from None


def without_colon(text: str, where: str) -> str:
    """``text`` as a field between colons; ``ValidationError`` for one that would be two."""
    if ":" in text:
        raise ValidationError(f"{where}: expected a path without :", path=where, expected="a path without :")
    return plain(text, where)


def record(fields: Iterable[str], where: str) -> str:
    """Fields in one word, as programs in Go take them apart (CSV): one that holds what parts fields is quoted.

    A carriage return is refused with ``ValidationError``: before a newline it would be dropped.
    """
    return ",".join(_quoted(plain(field, where), where) for field in fields)


def _quoted(field: str, where: str) -> str:
    if "\r" in field:
        raise ValidationError(f"{where}: a carriage return cannot be passed on", path=where, expected="a text without one")
    if field == "" or re.search(r'[,"\n]|\A\s', field):
        return '"' + field.replace('"', '""') + '"'
    return field


__all__ = [
    "LONGEST",
    "encoded",
    "image_named",
    "named",
    "new_name",
    "option",
    "options",
    "pairs",
    "plain",
    "record",
    "shown",
    "without_colon",
]
