"""Daemons of the tests that end by themselves: started again, with a word on how they ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.daemon import Daemon

WORDS = "[ ! -e left ] || exit 3; echo begun; touch up left; exec sleep 600"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    found = Daemon("little", ["/bin/sh", "-c", WORDS], tmp_path, leaves=[tmp_path / "left"])
    yield found
    found.stop()


def started_and_killed(daemon: Daemon, folder: Path) -> None:
    daemon.start((folder / "up").exists)
    assert daemon.process is not None
    daemon.process.kill()
    daemon.process.wait()
    (folder / "up").unlink()


def test_one_that_lives_or_was_never_started_is_left_alone(daemon: Daemon, tmp_path: Path) -> None:
    assert daemon.revive() is None and daemon.process is None
    daemon.start((tmp_path / "up").exists)
    before = daemon.process
    assert daemon.revive() is None and daemon.process is before


def test_one_that_was_killed_runs_again_and_its_end_is_told(daemon: Daemon, tmp_path: Path) -> None:
    started_and_killed(daemon, tmp_path)
    said = daemon.revive()
    assert said is not None and "little had ended (status -9)" in said and "begun" in said
    assert daemon.process is not None and daemon.process.poll() is None and (tmp_path / "up").exists()


def test_one_that_did_not_start_again_is_tried_anew(daemon: Daemon, tmp_path: Path) -> None:
    started_and_killed(daemon, tmp_path)
    daemon._argv[-1] = "exit 7"
    with pytest.raises(RuntimeError, match="did not start"):
        daemon.revive()
    daemon._argv[-1] = WORDS
    assert "it did not start" in (daemon.revive() or "")
    assert daemon.process is not None and daemon.process.poll() is None
