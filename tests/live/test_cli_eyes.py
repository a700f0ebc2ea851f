"""What a person sees: progress in a terminal and in a pipe, errors, objects for programs, on real engines."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.stack_support import SERVE, Stacks, environ, held, nothing_of, stacks  # noqa: F401
from tests.live.test_cli import PROGRAM, Shell
from tests.support.screen import Terminal

pytestmark = pytest.mark.anyio
COLUMNS, ROWS = 80, 24
SLOW = ["sh", "-c", "echo recovering; sleep 4; touch /ok; echo ready; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
PROBE = {"test": ["CMD-SHELL", "test -e /ok || { echo connection refused; exit 1; }"], "interval": "1s", "retries": 30}
NEVER = {"test": ["CMD", "false"], "interval": "1s", "retries": 600, "start_period": "600s"}


def shop(stacks: Stacks, **db: Any) -> dict[str, Any]:
    """A database that is waited for, and what waits for it."""
    slow = {"command": SLOW, "healthcheck": PROBE, **db}
    waits = {"depends_on": {"db": {"condition": "service_healthy"}}}
    return stacks.spec({"db": slow, "api": waits, "web": {"depends_on": ["api"], "ports": ["127.0.0.1::80"]}})


class Seen:
    """A run of the program in a terminal of its own: all that it wrote, as text and as what stands on the screen."""

    def __init__(self, folder: Path, env: dict[str, str], words: list[str], columns: int = COLUMNS) -> None:
        self._here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        own = {**env, "PYTHONPATH": str(Path.cwd() / "src") + ":" + str(Path.cwd()), "TERM": "xterm-256color"}
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, there)
            self.process = subprocess.Popen(
                [*PROGRAM, *words], cwd=folder, env=own, stdin=there, stdout=there, stderr=there, start_new_session=True
            )
        self.text, self.screen = "", Terminal()
        self._rest = b""

    def until(self, words: str, seconds: float = 60.0) -> None:
        bound = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < bound and self._read(1.0) is not None, self.text

    def end(self) -> int:
        """Its exit status, once all was read."""
        while self._read(1.0) is not None:
            continue
        os.close(self._here)
        return self.process.wait(60)

    def _read(self, seconds: float) -> str | None:
        if not select.select([self._here], [], [], seconds)[0]:
            return "" if self.process.poll() is None else None
        try:
            data = self._rest + os.read(self._here, 65536)
        except OSError:
            return None
        whole = data.rfind(b"\n") + 1 or len(data)
        whole = len(data) if b"\x1b" not in data[whole:] else whole
        self._rest = data[whole:]
        text = data[:whole].decode("utf-8", "replace")
        self.text += text
        self.screen.write(text)
        return text

    def lines(self) -> list[str]:
        return [row.rstrip() for row in self.screen.rows if row.strip()]


@contextlib.contextmanager
def seen(stacks: Stacks, document: dict[str, Any], *words: str, columns: int = COLUMNS, **env: str) -> Iterator[Seen]:
    (stacks.folder / "compose.yaml").write_text(json.dumps(document))
    run = Seen(stacks.folder, {**environ(stacks.engine, stacks.folder), **env}, list(words), columns)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


@pytest.mark.parametrize("columns", [80, 120])
async def test_an_up_in_a_terminal(stacks: Stacks, columns: int) -> None:
    """While it works a row a service, which says what is waited for; afterwards one line."""
    with seen(stacks, shop(stacks), "up", "-d", columns=columns) as run:
        assert run.end() == 0
    assert "waits for db to be healthy" in run.text and "probes failed: conn" in run.text and "│ recovering" in run.text
    assert "\x1b[?25l" in run.text and run.screen.cursor and run.screen.widest <= columns
    [line] = run.lines()
    assert re.fullmatch(rf"{stacks.prefix}: 3 started in [\d.]+ s \(db healthy after [\d.]+ s\), http://localhost:\d+", line), (
        line
    )


async def test_a_down_in_a_terminal(stacks: Stacks) -> None:
    Shell(stacks, stacks.spec({"web": {}, "db": {}})).run("up", "-d")
    with seen(stacks, stacks.spec({"web": {}, "db": {}}), "down", "-t", "1") as run:
        assert run.end() == 0
    assert [re.sub(r"[\d.]+ s", "N s", line) for line in run.lines()] == [f"{stacks.prefix}: 2 removed in N s"]
    assert run.screen.cursor and nothing_of(stacks.engine, stacks.prefix)


async def test_a_failed_up_is_one_screen(stacks: Stacks) -> None:
    """The service, its exit code, its last words, what was put back, what to type; and nothing of the rows is left."""
    broken = ["sh", "-c", "echo booting; sleep 1; printf '\\033[31mno space left\\033[0m\\n'; exit 3"]
    with seen(stacks, shop(stacks, command=broken, healthcheck=NEVER), "up", "-d") as run:
        assert run.end() == 1
    assert run.lines() == [
        f"perry-compose: services.db: {stacks.prefix}-db-1: it ended with exit code 3",
        "  api waits for it to be healthy",
        "  its last log lines:",
        "    | booting",
        "    | no space left",
        "  everything is as it was",
        "  next: perry-compose up --no-rollback -d",
    ]
    assert run.screen.cursor and nothing_of(stacks.engine, stacks.prefix)


async def test_a_port_that_is_taken(stacks: Stacks) -> None:
    """Whose container it is, and what helps; ids are cut."""
    with socket.create_server(("127.0.0.1", 0)) as held_port:
        number = held_port.getsockname()[1]
        with seen(stacks, stacks.spec({"web": {"ports": [f"127.0.0.1:{number}:80"]}}), "up", "-d") as run:
            assert run.end() == 1
    said = " ".join(" ".join(run.lines()).split())
    assert said.startswith("perry-compose: services.web: ") and not re.search("[0-9a-f]{64}", said)
    assert f"everything is as it was remedy: something has port {number} already: end it ({stacks.engine.name} ps" in said
    assert nothing_of(stacks.engine, stacks.prefix)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_cursor_comes_back_after_an_interrupt(stacks: Stacks, number: signal.Signals) -> None:
    with seen(stacks, shop(stacks, healthcheck=NEVER), "up", "-d") as run:
        run.until("waiting for health")
        run.process.send_signal(number)
        assert run.end() in (130, 128 + number)
    assert run.screen.cursor and "everything is as it was" in run.lines()[-1] and nothing_of(stacks.engine, stacks.prefix)


async def test_the_cursor_comes_back_where_it_is_left_at_once(stacks: Stacks) -> None:
    """A third Ctrl-C."""
    deaf = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
    with seen(stacks, shop(stacks, command=deaf, healthcheck=NEVER, stop_grace_period="60s"), "up", "-d") as run:
        run.until("waiting for health")
        for _ in range(3):
            run.process.send_signal(signal.SIGINT)
            time.sleep(1.2)
        assert run.end() in (130, 137)
    assert run.screen.cursor


async def test_no_color_takes_colours_and_not_the_layout(stacks: Stacks) -> None:
    with seen(stacks, stacks.spec({"web": {"command": SERVE}}), "up", "-d", NO_COLOR="1") as run:
        assert run.end() == 0
    assert not re.search(r"\x1b\[[\d;]+m", run.text) and "\x1b[?25l" in run.text
    with seen(stacks, stacks.spec({"web": {"command": SERVE}}), "down", "-t", "0") as run:
        assert run.end() == 0
    assert re.search(r"\x1b\[[\d;]+m", run.text)


async def test_an_up_in_a_pipe(stacks: Stacks) -> None:
    """One line an event; a wait says who waits; the same lines whether a terminal is there or not."""
    _, said = Shell(stacks, shop(stacks)).run("up", "-d")
    plain = [re.sub(r"[\d.]+ s\b", "N s", line) for line in said.splitlines()]
    name = stacks.prefix
    assert {f" ✔ created network {name}_default in N s", f" ✔ db: created {name}-db-1 in N s"} <= set(plain)
    assert plain.index("   db: waiting for health; api waits for it") < plain.index(" ✔ db: healthy after N s")
    assert len(set(plain)) == len(plain), "no line is there twice"
    assert plain[-1].startswith(f"{name}: 3 started in N s (db healthy after N s), http://localhost:")


async def test_objects_for_programs(stacks: Stacks) -> None:
    out, said = Shell(stacks, shop(stacks)).run("--progress", "json", "up", "-d")
    rows = [json.loads(line) for line in said.splitlines()]
    of_db = [
        (row["status"], row["text"]) for row in rows if row["id"] == f"Container {stacks.prefix}-db-1" and "details" not in row
    ]
    assert out == "" and of_db == [
        ("Working", "Creating"), ("Done", "Created"), ("Working", "Starting"), ("Done", "Started"), ("Working", "Waiting"),
        ("Done", "Healthy"),
    ]  # fmt: skip
    assert any("connection refused" in row.get("details", "") for row in rows)


async def test_an_error_for_programs(stacks: Stacks) -> None:
    process = Shell(stacks, shop(stacks, command=["sh", "-c", "exit 3"], healthcheck=NEVER)).begin(
        "--progress", "json", "up", "-d"
    )
    _, said = process.communicate(timeout=120)
    row = json.loads(said.splitlines()[-1])
    assert process.returncode == 1
    assert (row["error"], row["kind"], row["service"], row["details"]["exitCode"]) == (True, "ServiceStartupFailed", "db", 3)
    assert row["details"]["rolledBack"] is True and row["next"] == "perry-compose --progress json up --no-rollback -d"


async def test_quiet_says_nothing(stacks: Stacks) -> None:
    shell = Shell(stacks, stacks.spec({"web": {"command": SERVE}}))
    assert shell.run("--progress", "quiet", "up", "-d") == ("", "")
    assert held(stacks.engine, stacks.prefix)["containers"]


async def test_a_build_shows_its_steps(stacks: Stacks, built: Callable[[], dict[str, Any]]) -> None:
    with seen(stacks, built(), "build") as run:
        assert run.end() == 0
    assert re.search(r"building \S+, step \d of \d: RUN", run.text) and "1 built in" in run.lines()[-1]


@pytest.fixture
def built(stacks: Stacks) -> Callable[[], dict[str, Any]]:
    from tests.live.conftest import IMAGE

    text = f"FROM {IMAGE}\nRUN echo one && sleep 1\nRUN echo two && sleep 1\n"
    return lambda: stacks.spec({"web": {"build": {"context": ".", "dockerfile_inline": text}}})
