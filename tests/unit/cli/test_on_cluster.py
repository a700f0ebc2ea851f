from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.backends.fake.cluster import FakeCluster, Task, TaskScript
from perry_ffi.stack import identity
from perry_ffi.stack.cluster import follow, poll, waiting, watch
from tests.support.command_on_fake import Program

IMAGE = "registry.test/app:1"


class OnCluster(Program):
    """scripts: what tasks do, by service."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(folder, monkeypatch, capsys)
        self.scripts: dict[str, TaskScript] = {}
        self.cluster = FakeCluster(2, script=self._script)
        self.use(FakeBackend(World(), cluster=self.cluster))

    def _script(self, task: Task) -> TaskScript:
        return self.scripts.get(task.definition.labels[identity.SERVICE], TaskScript())


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> OnCluster:
    for module, name, seconds in (
        (poll, "SECONDS", 0.005), (follow, "QUIET_SECONDS", 0.02), (watch, "SOON_SECONDS", 0.01), (watch, "LATER_SECONDS", 0.01),
        (waiting, "SETTLED_SECONDS", 0.02),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, seconds)
    found = OnCluster(tmp_path, monkeypatch, capsys)
    found.file({"web": {"image": IMAGE, "scale": 2, "depends_on": ["db"]}, "db": {"image": IMAGE}})
    return found


def test_up_and_what_shows_it(program: OnCluster) -> None:
    program.run("--progress", "plain", "up", "-d")
    assert "db: created p_db" in program.err and "web: created p_web" in program.err
    assert "p: 2 created" in program.err
    table = program.run("ps").splitlines()
    assert table[0].split()[:2] == ["NAME", "NODE"]
    assert [line.split()[0] for line in table[1:]] == ["db.1", "web.1", "web.2"]
    rows = [json.loads(line) for line in program.run("ps", "--format", "json").splitlines()]
    assert {row["Node"] for row in rows} == {"n1", "n2"}
    assert program.json("ls", "--format", "json") == [
        {"Name": "p", "Status": "running(3)", "ConfigFiles": str(program.folder / "compose.yaml")}
    ]
    assert program.run("ps", "--services").split() == ["db", "web"]


def test_a_task_that_waits_is_shown_with_the_reason(program: OnCluster) -> None:
    program.run("up", "-d")
    for name in ("n1", "n2"):
        program.cluster.drain(name)
    program.cluster.clock.move(30.0)
    assert "no suitable node" in program.run("ps", "--no-trunc")


def test_what_a_test_says_is_shown(program: OnCluster) -> None:
    program.scripts["web"] = TaskScript(exit_code=3, stdout="fine\n", stderr="odd\n")
    assert program.run("test", "web", status=3) == "fine\n"
    assert "odd\n" in program.err and "exit code 3" in program.err


def test_verbs_speak_of_services(program: OnCluster) -> None:
    program.run("up", "-d")
    program.run("--progress", "plain", "stop")
    assert "web: stopped p_web" in program.err
    assert program.run("ps", "-q") == ""
    program.run("--progress", "plain", "start")
    assert "web: started p_web" in program.err
    program.run("--progress", "plain", "restart", "web")
    assert "web: restarted p_web" in program.err
    program.run("--progress", "plain", "scale", "web=1")
    assert "web: scaled p_web" in program.err
    program.run("rm", "-fs")
    assert program.run("ps", "-aq") == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["events", "--since", "1m"], "from now on"),
        (["run", "-p", "80:80", "web"], "--service-ports"),
    ],
)
def test_what_a_cluster_does_not_is_said_with_what_to_do(program: OnCluster, words: list[str], said: str) -> None:
    program.run("up", "-d")
    program.run(*words, status=1)
    assert said in program.err


def test_up_shows_logs_and_ends_with_its_tasks(program: OnCluster) -> None:
    program.file({"job": {"image": IMAGE, "restart": "no"}})
    program.scripts["job"] = TaskScript(exit_code=3, seconds=2000.0, stdout="hello\n")
    said = program.run("up", "--exit-code-from", "job", status=3)
    assert "job.1 | hello" in said
    assert "job.1 exited with code 3" in said


def test_logs(program: OnCluster) -> None:
    program.scripts["web"] = TaskScript(stdout="hello\n")
    program.run("up", "-d")
    assert sorted(program.run("logs", "web").splitlines()) == ["web.1 | hello", "web.2 | hello"]
    rows: list[dict[str, Any]] = [json.loads(line) for line in program.run("logs", "--format", "json").splitlines()]
    assert {row["node"] for row in rows} <= {"n1", "n2"}
