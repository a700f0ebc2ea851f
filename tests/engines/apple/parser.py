"""How apple/container reads its command line: exactly the words of ``options``, and values as its language takes texts apart.

There a character is what a reader sees as one: a mark that is written over the character before it belongs to that, and a ``=``
with a mark over it is no ``=``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.engines.apple.options import ALIASES, COMMANDS, Command

USAGE_ERROR = 64


class UsageError(Exception):
    """What ends the program with 64."""


@dataclass
class Parsed:
    """A command with its words. words: those that stand alone; of ``rest`` commands all from the first on."""

    command: tuple[str, ...]
    options: dict[str, list[str]] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)

    def one(self, name: str, default: str = "") -> str:
        """The last value of an option."""
        return self.options.get(name, [default])[-1]

    def all(self, name: str) -> list[str]:
        return self.options.get(name, [])


def joins(text: str, index: int) -> bool:
    """Whether the character at ``index`` is written over, or glued to, the one before it."""
    return index < len(text) and (unicodedata.category(text[index])[0] == "M" or text[index] in "\u200c\u200d")


def split(text: str, separator: str, most: int = -1, *, keep_empty: bool = False) -> list[str]:
    """Parts of ``text`` at a separator that stands for itself; empty ones count only with ``keep_empty``."""
    parts, start, index = [], 0, 0
    while index < len(text) and (most < 0 or len(parts) < most):
        if text[index] == separator and not joins(text, index + 1):
            if keep_empty or start != index:
                parts.append(text[start:index])
            start = index + 1
        index += 1
    if keep_empty or start != len(text):
        parts.append(text[start:])
    return parts


def parse(argv: Sequence[str]) -> Parsed:
    """Reads the words after the program's name; ``UsageError`` for what the program would not take."""
    command, rest = _command(list(argv))
    return _Reader(command, COMMANDS[command], rest).read()


def _command(argv: list[str]) -> tuple[tuple[str, ...], list[str]]:
    for length in (2, 1):
        words = [ALIASES.get(word, word) for word in argv[:length]]
        if len(words) == length and tuple(words) in COMMANDS:
            return tuple(words), argv[length:]
    raise UsageError(f"Unexpected argument '{argv[0] if argv else ''}'")


class _Reader:
    def __init__(self, command: tuple[str, ...], takes: Command, argv: list[str]) -> None:
        self._takes, self._argv = takes, argv
        self._letters = {letter: name for name, letter in (takes.options | takes.flags).items() if letter}
        self._found = Parsed(command)

    def read(self) -> Parsed:
        while self._argv:
            word = self._argv.pop(0)
            if word == "--" and not self._takes.rest:
                self._found.words += self._argv
                break
            if word.startswith("--"):
                self._long(word)
            elif word.startswith("-") and len(word) > 1:
                self._short(word[1:])
            else:
                self._found.words.append(word)
                if self._takes.rest:  # whatever follows is the program's own
                    self._found.words += self._argv
                    break
        return self._counted()

    def _long(self, word: str) -> None:
        name, *value = split(word[2:], "=", 1, keep_empty=True)
        if name in self._takes.flags:
            if value:
                raise UsageError(f"The option '--{name}' does not take any value, but '{value[0]}' was specified.")
            self._found.flags.add(name)
        elif name in self._takes.options:
            self._add(name, value[0] if value else self._next(f"--{name}"))
        else:
            raise UsageError(f"Unknown option '--{name}'")

    def _short(self, letters: str) -> None:
        names = [self._letters.get(letter) for letter in letters.partition("=")[0]]
        if None in names or (len(names) > 1 and any(name not in self._takes.flags for name in names)):
            raise UsageError(f"Unknown option '-{letters}'")
        if names[0] in self._takes.options:
            assert names[0] is not None
            value = letters.partition("=")
            self._add(names[0], value[2] if value[1] else self._next(f"-{letters}"))
        else:
            self._found.flags.update(name for name in names if name)

    def _next(self, option: str) -> str:
        if not self._argv or self._argv[0].startswith("-"):
            raise UsageError(f"Missing value for '{option}'")
        return self._argv.pop(0)

    def _add(self, name: str, value: str) -> None:
        self._found.options.setdefault(name, []).append(value)

    def _counted(self) -> Parsed:
        count = len(self._found.words)
        if count < self._takes.least:
            raise UsageError("Missing expected argument")
        if self._takes.most is not None and count > self._takes.most:
            raise UsageError(f"Unexpected argument '{self._found.words[self._takes.most]}'")
        return self._found
