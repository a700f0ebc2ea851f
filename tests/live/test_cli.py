"""``perry-compose`` as a program, on real engines: up, ps, logs, down, and what Ctrl-C does."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from tests.engines.private import Engines
from tests.live.conftest import IMAGE, missing
from tests.live.stack_support import SERVE, Stacks, environ, held, nothing_of, stacks  # noqa: F401
from tests.support.interrupts import interrupted

pytestmark = pytest.mark.anyio
_GIVEN = os.environ.get("PERRY_TEST_COMPOSE")
"""Another perry-compose that is tested: the one of build/static, say."""
PROGRAM = [_GIVEN] if _GIVEN else [sys.executable, "-m", "perry_ffi.cli.main"]
INSTALLED = _GIVEN or str(Path(sys.executable).with_name("perry-compose"))
ROUNDS = int(os.environ.get("PERRY_TEST_INTERRUPTS", "3"))
"""Interrupts of each command; 200 are many."""


class Shell:
    """The program, started beside a Compose file."""

    def __init__(self, stacks: Stacks, document: dict[str, Any]) -> None:
        self._folder: Path = stacks.folder
        self._environ = {**environ(stacks.engine, stacks.folder), "PYTHONPATH": os.pathsep.join(sys.path)}
        (self._folder / "compose.yaml").write_text(json.dumps(document))

    def interrupted(self, *words: str, before: Callable[[], object] = lambda: None) -> None:
        """Interrupts the installed program at moments all over its first second."""
        interrupted([INSTALLED, *words], ROUNDS, 1.0, before, 0, cwd=self._folder, env=self._environ)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen([*PROGRAM, *words], cwd=self._folder, env=self._environ, stdout=pipe, stderr=pipe, text=True)

    def run(self, *words: str) -> tuple[str, str]:
        """What it says on its two outputs; it has to succeed."""
        process = self.begin(*words)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, (words, out, err)
        return out, err


async def test_what_keeps_an_engine_from_work(stacks: Stacks) -> None:
    """Nothing does: it is told as it is, and as the one that is used."""
    name, shell = stacks.engine.name, Shell(stacks, stacks.spec({}))
    out, err = shell.run("doctor")
    row = next(line.split() for line in out.splitlines() if line.startswith(f"{name} "))
    assert row[1] == "ready" and f"\n{name} " in out and " is used: " in out and err == ""
    report = json.loads(shell.run("doctor", "--format", "json")[0])
    assert (report["healthy"], report["chosen"]) == (True, name)
    assert not [one for one in report["symptoms"] if one["runtime"] == name and one["weight"] == "error"]


async def test_from_up_to_down(stacks: Stacks) -> None:
    talks = ["sh", "-c", "echo hello; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    shell = Shell(stacks, stacks.spec({"web": {"command": talks, "depends_on": ["db"]}, "db": {}}))
    plan = json.loads(shell.run("up", "--dry-run", "--format", "json")[0])
    assert nothing_of(stacks.engine, stacks.prefix)
    _, said = shell.run("up", "-d")
    done = [line for line in said.splitlines() if line.startswith(" ✔ ")]
    assert len(done) == len(plan["steps"]) and said.splitlines()[-1].startswith(f"{stacks.prefix}: 2 started in "), said
    assert shell.run("up", "-d")[1] == f"{stacks.prefix}: nothing to do\n"
    rows = [json.loads(line) for line in shell.run("ps", "--format", "json")[0].splitlines()]
    assert {row["Service"]: row["State"] for row in rows} == {"web": "running", "db": "running"}
    assert f"{stacks.prefix}-web-1" in shell.run("ps")[0]
    assert shell.run("logs", "--no-log-prefix", "web")[0] == "hello\n"
    shell.run("down", "-t", "1")
    assert nothing_of(stacks.engine, stacks.prefix)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_interrupted(stacks: Stacks, number: signal.Signals) -> None:
    """An ``up`` that is interrupted, and again while it puts back, leaves what was there, and ends with its status."""
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
    while "never: started" not in (line := process.stderr.readline()):
        assert line
    for _ in range(3):
        process.send_signal(number)
        time.sleep(0.05)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 128 + number, said
    assert "everything is as it was" in said and "Traceback" not in said
    assert held(stacks.engine, stacks.prefix) == was


async def test_a_project_is_named_in_the_folder_of_another(stacks: Stacks) -> None:
    """The file that lies there is not its file: it is listed, read and taken down as the engine holds it."""
    talks = ["sh", "-c", "echo hello; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    other = stacks.spec({"web": {"command": talks}, "db": {}}, volumes={"kept": {}})
    await stacks.up({**other, "name": f"{stacks.prefix}other"})
    shell = Shell(
        stacks, stacks.spec({"here": {}}, networks={"default": {"name": f"{stacks.prefix}other_default", "external": True}})
    )
    named = ("-p", f"{stacks.prefix}other")
    assert shell.run(*named, "ps", "--services")[0] == "db\nweb\n"
    assert shell.run(*named, "logs", "--no-log-prefix")[0] == "hello\n"
    _, said = shell.run(*named, "down", "-t", "1")
    assert "orphan" not in said and nothing_of(stacks.engine, stacks.prefix)


async def test_a_stack_on_the_server_that_is_named(engines: Engines, tmp_path: Path) -> None:
    """With both engines there: the named one has it, and without its name the one that has it is taken, and told of."""
    if missing_here := [name for name in ("docker", "podman") if name not in engines.engines]:
        missing(engines.missing[missing_here[0]])
    docker, podman = engines.engines["docker"], engines.engines["podman"]
    (tmp_path / "podman").mkdir()
    (tmp_path / "podman/podman.sock").symlink_to(podman.socket)
    (tmp_path / "docker.sock").symlink_to(docker.socket)
    name = f"pw{secrets.token_hex(4)}"
    spec = {"name": name, "services": {"a": {"image": IMAGE, "command": SERVE, "stop_grace_period": "1s"}}}
    (tmp_path / "compose.yaml").write_text(json.dumps(spec))
    plain = {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "PATH": os.environ["PATH"],
        "PERRY_CONTAINER_PROBE_TIMEOUT": "60",
    }

    def run(*words: str, **more: str) -> tuple[int, str, str]:
        env = {**plain, "PYTHONPATH": os.pathsep.join(sys.path), **more}
        done = subprocess.run([*PROGRAM, *words], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    try:
        assert run("up", "-d", DOCKER_HOST=docker.host)[0] == 0
        assert nothing_of(podman, name) and not nothing_of(docker, name)
        assert f"{name}-a-1" in run("ps", DOCKER_HOST=docker.host)[1]
        ident = hashlib.sha256(b"there").hexdigest()
        meta = tmp_path / ".docker/contexts/meta" / ident / "meta.json"
        meta.parent.mkdir(parents=True)
        meta.write_text(json.dumps({"Name": "there", "Metadata": {}, "Endpoints": {"docker": {"Host": docker.host}}}))
        others = {
            "CONTAINER_HOST": podman.host,
            "DOCKER_HOST": f"unix://{tmp_path}/none.sock",
            "PERRY_CONTAINER_MODE": "local-first",
        }
        for option in (("-H", docker.host), ("--host", docker.host), ("-c", "there"), ("--context", "there")):
            assert f"{name}-a-1" in run(*option, "ps", **others)[1]
        before = held(docker, name)
        for words in (("ps",), ("logs",), ("up", "--dry-run"), ("up", "-d")):
            status, out, said = run(*words)
            assert status == 0 and (words[0] != "ps" or f"{name}-a-1" in out), (words, out, said)
            assert words != ("up", "-d") or f"on docker (unix://{tmp_path}/docker.sock), which has its containers; podman" in said
        assert held(docker, name) == before and nothing_of(podman, name)
        status, _, said = run("ps", DOCKER_HOST=f"unix://{tmp_path}/none.sock")
        assert status == 1 and f"unix://{tmp_path}/none.sock does not exist" in said
        assert run("down", DOCKER_HOST=docker.host)[0] == 0
        assert nothing_of(docker, name)
    finally:
        run("down", "-t", "0", PERRY_CONTAINER_BACKEND="docker")
        run("down", "-t", "0", PERRY_CONTAINER_BACKEND="podman")


DEAF = {"command": ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"], "stop_grace_period": "60s"}


def until(process: subprocess.Popen[str], stream: IO[str] | None, words: str) -> None:
    """Reads until ``words`` are said."""
    assert stream is not None
    while words not in (line := stream.readline()):
        assert line, process.communicate(timeout=60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_attached(stacks: Stacks, number: signal.Signals) -> None:
    """The first interrupt stops what runs, while its last words are shown."""
    polite = ["sh", "-c", "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 1 & wait $$!; done"]
    shell = Shell(stacks, stacks.spec({"web": {"command": polite, "stop_grace_period": "60s"}}))
    process = shell.begin("up")
    until(process, process.stdout, "ready")
    process.send_signal(number)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + number, "web-1 | bye\nweb-1 exited with code 0\n")
    assert "press Ctrl-C again to kill" in said
    assert [state for _, state, *_ in held(stacks.engine, stacks.prefix)["containers"].values()] == ["stopped"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_attached_and_interrupted_twice(stacks: Stacks, number: signal.Signals) -> None:
    """What heeds no signal is killed, also what another waits for to stop."""
    shell = Shell(stacks, stacks.spec({"web": {**DEAF, "depends_on": ["db"]}, "db": DEAF}))
    process = shell.begin("up")
    until(process, process.stdout, "ready")
    until(process, process.stdout, "ready")
    process.send_signal(number)
    until(process, process.stderr, "stopping")
    process.send_signal(number)
    began = time.monotonic()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number and "killing" in said and time.monotonic() - began < 15
    assert {state for _, state, *_ in held(stacks.engine, stacks.prefix)["containers"].values()} == {"stopped"}


async def test_putting_back_in_haste(stacks: Stacks) -> None:
    """A container that did not run before, and would take a minute to stop, is killed; what was there is there again."""
    waits = {"depends_on": {"old": {"condition": "service_healthy"}}}
    probe = {"test": ["CMD", "false"], "interval": "1s", "retries": 600, "start_period": "600s"}
    shell = Shell(stacks, stacks.spec({"old": {**DEAF, "healthcheck": probe}, "new": waits}))
    shell.run("up", "--no-start")
    was = held(stacks.engine, stacks.prefix)
    process = shell.begin("up", "-d")
    until(process, process.stderr, "old: started")
    process.send_signal(signal.SIGINT)
    until(process, process.stderr, "putting back")
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "everything is as it was" in said and time.monotonic() - began < 15
    assert held(stacks.engine, stacks.prefix) == was


async def test_leaving_at_once(stacks: Stacks) -> None:
    """A third interrupt, which is no impatience, ends the program whatever the engine is at."""
    shell = Shell(stacks, stacks.spec({"web": DEAF}))
    process = shell.begin("up")
    until(process, process.stdout, "ready")
    daemon = stacks.engine.daemon
    assert daemon is not None and daemon.process is not None
    os.kill(daemon.process.pid, signal.SIGSTOP)
    try:
        for pause in (0.5, 1.5, 0):
            process.send_signal(signal.SIGINT)
            time.sleep(pause)
        _, said = process.communicate(timeout=5)
    finally:
        os.kill(daemon.process.pid, signal.SIGCONT)
    assert process.returncode == 130 and "left as it is" in said
    shell.run("down", "-t", "0")


@pytest.mark.parametrize("words", [("up", "-d"), ("up",), ("down", "-t", "0"), ("ps",), ("logs",), ("logs", "-f")], ids=" ".join)
async def test_interrupts_all_over_a_command(stacks: Stacks, words: tuple[str, ...]) -> None:
    """Silent, with 130 or the command's own status; and what an ``up`` had begun is taken back or complete."""
    spec = stacks.spec({"web": {"command": ["sh", "-c", "echo hello; sleep 5"], "depends_on": ["db"]}, "db": {}})
    shell = Shell(stacks, spec)

    def before() -> None:
        shell.run(*(("down", "-t", "0") if words[0] == "up" else ("up", "-d")))

    shell.interrupted(*words, before=before)
    if words == ("up", "-d"):
        states = [state for _, state, *_ in held(stacks.engine, stacks.prefix)["containers"].values()]
        assert states in ([], ["running", "running"])
    shell.run("down", "-t", "0")
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_a_failed_up_is_one_clean_screen(stacks: Stacks) -> None:
    """Who waited, the probe with its command, each exit code once, and nothing that a terminal acts on."""
    talks = ["sh", "-c", "printf '\\033[31mred\\033[0m \\033]0;title\\007words\\n'; exec sleep 600"]
    sick = {"command": talks, "healthcheck": {"test": ["CMD", "false"], "interval": "1s", "retries": 1}}
    ends = {"command": ["sh", "-c", "sleep 1; exit 3"]}
    for db, condition, expected in (
        (sick, "service_healthy", [
            "app and web wait for it to be healthy", "its health check, false, ended with exit code 1 and printed nothing",
            "its last log lines:", "  | red words",
        ]),
        (ends, "service_completed_successfully", ["app and web wait for it to complete"]),
    ):  # fmt: skip
        needs = {"depends_on": {"db": {"condition": condition}}}
        process = Shell(stacks, stacks.spec({"db": db, "app": needs, "web": needs})).begin("up", "-d")
        out, said = process.communicate(timeout=120)
        lines = said[said.index("perry-compose: ") :].splitlines()
        assert (process.returncode, out) == (1, "") and len(lines) <= 24
        *evidence, put_back, further = (line[2:] for line in lines[1:])
        assert evidence == expected and "\x1b" not in said and "\\x1b" not in said
        assert (put_back, further.partition(" up ")[0]) == ("everything is as it was", "next: perry-compose")
        assert said.count("exit code") == 1
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_a_service_that_does_not_exist(stacks: Stacks) -> None:
    shell = Shell(stacks, stacks.spec({"web": {}, "off": {"profiles": ["p"]}}))
    words = [["ps"], ["ps", "-a"], ["logs"], ["logs", "-f"], ["up", "-d"], ["up", "--dry-run"], ["config"], ["config", "--hash"]]
    for up in (False, True):
        if up:
            shell.run("up", "-d")
        for command in words:
            process = shell.begin(*command, "nosuch")
            assert process.communicate(timeout=60) == ("", "perry-compose: no such service: nosuch\n"), command
            assert process.returncode == 1
        process = shell.begin("up", "-d", "--scale", "nosuch=2")
        assert "no such service: nosuch" in process.communicate(timeout=60)[1] and process.returncode == 1
    assert shell.run("ps", "--services", "web")[0] == "web\n" and shell.run("ps", "off")[0].startswith("NAME")
    process = shell.begin("-p", stacks.prefix, "ps", "nosuch")
    assert "no such service: nosuch" in process.communicate(timeout=60)[1] and process.returncode == 1


async def test_advice_speaks_the_words_of_a_shell(stacks: Stacks) -> None:
    volumes: dict[str, Any] = {"data": {"labels": {"a": "1"}}}
    Shell(stacks, stacks.spec({"old": {}, "web": {"volumes": ["data:/data"]}}, volumes=volumes)).run("up", "-d")
    shell = Shell(stacks, stacks.spec({"web": {"volumes": ["data:/data"]}}, volumes={"data": {"labels": {"a": "2"}}}))
    for words in (("up", "-d"), ("up", "--dry-run"), ("up", "--dry-run", "--format", "json")):
        out, said = shell.run(*words)
        assert "; --remove-orphans takes them away" in out + said and "removeOrphans" not in out + said
        assert "perry-compose down --volumes, then perry-compose up, makes it anew, empty" in out + said
    for words in (("down", "--dry-run"), ("down", "-v", "-t", "0")):
        assert "it stays; --remove-orphans takes it away" in "".join(shell.run(*words))
    process = shell.begin("up", "-d", "--no-recreate", "--force-recreate")
    assert "--no-recreate and --force-recreate contradict each other" in process.communicate(timeout=60)[1]
