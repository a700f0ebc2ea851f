"""What ``build_ffi`` compiles again, and what it leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import build_ffi

COMMAND = ["cc", "-c", "a.c"]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """An object file as the compiler leaves it, newer than the two files it was made from."""
    for name in ("a.c", "with space.h"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000, 1000))
    target = tmp_path / "a.o"
    target.touch()
    escaped = str(tmp_path / "with space.h").replace(" ", "\\ ")
    (tmp_path / "a.d").write_text(f"{target}: {tmp_path / 'a.c'} \\\n {escaped}\n")
    build_ffi.note(target, COMMAND)
    return target


def test_what_is_newer_than_all_it_was_made_from_stays(made: Path) -> None:
    assert not build_ffi.outdated(made, COMMAND)


@pytest.mark.parametrize("changed", ["a.c", "with space.h"])
def test_a_change_of_anything_it_was_made_from_counts(made: Path, changed: str) -> None:
    os.utime(made.parent / changed)
    os.utime(made, (2000, 2000))
    assert build_ffi.outdated(made, COMMAND)


@pytest.mark.parametrize("gone", ["a.c", "with space.h", "a.o", "a.d", "a.command"])
def test_whatever_is_gone_it_is_made_again(made: Path, gone: str) -> None:
    (made.parent / gone).unlink()
    assert build_ffi.outdated(made, COMMAND)


def test_another_command_makes_it_again(made: Path) -> None:
    assert build_ffi.outdated(made, [*COMMAND, "-O2"])


def test_the_interpreter_of_the_tests_can_be_embedded() -> None:
    assert build_ffi.problem() is None


@pytest.mark.parametrize(
    ("version", "free_threaded", "library", "said"),
    [
        ((3, 10, 9), 0, True, "3.11 or newer"),
        ((3, 13, 0), 1, True, "free-threaded"),
        ((3, 12, 0), 0, False, "--enable-shared"),
    ],
)
def test_an_interpreter_that_cannot_be_embedded_is_told_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], free_threaded: int, library: bool, said: str
) -> None:
    known = build_ffi.sysconfig.get_config_var
    answers = {"Py_GIL_DISABLED": free_threaded}
    monkeypatch.setattr(build_ffi.sys, "version_info", version)
    monkeypatch.setattr(build_ffi.sysconfig, "get_config_var", lambda name: answers.get(name) or known(name))
    if not library:
        monkeypatch.setattr(build_ffi, "libpython", lambda: None)
    assert said in (build_ffi.problem() or "")
