"""``perry-compose`` as a process: interrupts from its first moment on, outputs that take nothing, streams that are closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.interrupts import interrupted

ROUNDS = int(os.environ.get("PERRY_TEST_INTERRUPTS", "12"))
"""Interrupts of each command; 200 are many."""
WITHIN = 0.3
PROGRAM = Path(sys.executable).with_name("perry-compose")
FILE = "services:\n  web: {image: nginx, environment: {A: '1'}}\n"
COMMANDS = {
    "version": ["version"],
    "config": ["config"],
    "config that fails": ["-f", "none.yaml", "config"],
    "help": ["--help"],
    "wrong usage": ["config", "--nonsense"],
    "no engine": ["ps"],
}
NOWHERE = {"DOCKER_HOST": "unix:///nonexistent/engine.sock"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert PROGRAM.exists(), f"{PROGRAM} is not there: make build"
    (tmp_path / "compose.yaml").write_text(FILE)
    return tmp_path


def environ(unbuffered: bool = False) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**plain, **NOWHERE, **({"PYTHONUNBUFFERED": "1"} if unbuffered else {})}


def shell(line: str, folder: Path, **more: bool) -> tuple[int, str, str]:
    """What a line of bash does; ``perry-compose`` in it is the program."""
    words = ["bash", "-c", f'perry-compose() {{ command {PROGRAM} "$@"; }}; {line}']
    done = subprocess.run(words, cwd=folder, env=environ(**more), capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_interrupts_are_silent(folder: Path, command: str) -> None:
    interrupted([str(PROGRAM), *COMMANDS[command]], ROUNDS, WITHIN, cwd=folder, env=environ())


def test_the_first_moments_are_no_exception(folder: Path) -> None:
    """While the program, Python, and the program in Python start, one after the other."""
    found = interrupted([str(PROGRAM), "version"], 4 * ROUNDS, 0.04, cwd=folder, env=environ())
    assert found[-signal.SIGINT]


def test_an_interrupt_that_is_ignored_stays_so(folder: Path) -> None:
    line = f"trap '' INT; {PROGRAM} config & sleep 0.05; kill -INT $!; wait $!"
    status, out, _ = shell(line, folder)
    assert status == 0 and "nginx" in out


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("words", ["config", "version", "config --services", "", "--help", "up --help"])
def test_a_full_disk_is_told_in_one_line(folder: Path, words: str, unbuffered: bool) -> None:
    status, _, said = shell(f"perry-compose {words} >/dev/full", folder, unbuffered=unbuffered)
    assert (status, said) == (1, "perry-compose: standard output: No space left on device\n")


def test_a_full_disk_behind_a_file_that_is_named(folder: Path) -> None:
    status, _, said = shell("perry-compose config -o /dev/full", folder)
    assert (status, said) == (1, "perry-compose: /dev/full: cannot be written: No space left on device\n")


def test_a_reader_that_has_gone_needs_no_words(folder: Path) -> None:
    (folder / "compose.yaml").write_text("services:\n" + "".join(f"  s{i}: {{image: nginx}}\n" for i in range(3000)))
    for words in ("config", "config --images", "config --format json"):
        status, out, said = shell(f"perry-compose {words} | head -n 1; exit ${{PIPESTATUS[0]}}", folder)
        assert len(out.splitlines()) == 1 and said == "" and status == ("--images" not in words), words


@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_slow_reader_gets_all_of_it(folder: Path, unbuffered: bool) -> None:
    """Also from an output that another program made non-blocking, and that takes a part at a time."""
    (folder / "compose.yaml").write_text("services:\n" + "".join(f"  s{i}: {{image: nginx}}\n" for i in range(3000)))
    whole = shell("perry-compose config", folder)[1]
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    process = subprocess.Popen(
        [PROGRAM, "config"], cwd=folder, env=environ(unbuffered), stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    time.sleep(0.5)
    with open(reader, encoding="utf-8") as stream:
        assert stream.read() == whole and len(whole) > 100_000
    assert process.communicate(timeout=60)[1] == "" and process.returncode == 0


def test_words_that_nobody_hears_change_nothing(folder: Path) -> None:
    """The work goes on where standard error is full or closed."""
    (folder / "compose.yaml").write_text("version: '3'\n" + FILE)
    for where in ("2>/dev/full", "2>&-"):
        status, out, _ = shell(f"perry-compose config {where}", folder)
        assert status == 0 and out.startswith("name:") and "warning" not in out, where
    assert shell("perry-compose -f none.yaml config 2>/dev/full", folder)[0] == 1


def test_streams_that_are_closed(folder: Path) -> None:
    assert shell("perry-compose config >&-", folder) == (1, "", "perry-compose: standard output: Bad file descriptor\n")
    status, _, said = shell("perry-compose -f - config <&-", folder)
    assert status == 1 and said == "perry-compose: standard input: cannot be read: Bad file descriptor\n"
    status, _, said = shell("perry-compose -f - config </", folder)
    assert status == 1 and "standard input: cannot be read: Bad file descriptor" in said


def test_a_language_without_these_letters(folder: Path) -> None:
    (folder / "compose.yaml").write_text("services:\n  web: {image: nginx, environment: {A: 'äöü ✔'}}\n", encoding="utf-8")
    status, out, said = shell("PYTHONIOENCODING=ascii perry-compose config", folder)
    assert (status, said) == (0, "") and "äöü ✔" in out


def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    """The program is of a virtual environment that was moved away, say: it takes one of its version from elsewhere."""
    moved = tmp_path / "perry-compose"
    moved.write_bytes(PROGRAM.read_bytes())
    moved.chmod(0o755)
    done = subprocess.run([moved, "version"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("perry-compose version")


@pytest.mark.parametrize("words", ["up -t nan", "up -t -1", "up --wait-timeout inf", "down -t x", "down --timeout=-0.5"])
def test_seconds_that_cannot_be(folder: Path, words: str) -> None:
    status, out, said = shell(f"perry-compose {words}", folder)
    assert (status, out) == (2, "") and "expected a number of seconds from 0" in said
