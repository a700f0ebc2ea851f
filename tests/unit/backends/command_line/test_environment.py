"""Variables beside words: what goes into the file, that each program reads the same of it, and that nothing of it is seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.apple import words
from perry_ffi.backends.command_line.environment import opened, parted, with_file
from perry_ffi.backends.command_line.invocation import CommandLine
from perry_ffi.backends.command_line.refusal import Table
from tests.engines.apple import values
from tests.engines.nerdctl import environment
from tests.unit.backends.command_line.hostile import HOSTILE

SECRET = "s3cret of a test"


@given(st.dictionaries(HOSTILE, HOSTILE, max_size=4))
def test_what_is_in_the_file_is_read_as_it_was_said(variables: dict[str, str]) -> None:
    """By both programs, of the lines that each is given; what is not in them is left for words."""
    for part, read in ((parted, environment.lines), (words.parted, values.file_of_variables)):
        lines, rest = part(variables)
        held = {name: text for name, text in variables.items() if name not in rest}
        assert rest == {name: variables[name] for name in rest}
        assert [line.partition("=")[0] for line in read(lines)] == list(held)
        assert [line.partition("=")[2] for line in read(lines)] == list(held.values())


def test_a_sign_that_melts_into_the_one_before_it_is_in_no_line() -> None:
    """For apple/container, whose language takes ``=`` and such a sign for one."""
    assert words.parted({"-x": "\u0338\t:"}) == ("", {"-x": "\u0338\t:"})


@pytest.mark.parametrize(
    "text", ["", "a", "-x", "--", "=", "a=b", '"', "'", "a b", "#", "é", "🙂", "$HOME", "\\n", ",", "x" * 50_000]
)
def test_usual_values_are_in_the_file(text: str) -> None:
    assert parted({"A": text}) == (f"A={text}\n", {})


@pytest.mark.parametrize(
    ("name", "text"),
    [("A", "a\nb"), ("A", "a\r"), ("A", "a "), ("A", "a\t"), ("A", "a\u2028b"), ("#A", "a"), ("A B", "a"), (" A", "a"), ("", "a"), ("A=", "a"),
     ("A", "x" * 64_000), ("A", "a\0"), ("A", "\udc80"), ("\ufeffA", "a")],
)  # fmt: skip
def test_what_no_line_holds_stays_a_word(name: str, text: str) -> None:
    assert parted({name: text}) == ("", {name: text})


def test_the_option_stands_behind_the_command() -> None:
    assert with_file(["create", "--name=a", "image", "x"], 11) == ["create", "--env-file=/dev/fd/11", "--name=a", "image", "x"]


def test_the_file_has_no_name_and_is_no_program_s_by_chance() -> None:
    file = opened("A=b\n")
    try:
        assert file > 2 and not os.get_inheritable(file) and os.read(file, 9) == b"A=b\n"
        assert os.fstat(file).st_nlink == 0 or "memfd" in os.readlink(f"/proc/self/fd/{file}")
    finally:
        os.close(file)


def line(folder: Path, text: str) -> CommandLine:
    program = folder / "program"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return CommandLine(str(program), ("ahead",), {"PATH": "/usr/bin:/bin"}, "the engine", 20.0, Table(()))


def files() -> int:
    return len(os.listdir("/proc/self/fd"))


READS = 'echo "$*" | sed "s/fd.[0-9]*/fd/"; cat "${3#--env-file=}"'
SAID = b"ahead make --env-file=/dev/fd x\nTOKEN=s3cret of a test\n"


@pytest.mark.anyio
async def test_the_program_reads_it_and_nobody_sees_it(tmp_path: Path) -> None:
    own = line(tmp_path, READS)
    variables = f"TOKEN={SECRET}\n"
    before = files()
    assert (await own.ask(["make", "x"], doing="make", variables=variables)).stdout == SAID
    assert (await own.change(["make", "x"], doing="make", variables=variables)).stdout == SAID
    own = line(tmp_path, "tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' ' ' < /proc/$$/environ")
    assert SECRET.encode() not in (await own.ask(["make", "x"], doing="make", variables=variables)).stdout
    assert files() == before


@pytest.mark.anyio
async def test_a_command_whose_output_is_read_as_it_comes(tmp_path: Path) -> None:
    before = files()
    program = await line(tmp_path, READS).start(["make", "x"], doing="make", variables=f"TOKEN={SECRET}\n")
    program.stdin.close()
    said = b""
    while piece := await program.read(program.outputs["stdout"]):
        said += piece
    assert said == SAID and await program.wait() == 0
    program.close()
    assert files() == before


@pytest.mark.anyio
async def test_nothing_stays_open_of_one_that_does_not_start(tmp_path: Path) -> None:
    own = line(tmp_path, "true")
    Path(own.program).unlink()
    before = files()
    with pytest.raises(Exception, match="not there any more"):
        await own.ask(["make", "x"], doing="make", variables="A=b\n")
    assert files() == before


@pytest.mark.anyio
async def test_every_line_of_a_long_one(tmp_path: Path) -> None:
    lines = "".join(f"V{number}={'x' * 1000}\n" for number in range(500))
    said = await line(tmp_path, 'cat "${3#--env-file=}"').ask(["make", "x"], doing="make", variables=lines)
    assert said.stdout.decode() == lines
