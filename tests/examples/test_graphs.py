"""The examples about workload graphs on both engines: what they show, and that nothing is left."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines import image
from tests.engines.private import Engine
from tests.examples.test_demo import environ

NODES = ["db", "build", "unit", "lint", "integration", "verdict", "publish", "discard"]


@pytest.fixture
def name() -> str:
    return f"perry-graph-{secrets.token_hex(4)}"


def told(program: Path, engine: Engine, *arguments: str) -> list[list[str]]:
    """What the program printed, word by word; it must have ended well and left nothing."""
    before = image.objects(engine.socket)
    done = subprocess.run(
        [program, image.IMAGE, *arguments], env=environ(engine), capture_output=True, text=True, timeout=200, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert image.objects(engine.socket) == before
    return [line.split() for line in done.stdout.splitlines()]


def phases(rows: list[list[str]]) -> dict[str, str]:
    return {row[1]: row[2] for row in rows if row[:1] == ["phase"]}


def test_a_pipeline_publishes_what_all_checks_find_good(compiled: Callable[[str], Path], engine: Engine, name: str) -> None:
    rows = told(compiled("pipeline.c"), engine, name)
    ends = phases(rows)
    assert list(ends) == NODES
    assert ends.pop("db") == "stopped", "no job needs it any more"
    assert ends.pop("discard") == "skipped"
    assert set(ends.values()) == {"succeeded"}
    assert ["unit", "a", "program"] in rows and ["publish", "published", "1.4.2"] in rows
    assert ["publish", "succeeded"] in rows, "its event"
    assert rows[-1] == ["down", "7", "containers,", "1", "networks,", "1", "volumes"]


def test_a_pipeline_takes_away_what_a_check_refuses(compiled: Callable[[str], Path], engine: Engine, name: str) -> None:
    rows = told(compiled("pipeline.c"), engine, name, "--break")
    ends = phases(rows)
    assert [node for node in NODES if ends[node] == "failed"] == ["unit", "verdict"]
    assert [node for node in NODES if ends[node] == "skipped"] == ["publish"]
    assert [node for node in NODES if ends[node] == "succeeded"] == ["build", "lint", "integration", "discard"]
    assert ["unit", "1", "of", "12", "tests", "failed"] in rows and ["discard", "discarded"] in rows


def test_a_data_job_fans_out_and_repeats_nothing_that_is_done(compiled: Callable[[str], Path], engine: Engine, name: str) -> None:
    rows = told(compiled("fanout.c"), engine, name, "5")
    assert ["tell", "5050", "from", "5", "shares"] in rows
    assert "again 8 of 8 jobs were done already" in [" ".join(row) for row in rows]
    assert rows[-1] == ["down", "8", "containers,", "1", "networks,", "0", "volumes"]
