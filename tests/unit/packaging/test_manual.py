"""Manual pages: one a command, without a fault that a reader of roff finds, and whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perry_ffi.cli.commands import groups
from perry_ffi.cli.table import GLOBAL, shown
from scripts.reference import manual, shared
from scripts.ship import wheel
from tests.support import library as lib

PAGES = manual.pages()
COMMANDS = [one for listed in groups().values() for one in listed if not one.hidden]


def test_there_is_one_of_the_program_and_one_of_each_command() -> None:
    assert sorted(PAGES) == sorted(["perry-compose.1", *(f"perry-compose-{one.name}.1" for one in COMMANDS)])


def plain(name: str, folder: Path) -> str:
    """The page as a person reads it; groff warns of nothing."""
    groff = lib.need_tool("groff", "apt-get install groff-base")
    (folder / name).write_text(PAGES[name])
    command = [groff, "-man", "-ww", "-b", "-Tutf8", "-P-cbou", "-rLL=200n", folder / name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return " ".join(done.stdout.replace("‐", "-").split())


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: one.name)
def test_a_page_has_all_of_the_help(one: manual.Command, tmp_path: Path) -> None:
    text = plain(f"perry-compose-{one.name}.1", tmp_path)
    assert f"perry-compose-{one.name} - {one.text}" in text
    for command in (one, *one.below):
        for flag in shown(command.flags):
            assert f"--{flag.name}" in text and flag.text in text, flag.name


def test_the_programs_page_lists_the_commands_and_flags(tmp_path: Path) -> None:
    text = plain("perry-compose.1", tmp_path)
    assert all(f"perry-compose-{one.name}(1) {one.text}" in text for one in COMMANDS)
    assert all(f"--{flag.name}" in text for flag in shown(GLOBAL)) and "EXIT STATUS 0 done" in text


@pytest.mark.parametrize("name", PAGES)
def test_mandoc_finds_no_fault(name: str, tmp_path: Path) -> None:
    """But for the date, which a page that is made at each build has none of."""
    mandoc = lib.need_tool("mandoc", "apt-get install mandoc")
    (tmp_path / name).write_text(PAGES[name])
    done = subprocess.run([mandoc, "-T", "lint", "-W", "warning", tmp_path / name], capture_output=True, text=True, check=False)
    assert [line for line in done.stdout.splitlines() if "missing date" not in line] == []


def test_text_is_text() -> None:
    """Nothing that a help may say is taken for a request, an escape or a quote."""
    assert list(manual._paragraph(".x 'y' \\n -f \"q\" é")) == ["\\&.x 'y' \\en \\-f \\(dqq\\(dq \\[u00E9]"]


def test_they_are_made_by_a_python_that_has_no_packages(tmp_path: Path) -> None:
    """As a build in isolation has it."""
    code = f"import sys; sys.path[:0] = {[str(lib.ROOT), str(lib.ROOT / 'src')]!r}; "
    code += "from pathlib import Path; from scripts.reference import shared; shared.write(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-I", "-S", "-c", code, tmp_path], check=True)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(shared.files())


def test_the_wheel_of_the_static_form_has_them(tmp_path: Path) -> None:
    brought = {name.split(".data/data/share/")[1]: text for name, text in wheel.contents(tmp_path) if ".data/data/share/" in name}
    assert brought == shared.files()
