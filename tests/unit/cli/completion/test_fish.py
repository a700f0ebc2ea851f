"""Completion in a real fish."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.shells import Shell, needed
from tests.unit.cli.completion import cases
from tests.unit.cli.completion.cases import CASES, opened  # noqa: F401


@pytest.mark.parametrize(("line", "words"), CASES, ids=[line for line, _ in CASES])
def test_a_line(opened: Shell, line: str, words: list[str]) -> None:
    assert cases.completed(opened, line) == words


def test_every_command_and_flag(opened: Shell) -> None:
    cases.every_command(opened)
    cases.every_flag(opened)


def test_paths_in_a_container(tmp_path: Path) -> None:
    cases.paths_inside("fish", tmp_path)


def test_fixed_words(opened: Shell) -> None:
    cases.fixed_words(opened)


def test_it_is_read_without_a_word(opened: Shell) -> None:
    assert cases.syntax([needed("fish"), "-n"], opened.script) == ""
