"""The commands: those that there are are offered, documented, and typed as they are declared."""

from __future__ import annotations

import pkgutil
import typing
from collections.abc import Iterator

import pytest

from perry_ffi.cli import commands, table
from perry_ffi.cli.table import Command

NAMES = [name for names in commands.NAMES.values() for name in names]


def each(command: Command) -> Iterator[Command]:
    yield command
    yield from command.below


def test_every_file_is_a_command_and_is_offered() -> None:
    assert sorted(module.name for module in pkgutil.iter_modules(commands.__path__)) == sorted(NAMES)
    also = {name: command.name for name in NAMES for command in [commands.command(name)[0]] for name in command.also}
    assert also == commands.ALSO


@pytest.mark.parametrize("name", NAMES)
def test_it_is_called_as_its_module_and_can_be_run(name: str) -> None:
    command, module = commands.command(name)
    assert command.name == name.replace("_", "-") and command.text
    for one in each(command):
        assert one.below or callable(getattr(module, one.run))
        names = [spelled for flag in (*one.flags, *table.INHERITED) for spelled in (flag.name, *flag.also)]
        letters = [flag.short for flag in (*one.flags, *table.INHERITED) if flag.short]
        assert len(set(names)) == len(names) and len(set(letters)) == len(letters)


@pytest.mark.parametrize("name", NAMES)
def test_its_arguments_are_typed_as_they_are_declared(name: str) -> None:
    """The class says what the parser sets: no member more or less."""
    command, module = commands.command(name)
    declared = {flag.member for one in each(command) for flag in one.flags if not flag.hidden}
    declared |= {operand.name for one in each(command) for operand in one.operands}
    arguments = getattr(module, "Arguments", table.Arguments)
    assert issubclass(arguments, table.Arguments)
    members = set(typing.get_type_hints(arguments, localns={"table": table})) - set(table.Arguments.__annotations__)
    hidden = {flag.member for one in each(command) for flag in one.flags if flag.hidden}
    assert members - hidden == declared - set(table.Arguments.__annotations__)


def test_none_imports_anything_heavy() -> None:
    """What a command needs it imports when it runs."""
    import subprocess
    import sys

    code = "import sys; from perry_ffi.cli.commands import groups; groups(); "
    code += "print([m for m in ('asyncio', 'anyio', 'yaml', 'argparse', 'dataclasses', 'perry_ffi.stack', 'perry_ffi.compose') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
