"""The two examples of the README: their text, and what they print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from perry_ffi.config import places
from tests.examples.conftest import EXAMPLES, ROOT

NOBODY = {"PATH": "/nonexistent", "HOME": "/nonexistent"}
"""An environment that leads to no engine, but for a daemon on the system's own socket."""


@pytest.mark.parametrize(("name", "language"), [("hello.c", "c"), ("hello_ctypes.py", "python")])
def test_the_readme_shows_the_example_as_it_is(name: str, language: str) -> None:
    text = (EXAMPLES / name).read_text()
    assert f"```{language}\n{text}```\n" in (ROOT / "README.md").read_text()


def test_the_c_example_prints_a_row_for_every_engine(compiled: Callable[[str], Path]) -> None:
    done = subprocess.run([compiled("hello.c")], env=NOBODY, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert {"docker", "podman"} <= rows.keys()
    assert rows["podman"]["remedy"] or rows["podman"]["available"]


def test_the_ctypes_example_prints_a_line_for_every_engine() -> None:
    command = [sys.executable, EXAMPLES / "hello_ctypes.py", places().library]
    done = subprocess.run(command, env=NOBODY, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    names = [line.split(":")[0] for line in done.stdout.splitlines()]
    assert {"docker", "podman"} <= set(names)


def test_the_ctypes_example_says_why_it_fails() -> None:
    command = [sys.executable, EXAMPLES / "hello_ctypes.py", places().library]
    environ = {**os.environ, "PERRY_CONTAINER_MODE": "sideways"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("failed: PERRY_CONTAINER_MODE")
