from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.cli.commands.run import _options
from perry_ffi.cli.main import Invocation
from perry_ffi.cli.usage import Usage
from perry_ffi.errors import ContainerError
from perry_ffi.stack.one_off_spec import OneOff
from tests.support.command_line import parsed


def options(tmp_path: Path, *words: str) -> OneOff:
    return _options(parsed(["run", *words]), Invocation({"HERE": "h"}, str(tmp_path)), False)


def test_what_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "e").write_text("A=file\nF=$HERE\n")
    found = options(tmp_path, "--rm", "--env-from-file", "e", "-e", "A=1", "-e", "HERE", "-e", "NONE", "--entrypoint", "sh -c 'a b'", "-l", "x=y",
                    "--pull", "build", "--no-deps", "-v", "/a:/b", "-p", "80", "job", "go", "--now")  # fmt: skip
    assert (found.cmd, found.entrypoint, found.env) == (["go", "--now"], ["sh", "-c", "a b"], {"A": "1", "F": "h", "HERE": "h"})
    assert (found.rm, found.build, found.pull, found.dependencies, found.labels) == (True, True, None, False, {"x": "y"})
    assert (found.tty, found.stdin, found.no_recreate) == (False, True, False)
    assert options(tmp_path, "--pull", "if_not_present", "job").pull == "missing"
    assert options(tmp_path, "job").cmd is None and options(tmp_path, "--entrypoint", "", "job").entrypoint == []


def test_in_the_background_terminal_and_input_are_the_services(tmp_path: Path) -> None:
    found = options(tmp_path, "-d", "job")
    assert (found.tty, found.stdin) == (None, None)


def test_both_spellings(tmp_path: Path) -> None:
    assert parsed(["run", "--no-TTY", "job"]).no_tty and parsed(["run", "--no-tty", "job"]).no_tty


def test_what_contradicts_itself(tmp_path: Path) -> None:
    for words in (
        ["-P", "-p", "80", "job"],
        ["--entrypoint", "'", "job"],
        ["--pull", "x", "job"],
        ["--pull", "policy", "job"],
        [],
    ):
        with pytest.raises(Usage):
            options(tmp_path, *words)
    with pytest.raises(ContainerError):
        options(tmp_path, "--env-from-file", "none", "job")
