"""``perry-compose`` as a program, on real engines: up, ps, logs, down, and what Ctrl-C does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.live.stack_support import Stacks, environ, held, nothing_of, stacks  # noqa: F401

pytestmark = pytest.mark.anyio
PROGRAM = [sys.executable, "-m", "perry_ffi.cli.main"]


class Shell:
    """The program, started beside a Compose file."""

    def __init__(self, stacks: Stacks, document: dict[str, Any]) -> None:  # noqa: F811
        self._folder: Path = stacks.folder
        self._environ = {**environ(stacks.engine, stacks.folder), "PYTHONPATH": os.pathsep.join(sys.path)}
        (self._folder / "compose.yaml").write_text(json.dumps(document))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen([*PROGRAM, *words], cwd=self._folder, env=self._environ, stdout=pipe, stderr=pipe, text=True)

    def run(self, *words: str) -> tuple[str, str]:
        """What it says on its two outputs; it has to succeed."""
        process = self.begin(*words)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, (words, out, err)
        return out, err


async def test_from_up_to_down(stacks: Stacks) -> None:  # noqa: F811
    talks = ["sh", "-c", "echo hello; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    shell = Shell(stacks, stacks.spec({"web": {"command": talks, "depends_on": ["db"]}, "db": {}}))
    plan = json.loads(shell.run("up", "--dry-run", "--format", "json")[0])
    assert nothing_of(stacks.engine, stacks.prefix)
    _, said = shell.run("up", "-d")
    assert len(said.splitlines()) == len(plan["steps"]), said
    assert shell.run("up", "-d")[1] == f"{stacks.prefix}: nothing to do\n"
    rows = json.loads(shell.run("ps", "--format", "json")[0])
    assert {row["service"]: row["status"] for row in rows} == {"web": "running", "db": "running"}
    assert f"{stacks.prefix}-web-1" in shell.run("ps")[0]
    assert shell.run("logs", "--no-log-prefix", "web")[0] == "hello\n"
    shell.run("down", "-t", "1")
    assert nothing_of(stacks.engine, stacks.prefix)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_interrupted(stacks: Stacks, number: signal.Signals) -> None:  # noqa: F811
    """An ``up`` that is interrupted, and again while it puts back, leaves what was there, and ends with 130."""
    probe = {"test": ["CMD", "false"], "interval": "1s", "retries": 600, "start_period": "600s"}
    before = stacks.spec({"old": {}})
    after = stacks.spec({
        "old": {"environment": {"NEW": "1"}, "stop_grace_period": "1s"},
        "never": {"healthcheck": probe},
        "waits": {"depends_on": {"never": {"condition": "service_healthy"}, "old": {"condition": "service_started"}}},
    })  # fmt: skip
    Shell(stacks, before).run("up", "-d")
    was = held(stacks.engine, stacks.prefix)
    process = Shell(stacks, after).begin("up", "-d")
    assert process.stderr is not None
    while "start container" not in (line := process.stderr.readline()) or "never" not in line:
        assert line
    for _ in range(3):
        process.send_signal(number)
        time.sleep(0.05)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "everything is as it was" in said and "Traceback" not in said
    assert held(stacks.engine, stacks.prefix) == was


async def test_a_project_is_named_in_the_folder_of_another(stacks: Stacks) -> None:  # noqa: F811
    """The file that lies there is not its file: it is listed, read and taken down as the engine holds it."""
    talks = ["sh", "-c", "echo hello; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    other = stacks.spec({"web": {"command": talks}, "db": {}}, volumes={"kept": {}})
    await stacks.up({**other, "name": f"{stacks.prefix}other"})
    shell = Shell(stacks, stacks.spec({"here": {}}, networks={"default": {"name": f"{stacks.prefix}other_default", "external": True}}))
    named = ("-p", f"{stacks.prefix}other")
    assert {row["service"] for row in json.loads(shell.run(*named, "ps", "--format", "json")[0])} == {"web", "db"}
    assert shell.run(*named, "logs", "--no-log-prefix")[0] == "hello\n"
    _, said = shell.run(*named, "down", "-t", "1")
    assert "orphan" not in said and nothing_of(stacks.engine, stacks.prefix)
