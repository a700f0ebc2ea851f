"""Helps: everything that is taken is shown, and fits its width."""

from __future__ import annotations

import pytest

from perry_ffi.cli import table
from perry_ffi.cli.commands import groups
from perry_ffi.cli.help import WIDTH, of_command, of_program
from perry_ffi.cli.main import main
from perry_ffi.cli.table import Command

ALL = [(one, child) for commands in groups().values() for one in commands for child in (one, *one.below)]


def test_the_program_lists_every_command_and_flag() -> None:
    text = of_program()
    for one, _ in ALL:
        assert (f"\n  {one.name} " in text and one.text in " ".join(text.split())) is not one.hidden
    for flag in table.shown(table.GLOBAL):
        assert f"--{flag.name}" in text


@pytest.mark.parametrize(("one", "child"), ALL, ids=lambda command: command.name)
def test_a_command_s_shows_its_flags(one: Command, child: Command) -> None:
    text = of_command(child, "" if child is one else one.name)
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert text.startswith(f"Usage: perry-compose {'' if child is one else f'{one.name} '}{child.name} ")
    for flag in table.shown(child.flags):
        assert f"--{flag.name}" in text and flag.text.split()[0] in text
    for operand in child.operands:
        assert operand.shown in text


@pytest.mark.parametrize("words", [["up", "--help"], ["help", "up"], ["up", "-h", "--detach"]])
def test_how_it_is_asked_for(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capfd.readouterr().out == of_command({one.name: one for one, _ in ALL}["up"])


def test_of_the_program(capfd: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["help"], ["--help"], ["-h"]):
        assert main(words) == 0
        assert capfd.readouterr().out == of_program()


def test_what_is_not_known(capfd: pytest.CaptureFixture[str]) -> None:
    for words in (["upp"], ["help", "upp"]):
        assert main(words) == 2
        said = capfd.readouterr()
        assert said.out == "" and "unknown command: upp; is up meant?" in said.err
    assert main(["publish", "x"]) == 2
    assert "publish is not offered" in capfd.readouterr().err
