"""The project that the subcommands which need an engine work on."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from perry_ffi.cli.engine import load_project
from perry_ffi.cli.main import Context, _parser

FILE = """
name: p
services:
  a: {image: i}
  b: {image: i, profiles: [x]}
  c: {image: i, profiles: [x]}
  d: {image: i, profiles: [y]}
"""


@pytest.mark.parametrize("words", [["-f", "compose.yaml"], ["-f", "-"]])
def test_services_that_are_named_bring_their_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    """Also where the file is read from standard input, which can be read only once."""
    (tmp_path / "compose.yaml").write_text(FILE)

    def services(*names: str) -> list[str]:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(FILE.encode())))
        arguments = _parser().parse_args([*words, "up", *names])
        return sorted(load_project(arguments, Context({}, str(tmp_path)), arguments.service).services)

    assert services() == ["a"]
    assert services("a") == ["a"]
    assert services("b") == ["a", "b", "c"]
    assert services("b", "d") == ["a", "b", "c", "d"]
