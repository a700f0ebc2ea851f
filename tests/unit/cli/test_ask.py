"""Questions: asked on a terminal, answered by a line of standard input else."""

from __future__ import annotations

import io
import os
import pty
import sys

import pytest

from perry_ffi.cli.ask import agreed
from perry_ffi.cli.screen import Screen

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(("text", "answer"), [("y\n", True), ("YES\n", True), ("n\n", False), ("", False), ("x", False)])
async def test_a_pipe_answers_and_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, answer: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert await agreed("remove a?", Screen({}), "-f") is answer
    said = capsys.readouterr()
    assert said.out == "" and ("-f does it without asking" in said.err) is not answer and "[y/N]" not in said.err


async def test_a_closed_standard_input_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert not await agreed("remove a?", Screen({}), "-f")


@pytest.mark.parametrize(("typed", "answer"), [(b"y\n", True), (b"\n", False)])
async def test_a_terminal_is_asked(monkeypatch: pytest.MonkeyPatch, typed: bytes, answer: bool) -> None:
    here, there = pty.openpty()
    with os.fdopen(there) as stdin, os.fdopen(os.dup(there), "w") as stderr:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stderr", stderr)
        os.write(here, typed)
        assert await agreed("remove a?", Screen({}), "-f") is answer
        seen = b""
        while b"remove a? [y/N]" not in seen:  # What is typed is seen, too.
            seen += os.read(here, 4096)
    os.close(here)
