"""``perry-compose watch`` on real engines: files come and go in containers, commands run, images are built anew."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.live.command_line import CommandLine
from tests.live.conftest import IMAGE
from tests.live.stack_support import SERVE, Stacks, stacks  # noqa: F401

pytestmark = pytest.mark.anyio


def until(check: Callable[[], Any], wanted: Any, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while (found := check()) != wanted and time.monotonic() < end:
        time.sleep(0.2)
    assert found == wanted


class Watched:
    """A project whose sources are watched, and what its container has."""

    def __init__(self, stacks: Stacks, shell: CommandLine) -> None:
        self._stacks, self._shell = stacks, shell

    def begin(self, *words: str) -> subprocess.Popen[str]:
        process = self._shell.begin(*words)
        assert process.stderr is not None
        self.said = ""
        while "watching the sources" not in (line := process.stderr.readline()):
            assert line, self.said
            self.said += line
        return process

    def read(self, path: str) -> str | None:
        """What a file in the container has; ``None`` where there is none, or the container is being replaced at that moment."""
        import io
        import tarfile

        name = f"{self._stacks.prefix}-web-1"
        status, body = self._stacks.asked("GET", f"/containers/{name}/archive?path={path}")
        assert status in (200, 404, 500), (status, body[:500])  # Podman answers 500, or with a part, of one that goes meanwhile.
        try:
            with tarfile.open(fileobj=io.BytesIO(body)) as tar:
                member = tar.next()
                file = tar.extractfile(member) if member is not None else None
                return file.read().decode() if file is not None else ""
        except tarfile.ReadError:
            return None

    def started(self) -> str:
        return str(self._stacks.ask(f"/containers/{self._stacks.prefix}-web-1/json")["State"]["StartedAt"])


def ended(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in said, said
    return said


async def test_files_are_copied_and_removed(stacks: Stacks) -> None:
    """Also into a folder that the image does not have; what is ignored stays at home; containers run on afterwards."""
    source = stacks.folder / "src"
    (source / "deep").mkdir(parents=True)
    (source / "first").write_text("1")
    sync = {"action": "sync", "path": "./src", "target": "/app/here", "ignore": ["no/"], "initial_sync": True}
    one = {"action": "sync+exec", "path": "./one", "target": "/one", "exec": {"command": ["sh", "-c", "cp /one /two; echo ran"]}}
    (stacks.folder / "one").write_text("1")
    web = {"image": IMAGE, "command": SERVE, "develop": {"watch": [sync, one]}}
    shell = CommandLine(stacks, stacks.spec({"web": web}))
    watched = Watched(stacks, shell)
    process = watched.begin("watch")
    until(lambda: watched.read("/app/here/first"), "1")
    (source / "deep/second").write_text("2")
    (source / "no").mkdir()
    (source / "no/third").write_text("3")
    until(lambda: watched.read("/app/here/deep/second"), "2")
    (source / "first").unlink()
    until(lambda: watched.read("/app/here/first"), None)
    assert watched.read("/app/here/no/third") is None
    (stacks.folder / "one").write_text("new")
    until(lambda: watched.read("/two"), "new")
    assert process.stderr is not None
    while "web-1: ran" not in (line := process.stderr.readline()):
        assert line
    ended(process)
    assert shell.states() == {"web-1": "running"}


async def test_restarts_and_builds(stacks: Stacks) -> None:
    """The image that a build takes the name from goes; attached, the logs of the successor follow."""
    (stacks.folder / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY word /word\n")
    for name in ("word", "again"):
        (stacks.folder / name).write_text("1")
    rules = [{"action": "rebuild", "path": "./word"}, {"action": "restart", "path": "./again"}]
    talks = ["sh", "-c", "cat /word; echo; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
    web = {"build": {"context": "."}, "command": talks, "develop": {"watch": rules}}
    shell = CommandLine(stacks, stacks.spec({"web": web}))
    watched = Watched(stacks, shell)
    process = watched.begin("up", "--watch")
    before, image = watched.started(), stacks.ask(f"/images/{stacks.prefix}-web/json")["Id"]
    (stacks.folder / "again").write_text("22")
    end = time.monotonic() + 40
    while watched.started() == before and time.monotonic() < end:
        time.sleep(0.3)
    assert watched.started() != before and watched.read("/word") == "1"
    (stacks.folder / "word").write_text("2222")
    until(lambda: watched.read("/word"), "2222", 90)
    until(lambda: stacks.ask(f"/images/{image}/json"), None)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130 and "web-1 | 2222" in out, (out, said)
    assert "running" not in shell.states().values()
    shell.does("down", "--rmi", "local")


async def test_where_nothing_is_watched(stacks: Stacks) -> None:
    shell = CommandLine(stacks, stacks.spec({"web": {}}))
    said = shell.run("watch")
    assert said.status == 1 and "develop.watch" in said.err and shell.states() == {}
