"""The demo on both engines: what it prints, and that nothing is left, whatever happens."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines import image
from tests.engines.private import Engine
from tests.examples.conftest import EXAMPLES, ROOT


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """The folder that the demo's image is built from."""
    folder = tmp_path / "image"
    shutil.copytree(EXAMPLES / "image", folder)
    shutil.copy2(image.busybox(), folder / "busybox")
    return folder


def environ(engine: Engine) -> dict[str, str]:
    variable = "DOCKER_HOST" if engine.name == "docker" else "CONTAINER_HOST"
    # An engine of a busy machine takes its time to answer a probe.
    patience = {"PERRY_CONTAINER_PROBE_TIMEOUT": "60"}
    return {**os.environ, **patience, variable: engine.host, "PERRY_CONTAINER_BACKEND": engine.name}


@pytest.fixture
def name() -> str:
    return f"perry-demo-{secrets.token_hex(4)}"


def demo(program: Path, engine: Engine, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], env=environ(engine), capture_output=True, text=True, timeout=200)


def test_the_demo_shows_the_container_s_own_lines_and_leaves_nothing(
    compiled: Callable[[str], Path], engine: Engine, context: Path, name: str
) -> None:
    before = image.objects(engine.socket)
    done = demo(compiled("demo.c"), engine, context, name)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    steps = [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert steps == ["engine", "build", "run", "follow", "exec", "inspect", "stop", "remove"]
    logged = re.findall(r"^ +\| (.*)$", done.stdout, re.MULTILINE)
    lines = [f"line {i} of 5, written by process 1 in the container" for i in range(1, 6)]
    assert logged == [*lines, "asked to stop, good bye"]
    assert done.stdout.index("line 1 of 5") < done.stdout.index("stop  "), "the log is not followed while it runs"
    assert image.objects(engine.socket) == before


def test_a_build_that_fails_is_told_and_leaves_nothing(
    compiled: Callable[[str], Path], engine: Engine, context: Path, name: str
) -> None:
    before = image.objects(engine.socket)
    (context / "busybox").unlink()
    done = demo(compiled("demo.c"), engine, context, name)
    assert done.returncode == 1
    assert "build        failed, BackendError" in done.stdout
    assert image.objects(engine.socket) == before


def test_what_an_interrupted_demo_left_can_be_removed(
    compiled: Callable[[str], Path], engine: Engine, context: Path, name: str
) -> None:
    before = image.objects(engine.socket)
    program = compiled("demo.c")
    command = [program, context, name]
    with subprocess.Popen(command, env=environ(engine), stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        next(line for line in running.stdout if "line 1 of 5" in line)
        running.send_signal(signal.SIGINT)
    assert running.returncode == -signal.SIGINT, "the library must leave the host's SIGINT alone"
    assert demo(program, engine, "--remove", name).returncode == 0
    assert image.objects(engine.socket) == before


def test_without_an_engine_the_demo_says_what_to_do(compiled: Callable[[str], Path], tmp_path: Path) -> None:
    nowhere = {"PATH": "/nonexistent", "DOCKER_HOST": f"unix://{tmp_path}/none.sock", "PERRY_CONTAINER_BACKEND": "docker"}
    done = subprocess.run([compiled("demo.c"), tmp_path, "none"], env=nowhere, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "none answers" in done.stdout
    assert "remedy" in done.stdout


def test_make_demo_ends_well_and_leaves_no_file_and_no_process(engine: Engine, tmp_path: Path) -> None:
    before = image.objects(engine.socket)
    temporary = tmp_path / "t"
    temporary.mkdir()
    command = ["make", "--no-print-directory", "demo"]
    runtime = tmp_path / "r"
    runtime.mkdir()
    variables = {**environ(engine), "TMPDIR": str(temporary), "XDG_RUNTIME_DIR": str(runtime)}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=290)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^ +\| line \d of 5", done.stdout, re.MULTILINE)) == 5
    assert len(re.findall(r"^ +visitor *\| visit \d: page", done.stdout, re.MULTILINE)) == 3
    assert list(temporary.iterdir()) == [] and list(runtime.iterdir()) == []
    assert image.objects(engine.socket) == before
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(temporary).encode() in reading(path)]


def reading(path: Path) -> bytes:
    """What a file of /proc holds; nothing if its process has just ended."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
