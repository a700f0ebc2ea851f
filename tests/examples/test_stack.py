"""The stack example on both engines: what it shows, and that nothing is left, whatever happens."""

from __future__ import annotations

import re
import secrets
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines import image
from tests.engines.private import Engine
from tests.examples.conftest import EXAMPLES
from tests.examples.test_demo import context, environ

__all__ = ["context"]

FOLDER = EXAMPLES / "stack"


@pytest.fixture
def name() -> str:
    return f"perry-stack-{secrets.token_hex(4)}"


def stack(program: Path, engine: Engine, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], env=environ(engine), capture_output=True, text=True, timeout=280)


def numbered(out: str) -> list[tuple[int, str]]:
    """The progress records that were printed: their number and the rest."""
    return [(int(number), rest) for number, rest in re.findall(r"^ {13} *(\d+)  (.*)$", out, re.MULTILINE)]


def test_the_stack_shows_its_steps_logs_and_state_and_leaves_nothing(
    compiled: Callable[[str], Path], engine: Engine, context: Path, name: str
) -> None:
    before = image.objects(engine.socket)
    done = stack(compiled("stack.c"), engine, FOLDER, context, name)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    steps = [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert steps == ["engine", "up", "up", "ps", "status", "logs", "down", "down"]

    records = numbered(done.stdout)
    numbers = [number for number, _ in records]
    assert numbers == sorted(set(numbers))
    told = [" ".join(rest.split()) for _, rest in records]
    assert not [line for line in told if line.startswith(("failed", "warning", "rollback"))], told
    healthy = told.index("done wait web healthy")
    assert healthy < told.index(f"started start container {name}-visitor-1")
    assert told.index(f"done start container {name}-site-1") < told.index(f"started start container {name}-web-1")
    for made in ("build image", "create network", "create volume", "remove container", "remove network", "remove volume"):
        assert any(line.startswith(f"done {made} ") for line in told), made

    assert re.search(r"^ +web +running +healthy ", done.stdout, re.MULTILINE)
    visits = re.findall(r"^ +visitor *\| visit (\d): page \d+ of the site$", done.stdout, re.MULTILINE)
    assert visits == ["1", "2", "3"]
    assert re.search(r"^ +site *\| the first page is written$", done.stdout, re.MULTILINE)
    assert "removed: 3 containers, 1 networks, 1 volumes" in done.stdout
    assert image.objects(engine.socket) == before


def test_a_service_that_never_gets_ready_is_told_and_leaves_nothing(
    compiled: Callable[[str], Path], engine: Engine, context: Path, name: str, tmp_path: Path
) -> None:
    before = image.objects(engine.socket)
    text = (FOLDER / "compose.yaml").read_text()
    (tmp_path / "compose.yaml").write_text(text.replace("- sh\n      - -c", "- sh\n      - -x\n      - /nowhere", 1))
    done = stack(compiled("stack.c"), engine, tmp_path, context, name)
    assert done.returncode == 1, done.stdout
    assert "up           failed, ServiceStartupFailed" in done.stdout
    assert "rollback done" in done.stdout
    assert image.objects(engine.socket) == before


def test_what_an_interrupted_stack_left_can_be_removed(
    compiled: Callable[[str], Path], engine: Engine, context: Path, name: str
) -> None:
    before = image.objects(engine.socket)
    program = compiled("stack.c")
    command = [program, FOLDER, context, name]
    with subprocess.Popen(command, env=environ(engine), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        next(line for line in running.stdout if "started   wait" in line or "started  wait" in line)
        running.send_signal(signal.SIGINT)
    assert running.returncode == -signal.SIGINT, "the library must leave the host's SIGINT alone"
    assert image.objects(engine.socket) != before
    removed = stack(program, engine, "--remove", name)
    assert removed.returncode == 0, removed.stdout
    assert image.objects(engine.socket) == before
