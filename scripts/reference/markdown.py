"""The parts of docs/cli.md that follow from the table of commands: every command with its flags, and docker compose beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from perry_ffi.cli.commands import groups
from perry_ffi.cli.help import usage
from perry_ffi.cli.table import GLOBAL, SWITCH, TEXTS, Command, Flag, shown
from scripts.reference import differences, peer
from scripts.reference.examples import EXAMPLES
from scripts.reference.texts import EXIT_STATUS, VARIABLES

LIST = "<!-- commands in a line each: made from the table of commands -->"
COMMANDS = "<!-- commands and flags: made from the table of commands -->"
PEER = "<!-- docker compose: made from the table of commands and docker compose's -->"
STATUS = "<!-- exit status and variables -->"
END = "<!-- end -->"


def document(text: str) -> str:
    """``text`` with the parts between their markers made anew; a marker that is not there is left out."""
    parts = {LIST: _list(), COMMANDS: _commands(), STATUS: _status(), PEER: _peer()}
    for begin, lines in parts.items():
        if begin in text:
            before, rest = text.split(begin, 1)
            text = f"{before}{begin}\n{chr(10).join(lines)}\n{END}{rest.split(END, 1)[1]}"
    return text


def _list() -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for group, listed in groups().items():
        names = ", ".join(f"`{one.name}`" for one in listed if not one.hidden)
        yield f"| {group} | {names} |"


def _commands() -> Iterator[str]:
    yield "### Before the command"
    yield ""
    yield from _flags(GLOBAL)
    for group, listed in groups().items():
        yield ""
        yield f"### {group}"
        for one in listed:
            if not one.hidden:
                yield from _command(one)


def _command(one: Command) -> Iterator[str]:
    yield ""
    yield f"#### {one.name}"
    yield ""
    yield f"{one.text[0].upper()}{one.text[1:]}." + (f" Also: {', '.join(f'`{name}`' for name in one.also)}." if one.also else "")
    for paragraph in filter(None, one.more.split("\n\n")):
        yield ""
        yield _escaped(paragraph)
    for below in one.below or (one,):
        yield ""
        yield f"`perry-compose {usage(below, one.name if one.below else '')}`" + (f" – {below.text}." if one.below else "")
        if flags := list(shown(below.flags)):
            yield ""
            yield from _flags(flags)
    if examples := EXAMPLES.get(one.name):
        yield ""
        yield "```sh"
        width = max(len(line) for line, _ in examples) + 2
        yield from (f"{line:<{width}}# {text}" for line, text in examples)
        yield "```"


def _flags(flags: Iterable[Flag]) -> Iterator[str]:
    yield "| flag | what it does | default |"
    yield "|---|---|---|"
    for flag in shown(tuple(flags)):
        short = f"`-{flag.short}`, " if flag.short else ""
        value = f" {flag.value}" if flag.kind != SWITCH else ""
        default = "" if flag.default in (None, False, "") or flag.kind == TEXTS else f"`{flag.default}`"
        words = f": {', '.join(flag.words)}" if flag.words and flag.words[0] not in flag.text else ""
        yield f"| {short}`--{flag.name}{_escaped(value)}` | {_escaped(flag.text + words)} | {default} |"


def _status() -> Iterator[str]:
    yield "| exit status | |"
    yield "|---|---|"
    yield from (f"| {status} | {_escaped(text)} |" for status, text in EXIT_STATUS)
    yield ""
    yield "| variable | |"
    yield "|---|---|"
    yield from (f"| {', '.join(f'`{one}`' for one in name.split(', '))} | {_escaped(text)} |" for name, text in VARIABLES)


def _peer() -> Iterator[str]:
    versions = peer.SURFACE["versions"]
    rows = list(peer.rows())
    count = {state: sum(row.state == state for row in rows) for state in (peer.SAME, peer.DIFFERENT, peer.ABSENT)}
    yield (
        f"Of the {len(rows)} flags of docker compose {versions[peer.NEWEST]}, {count[peer.SAME]} are the same, {count[peer.DIFFERENT]} "
        f"differ, {count[peer.ABSENT]} are not offered. ⁵: {versions[peer.OLDEST]} has it not."
    )
    yield ""
    yield "| command | the same | differs, and why | not offered, and why |"
    yield "|---|---|---|---|"
    for path, state, why in (("", peer.SAME, differences.COMMANDS.get("", "")), *peer.commands()):
        if state == peer.ABSENT:
            yield f"| `{path}` | | | {_escaped(why)} |"
            continue
        mine = [row for row in rows if row.command == path]
        same = " ".join(f"`--{row.flag}`{'⁵' if row.since else ''}" for row in mine if row.state == peer.SAME)
        differ = [f"`--{row.flag}`: {row.why}" for row in mine if row.state == peer.DIFFERENT]
        absent = "; ".join(f"`--{row.flag}`: {row.why}" for row in mine if row.state == peer.ABSENT)
        differ = [*([why] if why else []), *differ]
        yield f"| {f'`{path}`' if path else '(before the command)'} | {same} | {_escaped('; '.join(differ))} | {_escaped(absent)} |"
    yield ""
    yield "Only here:"
    yield ""
    yield "| command | |"
    yield "|---|---|"
    known = peer.ours()
    for path, flags in peer.only_here().items():
        said = " ".join(f"`--{flag}`" for flag in flags) or known[path].text
        yield f"| {f'`{path}`' if path else '(before the command)'} | {_escaped(said)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
