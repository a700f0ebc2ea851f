"""Command lines, read by the rules of docker compose's own.

Of a cluster of letters the last may have a value in the same word or the next; a long flag has it behind ``=`` or in the next word; a
switch may have ``=false``; ``--`` ends the flags; nothing is abbreviated. No parser of the standard library takes all of
these, and what a person types without thinking has to mean here what it means there.
"""

from __future__ import annotations

from perry_ffi.cli.table import GLOBAL, INHERITED, NUMBER, SECONDS, SWITCH, TEXTS, Arguments
from perry_ffi.cli.usage import Usage, meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from perry_ffi.cli.table import Command, Flag, Operand

_TRUE, _FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")


def parse(words: Sequence[str]) -> tuple[Arguments, list[str]]:
    """The global flags, and the words from the command on. Raises Usage."""
    arguments = Arguments()
    rest = _Words(list(words), GLOBAL, "").into(arguments, mixed=False)
    if arguments.context is not None and arguments.host is not None:
        raise Usage("--context and --host contradict each other")
    return arguments, rest


def parse_command(command: Command, words: Sequence[str], arguments: Arguments, path: str = "") -> Command:
    """Adds to ``arguments`` what a command is given, or one below it, which is returned then. Raises Usage.

    Asked for its help it checks nothing else.
    """
    path = f"{path} {command.name}".strip()
    flags = (*command.flags, *INHERITED)
    rest = _Words(list(words), flags, path).into(arguments, mixed=command.mixed and not command.below, before=True)
    if getattr(arguments, "help", False):
        return _below(command, rest) or command
    if not command.below:
        _assign(command.operands, rest, arguments, path)
        return command
    if not rest:
        raise Usage(f"a command is missing: {', '.join(one.name for one in command.below)}", path)
    below = _below(command, rest)
    if below is None:
        raise Usage(f"it has no command {rest[0]!r}{meant(rest[0], [one.name for one in command.below])}", path)
    return parse_command(below, rest[1:], arguments, path)


def _below(command: Command, rest: Sequence[str]) -> Command | None:
    return next((one for one in command.below if rest and rest[0] in (one.name, *one.also)), None)


class _Words:
    """The words of a command line while they are read."""

    def __init__(self, words: list[str], flags: Sequence[Flag], path: str) -> None:
        self._words, self._flags, self._path = words[::-1], flags, path
        self._long = {name: flag for flag in flags for name in (flag.name, *flag.also)}
        self._short = {flag.short: flag for flag in flags if flag.short}
        self._values: dict[str, Any] = {}

    def into(self, arguments: Arguments, *, mixed: bool, before: bool = False) -> list[str]:
        """Sets the members of ``arguments``; gives the words that are no flags. before: what was said before the command stays."""
        rest: list[str] = []
        while self._words:
            word = self._words.pop()
            if word == "--":
                rest += self._left()
            elif word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                self._take(self._known(name), f"--{name}", value if equals else None)
            elif word.startswith("-") and word != "-":
                self._cluster(word[1:])
            else:
                rest.append(word)
                if not mixed:
                    rest += self._left()
        for flag in self._flags:
            if flag.member in self._values or not (before and hasattr(arguments, flag.member)):
                default = list(flag.default) if flag.kind == TEXTS else flag.default
                setattr(arguments, flag.member, self._values.get(flag.member, default))
        return rest

    def _left(self) -> list[str]:
        left, self._words = self._words[::-1], []
        return left

    def _known(self, name: str) -> Flag:
        flag = self._long.get(name)
        if flag is None:
            near = meant(f"--{name}", [f"--{flag.name}" for flag in self._flags if not flag.hidden])
            raise Usage(f"unknown flag: --{name}{near}", self._path)
        return flag

    def _cluster(self, letters: str) -> None:
        while letters:
            letter, letters = letters[0], letters[1:]
            flag = self._short.get(letter)
            if flag is None:
                raise Usage(f"unknown flag: -{letter}", self._path)
            if flag.kind != SWITCH:
                self._take(flag, f"-{letter}", letters.removeprefix("=") if letters else None)
                return
            if letters.startswith("="):
                self._take(flag, f"-{letter}", letters[1:])
                return
            self._take(flag, f"-{letter}", None)

    def _take(self, flag: Flag, typed: str, value: str | None) -> None:
        if flag.kind == SWITCH:
            self._values[flag.member] = value is None or self._truth(typed, value)
            return
        if value is None:
            if not self._words:
                raise Usage(f"{typed}: a value is missing ({flag.value})", self._path)
            value = self._words.pop()
        if flag.words and value not in flag.words:
            raise Usage(f"{typed} {value}: expected {_listed(flag.words)}", self._path)
        if flag.kind == TEXTS:
            self._values.setdefault(flag.member, []).append(value)
        else:
            self._values[flag.member] = self._read(flag, typed, value)

    def _truth(self, typed: str, value: str) -> bool:
        if value not in (*_TRUE, *_FALSE):
            raise Usage(f"{typed}={value}: expected true or false", self._path)
        return value in _TRUE

    def _read(self, flag: Flag, typed: str, value: str) -> Any:
        try:
            if flag.kind == NUMBER:
                return int(value)
            if flag.kind == SECONDS:
                return _seconds(value)
        except ValueError:
            what = "a whole number" if flag.kind == NUMBER else "a number of seconds from 0"
            raise Usage(f"{typed} {value}: expected {what}", self._path) from None
        return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return value


def _assign(operands: Sequence[Operand], rest: list[str], arguments: Arguments, path: str) -> None:
    left = list(rest)
    for operand in operands:
        taken = left if operand.many else left[:1]
        left = left[len(taken) :]
        if len(taken) < operand.least:
            raise Usage(f"{operand.shown} is missing", path)
        for word in taken:
            if operand.words and word not in operand.words:
                raise Usage(f"{operand.shown}: expected {_listed(operand.words)}, found {word!r}", path)
        setattr(arguments, operand.name, list(taken) if operand.many else next(iter(taken), None))
    if left:
        takes = " ".join(operand.shown for operand in operands)
        raise Usage(f"unexpected {left[0]!r}: it takes {takes or 'no arguments'}", path)


def _listed(words: Sequence[str]) -> str:
    def parts() -> Iterator[str]:
        yield ", ".join(words[:-1])
        yield words[-1]

    return " or ".join(part for part in parts() if part)
