"""``perry-compose`` beside docker compose: which commands and flags are the same, which differ and why, which are not offered and why.

The facts of docker compose are ``docker-compose.json``: commands, flags, their kinds, letters and defaults, and what only one
of two versions has (``since``, ``until``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from perry_ffi.cli.commands import groups
from perry_ffi.cli.offered import NOT_OFFERED as WITHOUT
from perry_ffi.cli.table import GLOBAL, INHERITED, NUMBER, SECONDS, Command, Flag
from scripts.reference import differences

SURFACE: dict[str, Any] = json.loads(Path(__file__).with_name("docker-compose.json").read_text())
NEWEST, OLDEST = "5", "2"


class Row(NamedTuple):
    """A flag of docker compose; ``command`` is empty for those before it. why: of a difference, or of its absence."""

    command: str
    flag: str
    state: str
    why: str
    since: str


SAME, DIFFERENT, ABSENT, UNEXPLAINED = "same", "differs", "not offered", "unexplained"


def ours() -> dict[str, Command]:
    """Each command by every name that it has; those below one with both words."""
    found = {}
    for one in (command for listed in groups().values() for command in listed):
        for name in (one.name, *one.also):
            found[name] = one
            found.update({f"{name} {below.name}": below for below in one.below})
    return found


def rows() -> Iterator[Row]:
    """A row for each flag of docker compose."""
    known = ours()
    for path, command in SURFACE["commands"].items():
        for flag, fact in command["flags"].items():
            if command.get("until") or fact.get("until"):
                continue
            state, why = _judged(path, flag, fact, known)
            yield Row(path, flag, state, why, fact.get("since", ""))


def commands() -> Iterator[tuple[str, str, str]]:
    """A row for each command of docker compose: its name, whether it is offered, and why not."""
    known = ours()
    for path, command in SURFACE["commands"].items():
        if not path or command.get("until"):
            continue
        if path in known:
            yield path, DIFFERENT if path in differences.COMMANDS else SAME, differences.COMMANDS.get(path, "")
        elif path.split()[0] in WITHOUT:
            why, instead = WITHOUT[path.split()[0]]
            yield path, ABSENT, f"{why}; {instead}"
        else:
            yield path, UNEXPLAINED, ""


def only_here() -> dict[str, list[str]]:
    """Commands and flags that docker compose has not, by command; a command of ours alone has no flags listed."""
    there = SURFACE["commands"]
    found: dict[str, list[str]] = {}
    for path, flags in {"": GLOBAL, **{one.name: one.flags for one in ours().values() if not one.hidden}}.items():
        if path not in there:
            if path in {one.name for listed in groups().values() for one in listed}:
                found[path] = []
        elif more := [flag.name for flag in flags if not flag.hidden and flag.name not in _known_there(path)]:
            found[path] = more
    return found


def _known_there(path: str) -> set[str]:
    return {*SURFACE["commands"][path]["flags"], *(flag.name for flag in INHERITED), "help"}


def _judged(path: str, flag: str, fact: dict[str, Any], known: dict[str, Command]) -> tuple[str, str]:
    if path and path not in known:
        return (ABSENT, differences.BELOW) if path.split()[0] in WITHOUT else (UNEXPLAINED, "the command is not there")
    if (path, flag) in differences.NOT_OFFERED:
        return ABSENT, differences.NOT_OFFERED[path, flag]
    mine = _flag(GLOBAL if not path else (*known[path].flags, *INHERITED), flag)
    if mine is None:
        return UNEXPLAINED, "it is not there"
    if (path, flag) in differences.DIFFERS:
        return DIFFERENT, differences.DIFFERS[path, flag]
    if _kind(mine) != fact["kind"]:
        return UNEXPLAINED, f"it is a {mine.kind} and not a {fact['kind']}"
    if mine.short != fact.get("short", ""):
        return UNEXPLAINED, f"its letter is {mine.short or 'none'} and not {fact.get('short', 'none')}"
    return SAME, ""


def _flag(flags: tuple[Flag, ...], name: str) -> Flag | None:
    return next((flag for flag in flags if name in (flag.name, *flag.also)), None)


def _kind(flag: Flag) -> str:
    return NUMBER if flag.kind == SECONDS else flag.kind
