"""A project as JSON or YAML text that Compose reads back as the same project."""

from __future__ import annotations

import json
from typing import Any

from ..errors import ValidationError
from .casts import sprint
from .scalars import Timestamp, resolve_plain

_JSON_ESCAPES = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_PLAIN_START = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.$(+;^")
_PLAIN_REST = _PLAIN_START | frozenset("-=@%~*!?&|<>'\"\\)[]{},")
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
            lines.append(f"{pad}- {_leaf(item)}")


def _entry(head: str, item: Any, indent: int, lines: list[str]) -> None:
    if isinstance(item, (dict, list)) and item:
        lines.append(head)
        _block(item, indent, lines)
        return
    lines.append(f"{head} {_leaf(item)}")


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
    if type(text) is Timestamp:
        return text
    if _is_plain(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    """Whether the text reads back as itself without quotes."""
    if not text or text[0] not in _PLAIN_START or text.lower() in _WORDS or text == "<<":
        return False
    for index, char in enumerate(text):
        if char in " :" and index + 1 < len(text) and text[index + 1] not in " #" and text[index - 1] != ":":
            continue
        if char == "#" and text[index - 1] not in " ":
            continue
        if char not in _PLAIN_REST and not (char.isalnum() and char.isprintable()):
            return False
    return type(resolve_plain(text)) is str
