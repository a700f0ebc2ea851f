"""Completion in a real zsh."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.shells import Shell, needed, shell
from tests.unit.cli.completion import cases
from tests.unit.cli.completion.cases import CASES, opened  # noqa: F401


@pytest.mark.parametrize(("line", "words"), CASES, ids=[line for line, _ in CASES])
def test_a_line(opened: Shell, line: str, words: list[str]) -> None:
    assert cases.completed(opened, line) == words


def test_every_command_and_flag(opened: Shell) -> None:
    cases.every_command(opened)
    cases.every_flag(opened)


def test_paths_in_a_container(tmp_path: Path) -> None:
    cases.paths_inside("zsh", tmp_path)


def test_fixed_words(opened: Shell) -> None:
    cases.fixed_words(opened)


def test_it_is_read_without_a_word(opened: Shell) -> None:
    assert cases.syntax([needed("zsh"), "-n"], opened.script) == ""


def test_it_is_found_in_a_folder_of_fpath(opened: Shell) -> None:
    """As it is installed: a file that the shell reads when it first needs it."""
    folder = opened.script.parent / "functions"
    folder.mkdir()
    (folder / "_perry-compose").write_text(opened.script.read_text())
    start = opened.script.parent / "start"
    start.write_text(f"fpath=({folder} $fpath); compinit -u -D\n")
    with shell("zsh", start, opened.folder, opened.env) as another:
        assert cases.completed(another, "perry-compose up w") == ["web"]
        assert cases.completed(another, "perry-compose ps ") == ["db", "tool", "web"]
