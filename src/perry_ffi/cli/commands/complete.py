"""``perry-compose complete``: what a value may be, for the shells' scripts. It answers at every Tab, and says nothing of errors."""

from __future__ import annotations

from perry_ffi.cli import table
from perry_ffi.cli.table import Command, Operand
from perry_ffi.cli.terminal import out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation


class Arguments(table.Arguments):
    """The values of the operands of ``complete``."""

    kind: str
    typed: str | None


COMMAND = Command(
    "complete",
    "print what a value may be: a line each, the name, a tab, what it is",
    operands=(
        Operand("kind", least=1, words=("services", "profiles", "projects", "scales", "paths", "engines")),
        Operand("typed"),
    ),
    engine=False,
    mixed=False,
    hidden=True,
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print them; 1, and nothing, where they cannot be had."""
    from perry_ffi.cli.completion.values import KINDS

    try:
        rows = list(KINDS[arguments.kind](arguments, invocation, arguments.typed or ""))
    except Exception as error:
        from perry_ffi.errors import ContainerError

        if not isinstance(error, ContainerError):
            raise
        return 1
    out("".join(f"{_line(name)}\t{_line(text)}\n" for name, text in rows))
    return 0


def _line(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
