"""``perry-compose completion``: what a shell needs to complete command lines, printed, or put where the shell finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.completion import SHELLS, script
from perry_ffi.cli.table import Command, Flag, Operand
from perry_ffi.cli.terminal import out, say

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation


class Arguments(table.Arguments):
    """The values of the options of ``completion``."""

    shell: str
    install: bool


COMMAND = Command(
    "completion",
    "print what a shell completes command lines with",
    (Flag("install", "write it into your own folder of the shell, and say which file that is"),),
    (Operand("shell", least=1, words=SHELLS),),
    more="For one session: source <(perry-compose completion bash), the same in zsh, in fish: perry-compose completion fish | source.",
    engine=False,
    files=False,
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the script of a shell, or install it. Raises ContainerError."""
    if not arguments.install:
        out(script(arguments.shell))
        return 0
    from perry_ffi.cli.completion.install import advice, install, place

    if arguments.dry_run:
        say(f"it would be written to {place(arguments.shell, invocation.env)}")
        return 0
    path = install(arguments.shell, invocation.env)
    out(f"{path}\n")
    say(advice(arguments.shell, path))
    return 0
