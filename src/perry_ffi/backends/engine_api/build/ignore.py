"""The rules of ``.dockerignore``: which files of a build context stay at home. Pure.

One pattern a line, matched against slash-separated paths relative to the context, the last one
that matches decides, ``!`` takes back. A pattern that matches a folder matches all below it.
``*`` and ``?`` stop at a slash, ``**`` does not (docs.docker.com, "Dockerignore files"; Go's
filepath.Match for the rest).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from perry_ffi.errors import ValidationError

MAX_FILE = 1024 * 1024


@dataclass(frozen=True)
class Pattern:
    """One line: a compiled pattern, and whether it takes back."""

    text: str
    regex: re.Pattern[str]
    negated: bool
    literal: tuple[str, ...]
    """The leading components that hold no wildcard."""


class Ignore:
    """The patterns of a context."""

    def __init__(self, patterns: Sequence[Pattern] = ()) -> None:
        self._patterns = tuple(patterns)
        self._negations = tuple(pattern for pattern in patterns if pattern.negated)

    @classmethod
    def parse(cls, text: str, *, file: str) -> Ignore:
        """Reads the lines of a ``.dockerignore``; ValidationError with file and line for one that cannot be meant."""
        patterns = []
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
            if line.startswith("#"):
                continue
            pattern = _pattern(line.strip(), file, number)
            if pattern is not None:
                patterns.append(pattern)
        return cls(patterns)

    def excludes(self, path: str) -> bool:
        """Whether ``path`` (relative, with slashes) stays at home."""
        parents = _with_parents(path)
        excluded = False
        for pattern in self._patterns:
            if pattern.negated == excluded and any(pattern.regex.match(item) for item in parents):
                excluded = not pattern.negated
        return excluded

    def excludes_all_below(self, folder: str) -> bool:
        """Whether nothing below the excluded ``folder`` can be taken back, so that it need not be walked."""
        parts = folder.split("/")
        return not any(_may_reach(pattern, parts) for pattern in self._negations)


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _may_reach(pattern: Pattern, folder: Sequence[str]) -> bool:
    """A literal beginning that leads elsewhere cannot match below ``folder``."""
    return all(left == right for left, right in zip(pattern.literal, folder, strict=False))


def _pattern(line: str, file: str, number: int) -> Pattern | None:
    negated = line.startswith("!")
    text = line[1:].strip() if negated else line
    if not text:
        if negated:
            raise _unreadable(file, number, "'!' needs a pattern after it")
        return None
    text = posixpath.normpath(text).lstrip("/")
    if text in ("", "."):
        return None
    try:
        regex = re.compile(_translate(text) + r"\Z", re.DOTALL)
    except (ValueError, re.error) as error:
        raise _unreadable(file, number, f"not a pattern: {error}") from None
    literal = []
    for part in text.split("/"):
        if any(char in part for char in "*?[\\"):
            break
        literal.append(part)
    return Pattern(text, regex, negated, tuple(literal))


def _unreadable(file: str, line: int, why: str) -> ValidationError:
    return ValidationError(f"{file}:{line}: {why}", file=file, line=line, expected="a pattern of a .dockerignore")


def _translate(text: str) -> str:
    out, at = [], 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*" and text[at : at + 1] == "*":
            at += 1
            if text[at : at + 1] == "/":
                out.append("(?:.*/)?")
                at += 1
            else:
                out.append(".*")
        elif char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "[":
            piece, at = _character_class(text, at)
            out.append(piece)
        elif char == "\\":
            if at == len(text):
                raise ValueError("a backslash at the end")
            out.append(re.escape(text[at]))
            at += 1
        else:
            out.append(re.escape(char))
    return "".join(out)


def _character_class(text: str, at: int) -> tuple[str, int]:
    """``[a-z]``, ``[^ab]``; ``text[at]`` follows the bracket."""
    negated = text[at : at + 1] == "^"
    at += negated
    out: list[str] = []
    while True:
        if at >= len(text):
            raise ValueError("'[' without ']'")
        if text[at] == "]" and out:
            return f"(?!/)[{'^' if negated else ''}{''.join(out)}]", at + 1
        low, at = _class_char(text, at)
        high = low
        if text[at : at + 1] == "-":
            high, at = _class_char(text, at + 1)
        if high < low:
            raise ValueError(f"the range {low}-{high} is empty")
        out.append(f"{re.escape(low)}-{re.escape(high)}" if high != low else re.escape(low))


def _class_char(text: str, at: int) -> tuple[str, int]:
    if at < len(text) and text[at] == "\\":
        at += 1
    if at >= len(text) or (text[at] in "-]" and text[at - 1] != "\\"):
        raise ValueError("'[' without ']'")
    return text[at], at + 1
