"""Building blocks of the schema: small checks that combine.

A check takes a value and raises ``Mismatch``; containers add their key on the
way out, so that nothing is spent on paths while a document is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Check = Callable[[Any], None]

_NAMES = {
    str: "a string",
    dict: "a mapping",
    list: "a list",
    int: "an integer",
    float: "a number",
    bool: "true or false",
}


class Mismatch(Exception):
    """A value that does not fit; ``keys`` is its place, innermost first."""

    def __init__(self, what: str, expected: str | None = None) -> None:
        self.what = what
        self.expected = expected
        self.keys: list[str | int] = []

    @property
    def path(self) -> str:
        """The place as errors print it: ``services.web.ports[0]``."""
        place = ""
        for key in reversed(self.keys):
            if type(key) is int:
                place += f"[{key}]"
            else:
                place += f".{key}" if place else str(key)
        return place


def _expected(kinds: Iterable[Any]) -> str:
    return " or ".join(dict.fromkeys("nothing" if kind is type(None) else _NAMES[kind] for kind in kinds))


def by_type(checks: dict[type, Check | None]) -> Check:
    """One check for each type of value; None accepts every value of the type, an absent type is refused."""
    wanted = _expected(checks)

    def check(value: Any) -> None:
        kind = type(value)
        if kind not in checks:
            if kind is float and int in checks and value.is_integer():
                kind = int
            elif kind is int and float in checks:
                kind = float
            else:
                raise Mismatch("has the wrong type", wanted)
        below = checks[kind]
        if below is not None:
            below(value)

    return check


def kinds(*types: Any) -> Check:
    """A scalar of one of these types (an integral float is an integer, an integer is a number)."""
    return by_type(dict.fromkeys(types))


def one_of(*words: str) -> Check:
    """One of these words."""
    allowed = frozenset(words)
    wanted = ", ".join(words)

    def check(value: Any) -> None:
        if type(value) is not str or value not in allowed:
            raise Mismatch("is not one of the allowed values", wanted)

    return check


def matching(pattern: str, expected: str) -> Check:
    """Text in which the pattern is found."""
    search = re.compile(pattern).search

    def check(value: Any) -> None:
        if type(value) is not str:
            raise Mismatch("has the wrong type", "a string")
        if search(value) is None:
            raise Mismatch("has a value that is not allowed", expected)

    return check


def within(low: float, high: float, expected: str) -> Check:
    """A number between bounds."""

    def check(value: Any) -> None:
        if not low <= value <= high:
            raise Mismatch("is out of range", expected)

    return check


def items(rule: Check, unique: bool = False) -> Check:
    """A list of values that fit ``rule``, all different where ``unique``."""

    def check(value: Any) -> None:
        if type(value) is not list:
            raise Mismatch("has the wrong type", "a list")
        checked = 0
        try:
            for item in value:
                rule(item)
                checked += 1
        except Mismatch as mismatch:
            mismatch.keys.append(checked)
            raise
        if unique and len(value) > 1:
            _refuse_repeats(value)

    return check


def _refuse_repeats(value: list[Any]) -> None:
    seen: set[Any] = set()
    for index, item in enumerate(value):
        key = _identity(item)
        if key in seen:
            mismatch = Mismatch("stands twice in the list", "each entry once")
            mismatch.keys.append(index)
            raise mismatch
        seen.add(key)


def _identity(value: Any) -> Any:
    """A hashable value that is equal for equal JSON values: 1 and 1.0 are the same, 1 and true are not."""
    if type(value) is bool:
        return ("bool", value)
    if type(value) is dict:
        return frozenset((key, _identity(item)) for key, item in value.items())
    if type(value) is list:
        return tuple(_identity(item) for item in value)
    return value


def mapping(
    attributes: dict[str, Check],
    *,
    required: tuple[str, ...] = (),
    extensions: bool = True,
    open_to_others: bool = False,
) -> Check:
    """A mapping with these attributes, and ``x-`` keys beside them where ``extensions``.

    ``open_to_others`` lets unknown keys pass; otherwise they are refused by name.
    """
    find = attributes.get

    def check(value: Any) -> None:
        if type(value) is not dict:
            raise Mismatch("has the wrong type", "a mapping")
        key = ""
        try:
            for key, item in value.items():
                rule = find(key)
                if rule is not None:
                    rule(item)
                elif not (open_to_others or (extensions and key.startswith("x-"))):
                    raise Mismatch("is not an attribute that Compose knows", _similar(key, attributes))
        except Mismatch as mismatch:
            mismatch.keys.append(key)
            raise
        for name in required:
            if name not in value:
                raise Mismatch(f"has no {name!r}", f"{name}, which is required")

    return check


def _similar(key: str, attributes: dict[str, Check]) -> str | None:
    import difflib

    close = difflib.get_close_matches(key, attributes, 1)
    return close[0] if close else None


def each(rule: Check, pattern: str | None = None, closed: bool = True) -> Check:
    """A mapping of user-chosen names to values that fit ``rule``.

    ``pattern`` is what a name must look like; names that do not are refused where ``closed``, else left unchecked.
    """
    fits = re.compile(pattern).search if pattern else None

    def check(value: Any) -> None:
        if type(value) is not dict:
            raise Mismatch("has the wrong type", "a mapping")
        key = ""
        try:
            for key, item in value.items():
                if fits is None or fits(key):
                    rule(item)
                elif closed:
                    raise Mismatch("is not an allowed name", f"a name like {pattern}")
        except Mismatch as mismatch:
            mismatch.keys.append(key)
            raise

    return check
