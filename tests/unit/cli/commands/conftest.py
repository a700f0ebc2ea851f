from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_on_fake import Program


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program in a folder of its own, on an engine in memory."""
    return Program(tmp_path, monkeypatch, capsys)
