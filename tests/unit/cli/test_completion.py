"""What is common to the shells' scripts: places of the command line, and kinds of values."""

from __future__ import annotations

import pytest

from perry_ffi.cli import table
from perry_ffi.cli.commands import complete, groups
from perry_ffi.cli.completion import FILES, FOLDERS, SHELLS, WORDS, kind, places, script
from perry_ffi.cli.completion.values import KINDS


def test_a_place_for_each_command_and_those_below() -> None:
    shown = [one for listed in groups().values() for one in listed if not one.hidden]
    wanted = ["", *(path for one in shown for path in (one.name, *(f"{one.name} {below.name}" for below in one.below)))]
    assert [place.path for place in places()] == wanted
    assert all(place.path == place.names[0] for place in places())


def test_each_kind_is_the_shells_own_or_the_programs() -> None:
    """A kind with a slip of the pen would complete nothing, and nobody would see it."""
    for place in places():
        for value in (*place.flags, *place.operands):
            assert kind(value) in {"", FILES, FOLDERS, WORDS, *KINDS}, (place.path, value.name)
    assert set(complete.COMMAND.operands[0].words) == set(KINDS)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (table.Flag("pull", "", kind=table.TEXT, words=("a", "b")), WORDS),
        (table.Flag("scale", "", kind=table.TEXTS, value="SERVICE=N"), "scales"),
        (table.Flag("output", "", kind=table.TEXT, value="FILE"), FILES),
        (table.Flag("output", "", kind=table.TEXT, value="FILE", completes="profiles"), "profiles"),
        (table.Flag("since", "", kind=table.TEXT), ""),
        (table.SERVICES, "services"),
        (table.Operand("path", "DIR"), FOLDERS),
    ],
)
def test_kinds(value: table.Flag | table.Operand, wanted: str) -> None:
    assert kind(value) == wanted


def test_an_operand_by_its_number() -> None:
    command = table.Command("run", "", operands=(table.Operand("one"), table.Operand("rest", many=True)))
    from perry_ffi.cli.completion import Place

    place = Place("run", command, ("run",))
    assert [operand and operand.name for operand in map(place.operand, range(4))] == ["one", "rest", "rest", "rest"]
    assert Place("x", table.Command("x", ""), ("x",)).operand(0) is None


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_has_no_hidden_command_and_no_hidden_flag(shell: str) -> None:
    made = script(shell)
    assert "--no-ansi" not in made and "no-ansi" not in made.split() and made.endswith("\n")
    for name in ("bash", "zsh", "fish"):
        assert f"@{name}@" not in made
