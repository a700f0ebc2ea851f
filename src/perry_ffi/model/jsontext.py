"""JSON text in and out, with the limits that keep hostile text out. No model library is loaded by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from perry_ffi.errors import ValidationError
from perry_ffi.model.bounds import MAX_BYTES, MAX_NODES

_ABSENT = ("", "null", "undefined")
_MAX_MEMBER_SHOWN = 80
_INTEGER_BOUND = 2**63
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'


def load(text: bytes | str | None, what: str, free_text: frozenset[str] = frozenset()) -> Any:
    """The JSON value of ``text``; ``None`` where the host passed nothing (null, ``""``, ``null``, ``undefined``).

    ``what`` names the document in errors. ``free_text`` are top-level members that may hold NUL;
    no other text in the document may. Raises ValidationError for anything that is not JSON of
    finite numbers within 64 bits and of whole Unicode text, and for one that is larger than ``bounds`` have it: data in
    free text may be of any length.
    """
    decoded = _decoded(text, what)
    if decoded is None or decoded.strip() in _ABSENT:
        return None
    _refuse_large(decoded, what, data=bool(free_text))
    try:
        value = json.loads(decoded, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_finite)
    except RecursionError:
        refuse(what, "JSON that is nested less deeply")
    except json.JSONDecodeError as error:
        refuse(what, "JSON", f"{error.msg} at line {error.lineno}, column {error.colno}")
    except _Number as error:
        refuse(what, str(error))
    if "\\u" in decoded:
        _check_escaped_text(value, what, free_text)
    return value


def dump(value: Any) -> str:
    """Compact JSON of plain values and of models (by their public names, absent members left out).

    The result always encodes as UTF-8: text with lone surrogates is escaped.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False, default=_plain)
    return text


def join(path: str, member: str | int) -> str:
    """``path`` and one step more: ``.name``, ``["odd name"]`` or ``[3]``."""
    if isinstance(member, int):
        return f"{path}[{member}]"
    if len(member) <= _MAX_MEMBER_SHOWN and member.isascii() and member.isidentifier():
        return f"{path}.{member}"
    shown = member if len(member) <= _MAX_MEMBER_SHOWN else member[:_MAX_MEMBER_SHOWN] + "…"
    return f"{path}[{json.dumps(shown)}]"


def refuse(path: str, expected: str, found: str | None = None, **details: Any) -> NoReturn:
    """Raises the ValidationError of one place in a document."""
    tail = f": {found}" if found else ""
    raise ValidationError(f"{path}: expected {expected}{tail}", path=path, expected=expected, **details)


class _Number(ValueError):
    """A number that is not taken; its text is what was expected."""


def _decoded(text: bytes | str | None, what: str) -> str | None:
    if text is None:
        return None
    try:
        if isinstance(text, str):
            text.encode()
            return text
        return bytes(text).decode()
    except UnicodeError:
        refuse(what, "UTF-8 text")


def _refuse_large(text: str, what: str, *, data: bool) -> None:
    """Before it is read: an object takes many times the memory of its text."""
    if len(text) > MAX_BYTES and not data:
        refuse(what, f"JSON of at most {MAX_BYTES // 1024 // 1024} MiB")
    if _values(text) > MAX_NODES and _values(re.sub(_STRING, "", text)) > MAX_NODES:
        refuse(what, f"JSON of at most {MAX_NODES:,} values")


def _values(text: str) -> int:
    """How many values JSON has, or a few more: one after each comma, and the first of each list and object."""
    return 1 + text.count(",") + text.count("[") + text.count("{")


def _refuse_constant(name: str) -> NoReturn:
    raise _Number(f"finite numbers, not {name}")


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) <= 20 else _INTEGER_BOUND
    if not -_INTEGER_BOUND <= value < _INTEGER_BOUND:
        raise _Number("whole numbers within 64 bits")
    return value


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _Number("finite numbers")
    return value


def _check_escaped_text(document: Any, what: str, free_text: frozenset[str]) -> None:
    """Refuses NUL and lone surrogates, which only an escape can bring into JSON text."""
    pending: list[tuple[str, Any, bool]] = [(what, document, False)]
    while pending:
        path, value, free = pending.pop()
        if isinstance(value, str):
            _check_text(path, value, free)
        elif isinstance(value, Mapping):
            pending.extend(_members(path, value, free_text if path == what else frozenset()))
        elif isinstance(value, list):
            pending.extend((join(path, index), item, False) for index, item in enumerate(value))


def _members(path: str, value: Mapping[str, Any], free_text: frozenset[str]) -> Iterator[tuple[str, Any, bool]]:
    for name, item in value.items():
        _check_text(f"{path} (a member's name)", name, False)
        yield join(path, name), item, name in free_text


def _check_text(path: str, value: str, free: bool) -> None:
    if "\0" in value and not free:
        refuse(path, "text without NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        refuse(path, "whole Unicode text, without lone surrogates")


def _plain(value: Any) -> Any:
    dumped = getattr(value, "model_dump", None)
    if dumped is None:
        raise TypeError(f"{type(value).__name__} is not a JSON value")
    return dumped(by_alias=True, exclude_none=True)
