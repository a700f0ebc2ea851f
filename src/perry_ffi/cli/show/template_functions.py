"""The functions of templates: Go's own and those that docker adds."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def printed(value: Any) -> str:
    """A value as Go prints it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<no value>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{printed(item)}' for key, item in sorted(value.items()))}]"
    if isinstance(value, (list, tuple)):
        return f"[{' '.join(map(printed, value))}]"
    return str(value)


def as_json(value: Any) -> str:
    """Members that are functions are left out: they are no values."""
    import json

    plain = {name: item for name, item in value.items() if not callable(item)} if isinstance(value, dict) else value
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def _print(*values: Any) -> str:
    """Go puts blanks between operands of which neither is a text."""
    told = ""
    for index, value in enumerate(values):
        blank = index and not isinstance(value, str) and not isinstance(values[index - 1], str)
        told += (" " if blank else "") + printed(value)
    return told


def _println(*values: Any) -> str:
    return " ".join(map(printed, values)) + "\n"


def _printf(form: str, *values: Any) -> str:
    """Go's verbs that Python has, too, and ``%v``, ``%q``, ``%t``."""
    made, left, parts = "", list(values), form.split("%")
    made, index = parts[0], 1
    while index < len(parts):
        part = parts[index]
        if not part and index + 1 < len(parts):
            made, index = made + "%" + parts[index + 1], index + 2
            continue
        width = len(part) - len(part.lstrip("0123456789.+-# "))
        verb, rest = part[width : width + 1], part[width + 1 :]
        if verb not in tuple("vsqtdxXofge"):
            raise ValueError(f"%{part[: width + 1]} is not known")
        if not left:
            raise ValueError(f"%{part[: width + 1]} has no value")
        value = left.pop(0)
        if verb == "q":
            value, verb = as_json(printed(value)), "s"
        elif verb in "vst":
            value, verb = printed(value), "s"
        made += f"%{part[:width]}{verb}" % (value,) + rest
        index += 1
    return made


def _truncate(text: str, width: int) -> str:
    return text[:width]


def _pad(text: str, before: int, after: int) -> str:
    return " " * before + text + " " * after if text else text


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        value = value.get(key, "") if isinstance(value, dict) else value[key]
    return value


def _slice(value: Any, start: int = 0, end: int | None = None) -> Any:
    return value[start:end]


def _eq(first: Any, *others: Any) -> bool:
    return any(first == other for other in others)


def _and(*values: Any) -> Any:
    return next((value for value in values if not value), values[-1])


def _or(*values: Any) -> Any:
    return next((value for value in values if value), values[-1])


def _join(values: list[Any], between: str = "") -> str:
    return between.join(map(printed, values))


def _html(*values: Any) -> str:
    import html

    return html.escape(_print(*values)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def _js(*values: Any) -> str:
    told = _print(*values).replace("\\", "\\\\")
    return "".join(f"\\{one}" if one in "\"'" else f"\\u{ord(one):04X}" if one in "<>&=" or one < " " else one for one in told)


def _urlquery(*values: Any) -> str:
    from urllib.parse import quote_plus

    return quote_plus(_print(*values))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "json": as_json,
    "join": _join,
    "split": lambda text, between: text.split(between),
    "upper": lambda text: text.upper(),
    "lower": lambda text: text.lower(),
    "title": lambda text: " ".join(word[:1].upper() + word[1:] for word in text.split(" ")),
    "truncate": _truncate,
    "pad": _pad,
    "html": _html,
    "js": _js,
    "urlquery": _urlquery,
    "print": _print,
    "println": _println,
    "printf": _printf,
    "len": len,
    "index": _index,
    "slice": _slice,
    "not": lambda value: not value,
    "and": _and,
    "or": _or,
    "eq": _eq,
    "ne": lambda first, other: first != other,
    "lt": lambda first, other: first < other,
    "le": lambda first, other: first <= other,
    "gt": lambda first, other: first > other,
    "ge": lambda first, other: first >= other,
}
HEADS: Mapping[str, Callable[..., Any]] = {
    **FUNCTIONS,
    **dict.fromkeys(("json", "join", "split", "upper", "lower", "title", "truncate", "pad"), lambda first, *others: first),
}
"""The same for the line of heads: what changes a value leaves its head as it is."""
