"""Whose folders of engines a run takes away."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.engines import leavings


@pytest.fixture
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a process that has ended."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen(["true"])
    ended.wait()
    folder = leavings.own_folder("left-")
    return folder.rename(tmp_path / f"left-{ended.pid}-x")


def test_a_folder_of_a_process_that_is_gone_is_taken_away(gone: Path) -> None:
    own = leavings.own_folder("left-")
    assert not gone.exists() and own.exists()
    assert leavings.own_folder("left-").exists() and own.exists(), "its process lives"


def test_one_whose_process_is_not_seen_from_here_is_left_alone(gone: Path) -> None:
    (gone / ".processes").unlink()
    (gone / ".processes").symlink_to("pid:[1]")
    leavings.own_folder("left-")
    assert gone.exists()
