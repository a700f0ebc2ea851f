"""Command lines are read as docker compose reads its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.cli.parse import parse, parse_command
from perry_ffi.cli.table import NUMBER, SECONDS, SERVICE, SERVICES, TEXT, TEXTS, Arguments, Command, Flag, Operand
from perry_ffi.cli.usage import Usage

RUN = Command(
    "run",
    "run it",
    (
        Flag("rm", "remove"),
        Flag("interactive", "keep open", "i", default=True),
        Flag("tty", "a terminal", "t"),
        Flag("env", "a variable", "e", TEXTS),
        Flag("user", "who", "u", TEXT),
        Flag("index", "which", kind=NUMBER, default=1),
        Flag("timeout", "how long", kind=SECONDS),
        Flag("pull", "when", kind=TEXT, words=("always", "never")),
        Flag("no-tty", "none", "T", also=("no-TTY",)),
    ),
    (SERVICE, Operand("command", many=True)),
    mixed=False,
)
LIST = Command("list", "list", (Flag("all", "all", "a"), Flag("tail", "some", "n", TEXT)), (SERVICES,))
NESTED = Command("trust", "trust", below=(Command("show", "show", LIST.flags, (Operand("image", least=1),), run="run_show"),))


def read(command: Command, *words: str) -> Any:
    arguments = Arguments()
    parse_command(command, words, arguments)
    return arguments


def test_clusters_values_and_switches() -> None:
    got = read(RUN, "-itu0", "-e", "A=1", "-eB=2", "--env=C=-3", "--rm", "--interactive=false", "web", "sh", "-c", "x", "--rm")
    assert (got.interactive, got.tty, got.user, got.env, got.rm) == (False, True, "0", ["A=1", "B=2", "C=-3"], True)
    assert (got.service, got.command) == ("web", ["sh", "-c", "x", "--rm"])


def test_what_is_not_given_has_its_default() -> None:
    got = read(RUN, "web")
    assert (got.interactive, got.tty, got.env, got.index, got.timeout, got.pull, got.command) == (
        True,
        False,
        [],
        1,
        None,
        None,
        [],
    )
    got.env.append("x")
    assert read(RUN, "web").env == []


def test_flags_stand_behind_operands_where_they_may() -> None:
    got = read(LIST, "a", "-a", "b", "-n", "-5", "--", "--all")
    assert (got.service, got.all, got.tail) == (["a", "b", "--all"], True, "-5")


def test_an_old_spelling_is_taken() -> None:
    assert read(RUN, "--no-TTY", "web").no_tty and read(RUN, "-T=true", "web").no_tty


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        (RUN, ["--bogus"], "unknown flag: --bogus"),
        (RUN, ["--usr", "x"], "unknown flag: --usr; is --user meant?"),
        (RUN, ["--us", "0", "web"], "unknown flag: --us"),
        (RUN, ["-x"], "unknown flag: -x"),
        (RUN, ["--user"], "--user: a value is missing"),
        (RUN, ["-u"], "-u: a value is missing"),
        (RUN, ["--rm=perhaps", "web"], "--rm=perhaps: expected true or false"),
        (RUN, ["--index", "one", "web"], "--index one: expected a whole number"),
        (RUN, ["--timeout", "-1", "web"], "--timeout -1: expected a number of seconds from 0"),
        (RUN, ["--timeout", "nan", "web"], "--timeout nan: expected"),
        (RUN, ["--pull", "often", "web"], "--pull often: expected always or never"),
        (RUN, [], "SERVICE is missing"),
        (NESTED, [], "a command is missing: show"),
        (NESTED, ["shw"], "it has no command 'shw'; is show meant?"),
        (NESTED, ["show"], "IMAGE is missing"),
        (NESTED, ["show", "a", "b"], "unexpected 'b': it takes IMAGE"),
    ],
)
def test_what_cannot_be_meant_is_said(command: Command, words: list[str], said: str) -> None:
    with pytest.raises(Usage) as caught:
        read(command, *words)
    assert said in caught.value.message and caught.value.command.startswith(command.name)


def test_global_flags_end_at_the_command() -> None:
    arguments, rest = parse(["-f", "a.yaml", "--profile=x", "--profile", "y", "--dry-run", "up", "-f", "b"])
    assert (arguments.file, arguments.profile, arguments.dry_run, rest) == (["a.yaml"], ["x", "y"], True, ["up", "-f", "b"])
    got = Arguments()
    got.dry_run = True
    parse_command(LIST, [], got)
    assert got.dry_run and read(LIST, "--dry-run").dry_run and not read(LIST).dry_run


def test_a_command_below_another() -> None:
    arguments = Arguments()
    assert parse_command(NESTED, ["show", "-a", "image"], arguments).run == "run_show"
    assert (arguments.all, arguments.image) == (True, "image")  # type: ignore[attr-defined]


@given(st.lists(st.text(alphabet="-=ab1 ", max_size=4), max_size=6))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    """No word is lost: each is a flag, a value or an operand."""
    try:
        got = read(RUN, *words)
    except Usage:
        return
    assert getattr(got, "help", False) or (got.service in words and all(word in words for word in got.command))
