"""The help, of the program and of each command."""

from __future__ import annotations

from perry_ffi.cli.table import DRY_RUN, GLOBAL, HELP, SWITCH, TEXTS, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from perry_ffi.cli.table import Command, Flag, Operand

WIDTH = 100
"""Columns: asking for the terminal's would have the launcher's texts, which are made by the build, differ."""
_MOST = 34
"""Columns of flags and names before their texts stand below."""


def of_program() -> str:
    """What ``perry-compose --help`` prints."""
    from perry_ffi.cli.commands import groups

    lines = ["Usage: perry-compose [FLAGS] COMMAND", "", "Define and run applications of several containers."]
    for group, commands in groups().items():
        lines += ["", f"{group}:", *_rows((one.name, one.text) for one in commands if not one.hidden)]
    lines += ["", "Flags:", *_rows(map(_flag_row, shown(GLOBAL)))]
    return "\n".join([*lines, "", "perry-compose COMMAND --help tells of a command.", ""])


def of_command(command: Command, path: str = "") -> str:
    """What ``--help`` of a command prints. path: the words before its name."""
    lines = [f"Usage: perry-compose {usage(command, path)}", "", _sentence(command.text)]
    for paragraph in filter(None, command.more.split("\n\n")):
        lines += ["", *_wrapped(paragraph, "")]
    if command.also:
        lines += ["", f"Also: {', '.join(command.also)}"]
    if command.below:
        lines += ["", "Commands:", *_rows((one.name, one.text) for one in command.below)]
    lines += ["", "Flags:", *_rows(map(_flag_row, shown((*command.flags, DRY_RUN, HELP))))]
    return "\n".join([*lines, ""])


def usage(command: Command, path: str = "") -> str:
    """How it is called, in a line."""
    words = [path, command.name, "[FLAGS]", *map(_operand, command.operands), "COMMAND" if command.below else ""]
    return " ".join(filter(None, words))


def _operand(operand: Operand) -> str:
    word = f"{operand.shown}..." if operand.many else operand.shown
    return word if operand.least else f"[{word}]"


def _flag_row(flag: Flag) -> tuple[str, str]:
    short = f"-{flag.short}, " if flag.short else "    "
    value = f" {flag.value}" if flag.kind != SWITCH else ""
    default = f" (default: {flag.default})" if flag.default not in (None, False, "") and flag.kind != TEXTS else ""
    return f"{short}--{flag.name}{value}", flag.text + default


def _rows(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    known = list(rows)
    width = min(_MOST, max((len(name) for name, _ in known), default=0))
    for name, text in known:
        first, *others = _wrapped(text, " " * (width + 5)) or [""]
        if len(name) > width:
            yield f"  {name}"
            yield " " * (width + 5) + first.strip()
        else:
            yield f"  {name:<{width}}   {first.strip()}".rstrip()
        yield from others


def _wrapped(text: str, ahead: str) -> Sequence[str]:
    import textwrap

    return textwrap.wrap(text, WIDTH, initial_indent=ahead, subsequent_indent=ahead, break_on_hyphens=False)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""
