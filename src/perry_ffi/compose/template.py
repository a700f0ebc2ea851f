"""Variables inside one string: ``$V``, ``${V}`` and the operators ``:- - :? ? :+ +``, nested; ``$$`` is a dollar.

The rules are those of compose-go's template: the text of an operator is itself
a template and is evaluated whether or not it is used; it may not span lines;
a dollar that starts none of these forms stands for itself, but ``${`` that is
not closed properly is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_NESTING = 50
MAX_INSERTED = 32 * 1024 * 1024  # characters that one file's variables may add in all

_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*", re.ASCII)
_OPERATOR = re.compile(r":?[-+?]")


class TemplateError(Exception):
    """A template that cannot be substituted; the message quotes the template's own text only."""


class Substitution:
    """Substitutes templates from one mapping; notes names without a value, and values that it handed out."""

    __slots__ = ("_inserted", "missing", "used", "values")

    def __init__(
        self,
        values: Mapping[str, str],
        missing: dict[str, None] | None = None,
        used: dict[str, str] | None = None,
    ) -> None:
        self.values = values
        self.missing: dict[str, None] = {} if missing is None else missing
        self.used: dict[str, str] = {} if used is None else used
        self._inserted = 0

    def __call__(self, text: str) -> str:
        """``text`` with every variable replaced. Raises TemplateError."""
        return self._expand(text, 0) if "$" in text else text

    def _expand(self, text: str, depth: int) -> str:
        if depth > MAX_NESTING:
            raise TemplateError(f"variables are nested deeper than {MAX_NESTING} levels")
        parts: list[str] = []
        start = 0
        while True:
            dollar = text.find("$", start)
            if dollar < 0 or dollar + 1 == len(text):
                parts.append(text[start:])
                return "".join(parts)
            parts.append(text[start:dollar])
            value, start = self._variable(text, dollar, depth)
            parts.append(value)

    def _variable(self, text: str, dollar: int, depth: int) -> tuple[str, int]:
        """The value of the form that starts at ``dollar``, and where the text goes on."""
        follower = text[dollar + 1]
        if follower == "$":
            return "$", dollar + 2
        if follower == "{":
            return self._braced(text, dollar, depth)
        name = _NAME.match(text, dollar + 1)
        if name is None:
            return "$", dollar + 1
        return self._plain(name[0]), name.end()

    def _plain(self, name: str) -> str:
        value = self.values.get(name)
        if value is None:
            self.missing[name] = None
            return ""
        return self._insert(name, value)

    def _insert(self, name: str, value: str) -> str:
        self.used[name] = value
        self._inserted += len(value)
        if self._inserted > MAX_INSERTED:
            raise TemplateError(f"variables expand to more than {MAX_INSERTED // 1024 // 1024} MiB and are refused")
        return value

    def _braced(self, text: str, dollar: int, depth: int) -> tuple[str, int]:
        name = _NAME.match(text, dollar + 2)
        if name is None:
            raise _invalid(text, dollar)
        operator = _OPERATOR.match(text, name.end())
        if operator is None:
            if text[name.end() : name.end() + 1] != "}":
                raise _invalid(text, dollar)
            return self._plain(name[0]), name.end() + 1
        end = _closing_brace(text, dollar, operator.end())
        argument = text[operator.end() : end]
        return self._operate(name[0], operator[0], argument, depth), end + 1

    def _operate(self, name: str, operator: str, argument: str, depth: int) -> str:
        alternative = self._expand(argument, depth + 1)
        value = self.values.get(name)
        if value is not None:
            self._insert(name, value)
        usable = value is not None and (operator[0] != ":" or value != "")
        if operator[-1] == "-":
            return value or "" if usable else alternative
        if operator[-1] == "+":
            return alternative if usable else value or ""
        if not usable:
            raise TemplateError(f"required variable {name} is missing a value" + (f": {argument}" if argument else ""))
        return value or ""


def _closing_brace(text: str, dollar: int, start: int) -> int:
    """Index of the brace that ends the form: the balanced one, or the line's last where braces do not balance."""
    first = text.find("}", start)
    if first < 0 or "\n" in text[start:first]:
        raise _invalid(text, dollar)
    newline = text.find("\n", first)
    limit = len(text) if newline < 0 else newline
    depth, index = 0, dollar + 1
    while index < limit:
        char = text[index]
        if char == "}":
            depth -= 1
            if depth == 0:
                return index
        elif char == "{":
            depth += 1
            index += 1
        index += 1
    return text.rindex("}", start, limit)


def _invalid(text: str, dollar: int) -> TemplateError:
    return TemplateError(f"{text[dollar : dollar + 40]!r} is not a variable; write $$ for a dollar sign")


def variables(value: Any) -> dict[str, dict[str, Any]]:
    """Every variable that the strings of a tree name: required, default and presence value, by name.

    What stands inside a default counts too. A name met twice keeps the later description.
    """
    found: dict[str, dict[str, Any]] = {}
    _collect(value, found)
    return found


def _collect(value: Any, found: dict[str, dict[str, Any]]) -> None:
    if type(value) is dict:
        for item in value.values():
            _collect(item, found)
    elif type(value) is list:
        for item in value:
            _collect(item, found)
    elif isinstance(value, str) and "$" in value:
        _collect_text(value, found, 0)


def _collect_text(text: str, found: dict[str, dict[str, Any]], depth: int) -> None:
    start = text.find("$")
    while 0 <= start < len(text) - 1 and depth <= MAX_NESTING:
        if text[start + 1] == "$":
            start = text.find("$", start + 2)
            continue
        braced = text[start + 1] == "{"
        name = _NAME.match(text, start + (2 if braced else 1))
        if name is None:
            start = text.find("$", start + 1)
            continue
        end = name.end()
        row = {"name": name[0], "defaultvalue": "", "presencevalue": "", "required": False}
        operator = _OPERATOR.match(text, end) if braced else None
        if operator is not None:
            try:
                end = _closing_brace(text, start, operator.end())
            except TemplateError:
                return
            argument = text[operator.end() : end]
            row.update(_described(operator[0], argument))
            _collect_text(argument if operator[0][-1] != "?" else "", found, depth + 1)
        found[name[0]] = row
        start = text.find("$", end)


def _described(operator: str, argument: str) -> dict[str, Any]:
    if operator[-1] == "?":
        return {"required": True}
    return {"defaultvalue" if operator[-1] == "-" else "presencevalue": argument}
