"""A Dockerfile as its instructions, as far as the choice of a builder and named contexts need them. Pure.

The lines of an instruction are joined as the builders join them: a line that ends with the escape character goes on,
comments and empty lines between are no part of it, and a here-document belongs to the instruction that opens it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*\Z")
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)\Z")
_WITH_HEREDOCS = ("RUN", "COPY", "ADD")


@dataclass(frozen=True)
class Instruction:
    """One instruction. word: in capitals, of what ``ONBUILD`` holds too. first, last: its lines, from 0, both inside.

    text: what follows the word, joined. flags: its leading ``--`` words.
    """

    word: str
    text: str
    first: int
    last: int
    heredocs: bool = False
    onbuild: bool = False

    @property
    def flags(self) -> list[str]:
        found = []
        for word in self.text.split():
            if not word.startswith("--"):
                break
            found.append(word)
        return found

    @property
    def words(self) -> list[str]:
        """What follows the flags."""
        return self.text.split()[len(self.flags) :]


def directives(text: str) -> dict[str, str]:
    """The parser directives, names in small letters: comments ``# name=value`` before anything else."""
    found: dict[str, str] = {}
    for line in _lines(text):
        match = _DIRECTIVE.match(line.strip())
        if match is None or match[1].lower() in found:
            break
        found[match[1].lower()] = match[2]
    return found


def instructions(text: str) -> list[Instruction]:
    """The instructions in order. What no builder would take is given as it can be read: the builder says what is wrong."""
    lines = _lines(text)
    escape = directives(text).get("escape", "\\")
    found, at = [], 0
    while at < len(lines):
        if not _is_blank(lines[at]):
            one = _instruction(lines, at, escape)
            found.append(one)
            at = one.last
        at += 1
    return found


def stage_names(found: list[Instruction]) -> list[str]:
    """The names of the stages, in small letters, as ``FROM ... AS name`` gives them; ``""`` for one without."""
    names = []
    for one in found:
        if one.word == "FROM" and not one.onbuild:
            words = one.words
            names.append(words[2].lower() if len(words) == 3 and words[1].lower() == "as" else "")
    return names


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").split("\n")


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _instruction(lines: list[str], first: int, escape: str) -> Instruction:
    going_on = re.compile(re.escape(escape) + r"[ \t]*\r?\Z")
    at, joined = first, lines[first].strip()
    while going_on.search(joined) and at + 1 < len(lines):
        joined = going_on.sub("", joined)
        at += 1
        while at + 1 < len(lines) and _is_blank(lines[at]):
            at += 1
        joined += "" if _is_blank(lines[at]) else lines[at].rstrip("\r")
    word, rest = _split(joined)
    onbuild = word.upper() == "ONBUILD"
    if onbuild:
        word, rest = _split(rest)
    last = at
    if word.upper() in _WITH_HEREDOCS:
        last = _after_heredocs(lines, at, rest)
    return Instruction(word.upper(), rest.strip(), first, last, last > at, onbuild)


def _split(text: str) -> tuple[str, str]:
    parts = text.strip().split(None, 1)
    return parts[0] if parts else "", parts[1] if len(parts) > 1 else ""


def _after_heredocs(lines: list[str], at: int, text: str) -> int:
    """The last line of the here-documents that ``text`` opens; ``at`` where none is closed (``1<<3`` is none)."""
    for strip, name in _heredocs(text):
        for number in range(at + 1, len(lines)):
            line = lines[number].rstrip("\r")
            if (line.lstrip("\t") if strip else line) == name:
                at = number
                break
        else:
            return at
    return at


def _heredocs(text: str) -> Iterator[tuple[bool, str]]:
    if text.startswith("["):
        return
    for word in text.split():
        if match := _HEREDOC.match(word.rstrip(";)")):
            yield bool(match[1]), match[2].strip("'\"")
