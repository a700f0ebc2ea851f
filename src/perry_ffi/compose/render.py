"""A project as JSON or YAML text that Compose reads back as the same project."""

from __future__ import annotations

import json
from typing import Any

from perry_ffi.compose.go_values import sprint
from perry_ffi.compose.scalars import Timestamp, resolve_plain
from perry_ffi.errors import ValidationError

_JSON_ESCAPES = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_PLAIN_START = frozenset("_/.$(+;^<=~)")
_UNREADABLE = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0xFEFF, 0xFFFE, 0xFFFF)}  # refused by YAML
_WORDS = frozenset(("y", "yes", "on", "n", "no", "off", "true", "false", "null", "~"))


def to_json(value: Any, indent: int | None = 2) -> str:
    """JSON as Go writes it: numbers that are whole print as integers, and HTML's characters are escaped.

    Raises ValidationError for infinite numbers, which JSON does not know.
    """
    separators = (",", ": ") if indent else (",", ":")
    try:
        text = json.dumps(_json_value(value), indent=indent, ensure_ascii=False, separators=separators, allow_nan=False)
    except ValueError:
        raise ValidationError("JSON cannot write .inf or .nan, which an extension of the project holds") from None
    for char, escape in _JSON_ESCAPES.items():
        if char in text:
            text = text.replace(char, escape)
    if indent and not (text.isascii() and "\x7f" not in text):
        text = text.translate(_UNREADABLE)
    return text


def _json_value(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _json_value(item) for key, item in value.items()}
    if kind is list:
        return [_json_value(item) for item in value]
    if kind is float and value == value and abs(value) < 1e21 and value == int(value):
        return int(value)
    return value


def escape_dollars(text: str) -> str:
    """``text`` with every dollar doubled, so that reading it back substitutes nothing."""
    return text.replace("$", "$$")


def escaped(value: Any) -> Any:
    """``value`` with every dollar of its texts doubled, for whoever reads it with substitution. Keys are not substituted."""
    if isinstance(value, str):
        return escape_dollars(value) if "$" in value else value
    if isinstance(value, dict):
        return {key: escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [escaped(item) for item in value]
    return value


def to_yaml(value: Any) -> str:
    """Block-style YAML with an indent of two."""
    if not isinstance(value, (dict, list)) or not value:
        return _leaf(value) + "\n"
    lines: list[str] = []
    _block(value, 0, lines)
    return "\n".join(lines) + "\n"


def _block(value: Any, indent: int, lines: list[str]) -> None:
    """Write a mapping or list that is not empty; a list's items follow their dash on the same line."""
    pad = " " * indent
    if type(value) is dict:
        for key, item in value.items():
            _entry(f"{pad}{_scalar(key)}:", item, indent + 2, lines)
        return
    for item in value:
        first = len(lines)
        if isinstance(item, (dict, list)) and item:
            _block(item, indent + 2, lines)
            lines[first] = f"{pad}- {lines[first][indent + 2 :]}"
        else:
            _entry(f"{pad}-", item, indent + 2, lines)


def _entry(head: str, item: Any, indent: int, lines: list[str]) -> None:
    if isinstance(item, (dict, list)) and item:
        lines.append(head)
        _block(item, indent, lines)
    elif type(item) is str and _is_literal(item):
        chomp = "" if item.endswith("\n") else "-"
        lines.append(f"{head} |{chomp}")
        lines.extend(" " * indent + line if line else "" for line in item.removesuffix("\n").split("\n"))
    else:
        lines.append(f"{head} {_leaf(item)}")


def _is_literal(text: str) -> bool:
    """Whether several lines can stand as a block: no blanks that it would lose, nothing that needs an escape."""
    if "\n" not in text or text[0] in " \n" or text.endswith("\n\n"):
        return False
    return all(line == line.rstrip(" ") and line.isprintable() and "\ufeff" not in line for line in text.split("\n"))


def _leaf(value: Any) -> str:
    if type(value) is dict:
        return "{}"
    if type(value) is list:
        return "[]"
    if isinstance(value, str):
        return _scalar(value)
    if value is None:
        return "null"
    if type(value) is float:
        return {"NaN": ".nan", "+Inf": ".inf", "-Inf": "-.inf"}.get(sprint(value)) or sprint(value)
    return sprint(value)


def _scalar(text: str) -> str:
    """Text as it is where that reads back the same, else in quotes: double where a type or an escape is at stake."""
    if type(text) is Timestamp or _is_plain(text):
        return text
    if not text.isprintable() or type(resolve_plain(text)) is not str or text.lower() in _WORDS or not text:
        return _double_quoted(text)
    return "'" + text.replace("'", "''") + "'"


def _double_quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    if quoted.isprintable():
        return quoted
    return "".join(char if char.isprintable() else _escaped(char) for char in quoted)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_plain(text: str) -> bool:
    """Whether the text reads back as itself without quotes."""
    if not text or not (text[0] in _PLAIN_START or text[0].isalnum()) or text.lower() in _WORDS or text[-1] in " :":
        return False
    if ": " in text or " #" in text or not text.isprintable():
        return False
    return type(resolve_plain(text)) is str
