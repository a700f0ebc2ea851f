"""What the program writes to: a terminal of a size, or none."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import Iterator
from typing import TextIO

import pytest

from perry_ffi.cli.screen import Screen


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    here, there = pty.openpty()
    with os.fdopen(there, "w") as stream:
        yield stream
    os.close(here)


def sized(stream: TextIO, columns: int, rows: int) -> None:
    fcntl.ioctl(stream.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@pytest.mark.parametrize(
    ("given", "found"), [((120, 40), (120, 40)), ((30, 6), (30, 6)), ((0, 0), (80, 24)), ((5, 2), (5, 2)), ((1, 1), (80, 24))]
)
def test_its_size_is_as_it_is(
    monkeypatch: pytest.MonkeyPatch, terminal: TextIO, given: tuple[int, int], found: tuple[int, int]
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    sized(terminal, *given)
    assert Screen({}).error_size == found


def test_without_a_terminal_it_is_what_is_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert Screen({}).error_size == (80, 24) and Screen({}).error_width is None


@pytest.mark.parametrize(
    ("env", "progress"),
    [
        ({"TERM": "xterm"}, "tty"),
        ({"TERM": "dumb"}, "plain"),
        ({}, "plain"),
        ({"TERM": "xterm", "CI": "true"}, "plain"),
        ({"TERM": "xterm", "COMPOSE_PROGRESS": "json"}, "json"),
        ({"TERM": "xterm", "COMPOSE_PROGRESS": "odd"}, "plain"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "tty"),
        ({"TERM": "xterm", "COMPOSE_ANSI": "never"}, "plain"),
    ],
)
def test_how_work_is_shown_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, terminal: TextIO, env: dict[str, str], progress: str
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    assert Screen(env).progress == progress


@pytest.mark.parametrize(
    ("env", "colours"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "CLICOLOR": "0"}, False),
        ({"TERM": "dumb", "CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "COMPOSE_ANSI": "never"}, False),
    ],
)
def test_whether_there_are_colours_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, terminal: TextIO, env: dict[str, str], colours: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    assert Screen(env).error_colours is colours
