"""Manual pages in roff (man(7)): one of the program, one of each command."""

from __future__ import annotations

from collections.abc import Iterator

from perry_ffi import __version__
from perry_ffi.cli.commands import groups
from perry_ffi.cli.help import usage
from perry_ffi.cli.table import GLOBAL, INHERITED, SWITCH, TEXTS, Command, Flag, shown
from scripts.reference.examples import EXAMPLES
from scripts.reference.texts import EXIT_STATUS, VARIABLES

PROGRAM = "perry-compose"


def pages() -> dict[str, str]:
    """Each page by the name of its file."""
    commands = [one for listed in groups().values() for one in listed if not one.hidden]
    made = {f"{PROGRAM}.1": _page(_program())}
    for one in commands:
        made[f"{PROGRAM}-{one.name}.1"] = _page(_command(one))
    return made


def _page(lines: Iterator[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _head(name: str, text: str) -> Iterator[str]:
    yield f'.TH {_argument(name.upper())} 1 "" "perry\\-compose {__version__}" "perry\\-compose"'
    yield ".SH NAME"
    yield f"{_code(name)} \\- {_text(text)}"
    yield ".SH SYNOPSIS"


def _program() -> Iterator[str]:
    yield from _head(PROGRAM, "define and run applications of several containers")
    yield f".B {_code(PROGRAM)}"
    yield "[\\fIFLAGS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]"
    yield ".SH DESCRIPTION"
    yield from _paragraph(
        "Brings projects of the Compose Specification up, looks at them and takes them down, on the container engine that the "
        "machine has. Commands and flags are those of docker compose where they mean the same."
    )
    for group, listed in groups().items():
        if visible := [one for one in listed if not one.hidden]:
            yield f".SH {_argument(group.upper())}"
            for one in visible:
                yield from _item(f"\\fB{_code(PROGRAM)}\\-{_code(one.name)}\\fR(1)", one.text)
    yield ".SH FLAGS"
    yield from _flags(GLOBAL)
    yield ".SH EXIT STATUS"
    for status, text in EXIT_STATUS:
        yield from _item(_text(status), text)
    yield ".SH ENVIRONMENT"
    for name, text in VARIABLES:
        yield from _item(f"\\fB{_code(name)}\\fR", text)


def _command(one: Command) -> Iterator[str]:
    name = f"{PROGRAM}-{one.name}"
    yield from _head(name, one.text)
    yield from _synopsis(one)
    yield ".SH DESCRIPTION"
    yield from _description(one)
    if not one.below:
        yield ".SH FLAGS"
        yield from _flags((*one.flags, *INHERITED))
    for below in one.below:
        yield f'.SH "{_code(one.name.upper())} {_code(below.name.upper())}"'
        yield from _description(below)
        yield from _flags((*below.flags, *INHERITED))
    if examples := EXAMPLES.get(one.name):
        yield ".SH EXAMPLES"
        for line, text in examples:
            yield from _item(f"\\fB{_code(line)}\\fR", text)
    yield ".SH SEE ALSO"
    yield f"\\fB{_code(PROGRAM)}\\fR(1) has the flags that stand before every command, the exit status and the variables."


def _synopsis(one: Command) -> Iterator[str]:
    for number, called in enumerate([usage(below, one.name) for below in one.below] or [usage(one)]):
        if number:
            yield ".br"
        yield f".B {_code(PROGRAM)}"
        yield _text(called)


def _description(one: Command) -> Iterator[str]:
    yield from _paragraph(f"{one.text[0].upper()}{one.text[1:]}.")
    for paragraph in filter(None, one.more.split("\n\n")):
        yield ".PP"
        yield from _paragraph(paragraph)
    if one.also:
        yield ".PP"
        yield from _paragraph(f"It is called {', '.join(one.also)}, too.")


def _flags(flags: tuple[Flag, ...]) -> Iterator[str]:
    for flag in shown(flags):
        spelled = ", ".join(f"\\fB{_code(one)}\\fR" for one in ([f"-{flag.short}"] if flag.short else []) + [f"--{flag.name}"])
        value = f" \\fI{_text(flag.value)}\\fR" if flag.kind != SWITCH else ""
        default = "" if flag.default in (None, False, "") or flag.kind == TEXTS else f" (default: {flag.default})"
        words = f": {', '.join(flag.words)}" if flag.words and flag.words[0] not in flag.text else ""
        yield from _item(spelled + value, f"{flag.text}{words}{default}")


def _item(head: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield head
    yield from _paragraph(text)


def _paragraph(text: str) -> Iterator[str]:
    """Sentences begin lines, as troff wants it."""
    for line in text.replace(". ", ".\n").splitlines():
        yield _text(line)


def _text(text: str) -> str:
    """Text of a page; a flag in it can be copied, for its dashes stay dashes."""
    words = (_code(word) if word.lstrip("(").startswith("-") else _roff(word) for word in text.split(" "))
    line = " ".join(words)
    return f"\\&{line}" if line[:1] in (".", "'") else line


def _code(text: str) -> str:
    """What is typed as it stands there."""
    return _roff(text).replace("-", "\\-").replace("'", "\\(aq")


def _argument(text: str) -> str:
    return f'"{_code(text)}"'


def _roff(text: str) -> str:
    plain = text.replace("\\", "\\e").replace('"', "\\(dq").replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    return "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in plain)
