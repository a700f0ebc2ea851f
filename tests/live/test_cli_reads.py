"""The commands that look, on real engines: what they tell is what docker compose tells of the same stack."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
import yaml

from perry_ffi.model.image import PushOptions
from tests.engines.private import Engines
from tests.live.conftest import IMAGE, missing
from tests.live.peer import Peer, peer_version
from tests.live.peer_differences import ON_PODMAN, OWN, READS
from tests.live.stack_support import Stacks, environ, stacks  # noqa: F401
from tests.live.test_cli import PROGRAM, Shell

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]
ENGINES = pytest.mark.parametrize("engine", ["docker", "podman"], indirect=True)


class Both:
    """One stack, looked at by both programs."""

    def __init__(self, stacks: Stacks) -> None:
        self.stacks, self.name, self.peer = stacks, stacks.prefix, Peer(stacks.engine, stacks.folder)
        healthy = {"test": ["CMD", "true"], "interval": "500ms", "retries": 1, "timeout": "20s"}
        spec = stacks.spec(
            {
                "web": {"ports": ["80", "127.0.0.1::81"], "volumes": ["data:/data"], "scale": 2, "labels": {"own": "a b"}},
                "db": {"healthcheck": healthy, "volumes": ["data:/data:ro", "other:/other"]},
                "job": {"command": ["sh", "-c", "exit 3"]},
            },
            volumes={"data": {}, "other": {}},
        )
        self.shell = Shell(stacks, spec)
        self.shell.run("up", "-d")
        # Podman probes only where systemd runs.
        healths = ("healthy",) if stacks.engine.name == "docker" else ("healthy", "starting", "")
        for _ in range(60):
            states = {row["Service"]: (row["State"], row["Health"]) for row in self.ours("ps", "-a")}
            if states["db"][1] in healths and states["job"][0] == "exited":
                break
            time.sleep(0.25)

    def ours(self, *words: str) -> list[dict[str, Any]]:
        return rows(self.shell.run(*words, "--format", "json")[0])

    def theirs(self, *words: str) -> list[dict[str, Any]]:
        return rows(self.peer.run("-p", self.name, *words, "--format", "json")[0])

    def text(self, *words: str) -> tuple[str, str]:
        """What both print of the same command."""
        return self.shell.run(*words)[0], self.peer.run("-p", self.name, *words)[0]

    def fails(self, *words: str) -> tuple[int, str]:
        process = self.shell.begin(*words)
        _, said = process.communicate(timeout=60)
        return process.returncode, said


def rows(text: str) -> list[dict[str, Any]]:
    """Of one list, or of an object a line."""
    if text.startswith("["):
        found = json.loads(text)
        assert isinstance(found, list)
        return found
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def both(stacks: Stacks, docker_compose: None) -> Both:
    return Both(stacks)


def published(row: dict[str, Any]) -> list[tuple[str, int, int, str]]:
    return sorted((one["URL"], one["TargetPort"], one["PublishedPort"], one["Protocol"]) for one in row["Publishers"])


def compared(command: str, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], key: str, *, podman: bool = False) -> None:
    """Same rows, members in the same form, and the same values but for those that are known to differ."""
    mine, others = ({row[key]: row for row in found} for found in (ours, theirs))
    assert mine.keys() == others.keys()
    for name, row in others.items():
        assert not row.keys() - mine[name].keys(), "members that ours has not"
        assert mine[name].keys() - row.keys() <= set(OWN.get(command, ())), "members that are not documented"
        for member, value in row.items():
            found = mine[name][member]
            assert type(found) is type(value), (member, found, value)
            if (command, member) not in READS and not (podman and (command, member) in ON_PODMAN):
                assert found == value, (name, member)


@ENGINES
async def test_ps(both: Both) -> None:
    ours, theirs = both.ours("ps", "-a"), both.theirs("ps", "-a")
    podman = both.stacks.podman
    compared("ps", ours, theirs, "Name", podman=podman)
    for mine, other in zip(ours, theirs, strict=True):
        assert sorted(mine["Labels"].split(",")) == sorted(other["Labels"].split(","))
        assert sorted(mine["Mounts"].split(",")) == sorted(other["Mounts"].split(","))
        assert podman or published(mine) == published(other)
        assert mine["Status"].split()[0] == other["Status"].split()[0]
        assert mine["Health"] == other["Health"] or both.stacks.podman
    assert [row["Name"] for row in both.ours("ps")] == [row["Name"] for row in both.theirs("ps")]
    for words in (
        ["-q"],
        ["--services"],
        ["-a", "--services"],
        ["--status", "exited", "-q"],
        ["--filter", "status=running", "-q"],
    ):
        assert both.text("ps", *words)[0] == both.text("ps", *words)[1], words
    for template in (
        "{{.Name}} {{.State}}",
        '{{.Label "own"}}',
        "{{.ID}}|{{.Command}}|{{.Networks}}|{{.LocalVolumes}}",
    ):
        mine, other = both.text("ps", "--format", template)
        assert mine == other, template
    whole = both.ours("ps", "-a", "--no-trunc"), both.theirs("ps", "-a", "--no-trunc")
    told, others = ([(row["ID"], row["Command"], sorted(row["Mounts"].split(","))) for row in found] for found in whole)
    assert told == others
    assert both.text("ps", "--format", r"table {{.Name}}\t{{.Service}}")[0].split() == (
        both.text("ps", "--format", r"table {{.Name}}\t{{.Service}}")[1].split()
    )


@ENGINES
async def test_ps_for_a_person(both: Both) -> None:
    head, *lines = both.shell.run("ps", "-a")[0].splitlines()
    assert head.split() == ["NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"]
    by_name = {line.split()[0].removeprefix(f"{both.name}-"): line for line in lines}
    assert re.search(r"Up .*( \((health: starting|healthy)\)|\S)", by_name["db-1"])
    assert "Exited (3)" in by_name["job-1"] and " ago" in by_name["web-1"]
    assert "[::]" not in by_name["web-1"] and by_name["web-1"].count("->80/tcp") == 1
    assert both.fails("ps", "nosuch") == (1, "perry-compose: no such service: nosuch\n")
    assert both.fails("-p", both.name, "ps", "nosuch")[0] == 1
    status, said = both.fails("ps", "--format", "{{.Nope}}")
    assert status == 1 and "no member .Nope (there are Command, CreatedAt, " in said
    assert both.fails("ps", "--filter", "color=red")[0] == 1 and both.fails("ps", "--status", "odd")[0] == 2
    spec = both.stacks.spec({"web": {"scale": 2, "ports": ["80"]}})
    Shell(both.stacks, spec)
    assert both.shell.run("ps", "--services")[0] == "db\nweb\n"
    assert both.shell.run("ps", "--services", "--orphans=false")[0] == "web\n"


@ENGINES
async def test_ls_images_and_volumes(both: Both) -> None:
    for words in (["ls"], ["ls", "-a"]):
        ours = [row for row in both.ours(*words) if row["Name"] == both.name]
        theirs = [row for row in both.theirs(*words) if row["Name"] == both.name]
        compared("ls", ours, theirs, "Name")
    assert both.ours("ls", "--filter", f"name={both.name}$")[0]["Name"] == both.name
    assert both.ours("ls", "--filter", "name=^nosuch$") == [] and both.shell.run("ls", "-q", "--filter", "name=^nosuch$")[0] == ""
    for words in (["images"], ["images", "web"]):
        compared("images", both.ours(*words), both.theirs(*words), "ContainerName", podman=both.stacks.podman)
    assert both.text("images", "-q")[0] == both.text("images", "-q")[1]
    compared("volumes", both.ours("volumes"), both.theirs("volumes"), "Name")
    assert [row["Name"] for row in both.ours("volumes", "web")] == [f"{both.name}_data"]
    assert sorted(both.text("volumes", "-q")[0].split()) == sorted(both.text("volumes", "-q")[1].split())
    assert (
        both.text("volumes", "--format", "{{.Driver}} {{.Scope}}")[0]
        == both.text("volumes", "--format", "{{.Driver}} {{.Scope}}")[1]
    )
    for words in (["images", "nosuch"], ["volumes", "nosuch"], ["top", "nosuch"], ["port", "nosuch"], ["stats", "nosuch"]):
        assert both.fails(*words) == (1, "perry-compose: no such service: nosuch\n"), words


@ENGINES
async def test_port_and_top(both: Both) -> None:
    ours, theirs = both.shell.run("port", "web", "80")[0], both.peer.run("-p", both.name, "port", "--index", "1", "web", "80")[0]
    assert ours.rpartition(":")[2] == theirs.rpartition(":")[2] and (both.stacks.podman or ours == theirs)
    for index in ("1", "2"):
        assert both.text("port", "--index", index, "web", "81")[0] == both.text("port", "--index", index, "web", "81")[1]
    told = both.shell.run("port", "web")[0].splitlines()
    assert [line.split(" -> ")[0] for line in told][-1] == "81/tcp" and "80/tcp -> 0.0.0.0:" in told[0]
    (row,) = [row for row in both.ours("port", "web") if row["TargetPort"] == 81]
    assert row["URL"] == "127.0.0.1" and f"81/tcp -> 127.0.0.1:{row['PublishedPort']}" in told
    status, said = both.fails("port", "web", "82")
    assert status == 1 and "82/tcp is none of its ports" in said and "published: 80/tcp, 81/tcp" in said
    assert both.fails("port", "job", "80")[0] == 1 and both.fails("port", "--index", "9", "web", "80")[0] == 1
    mine, other = both.text("top", "db")
    head, theirs = mine.splitlines()[0].split(), other.splitlines()[0].split()
    assert head == theirs and f"{IMAGE}" not in mine
    (first, *_) = both.ours("top", "db")
    assert first["Service"] == "db" and first["Replica"] == 1 and set(head) - {"SERVICE", "#"} <= set(first)
    assert {row["Service"] for row in both.ours("top")} == {"db", "web"}


@ENGINES
async def test_stats(both: Both) -> None:
    ours, theirs = both.ours("stats", "--no-stream"), both.theirs("stats", "--no-stream")
    assert both.stacks.podman or {row["Name"] for row in ours} == {row["Name"] for row in theirs}
    assert [list(row) for row in ours] == [list(row) for row in theirs]
    for row in ours:
        assert all(isinstance(value, str) for value in row.values()) and row["ID"] == row["Container"][:12]
        assert row["CPUPerc"].endswith("%") and "B / " in row["MemUsage"]
    assert {row["Name"] for row in both.ours("stats", "-a", "--no-stream")} > {row["Name"] for row in ours}
    (total,) = both.ours("stats", "--no-stream", "--aggregate")
    assert total["Project"] == both.name and total["Containers"] == 3 and total["PIDs"] >= 3
    everywhere = [row for row in both.ours("stats", "--no-stream", "--all-projects") if row["Project"] == both.name]
    assert len(everywhere) == 3 and all(isinstance(row["PIDs"], int) for row in everywhere)
    head = both.shell.run("stats", "--no-stream", "db")[0].splitlines()
    assert head[0].startswith("CONTAINER ID   NAME") and len(head) == 2
    process = both.shell.begin("stats", "--format", "{{.Name}}", "db")
    assert process.stdout is not None
    assert process.stdout.readline() == process.stdout.readline() == f"{both.name}-db-1\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130


@ENGINES
async def test_events(both: Both) -> None:
    start = int(time.time())
    listening = both.shell.begin("events", "--json", "web")
    time.sleep(2)
    both.shell.run("down", "-t", "1")
    seen = time.time() + 60
    told: list[dict[str, Any]] = []
    assert listening.stdout is not None
    while time.time() < seen and [row["action"] for row in told].count("die") < 2:
        told.append(json.loads(listening.stdout.readline()))
    listening.send_signal(signal.SIGINT)
    listening.communicate(timeout=30)
    assert listening.returncode == 130
    assert {row["service"] for row in told} == {"web"} and {row["type"] for row in told} == {"container"}
    end = str(int(time.time()) + 1)
    time.sleep(1.5)
    past = ["events", "--json", "--since", str(start), "--until", end]
    ours = [json.loads(line) for line in both.shell.run(*past)[0].splitlines()]
    ends = 1 if peer_version() < (5,) else 0
    theirs = [json.loads(line) for line in both.peer.run("-p", both.name, *past, ends=ends)[0].splitlines()]
    if both.stacks.engine.name == "docker":
        kept = [row for row in theirs if not row["action"].startswith("exec_")]
        mine = [row for row in ours if not row["action"].startswith("exec_")]
        for row in (*kept, *mine):
            row["attributes"] = {name: text for name, text in row["attributes"].items() if not name.startswith("perry.compose.")}
        # Two that happen at once are told in either order.
        assert sorted(mine, key=str) == sorted(kept, key=str)
    assert {(row["action"], row["service"]) for row in ours} >= {("die", "web"), ("die", "db")}
    assert all(set(row) == {"action", "attributes", "id", "service", "time", "type"} for row in ours)
    lines = both.shell.run("events", "--since", str(start), "--until", end)[0].splitlines()
    assert len(lines) == len(ours) and all(" container " in line for line in lines)


@ENGINES
async def test_config_and_version(both: Both) -> None:
    for words in (["config", "--services"], ["config", "--volumes"], ["config", "--images"], ["config", "--hash", "*"]):
        ours, theirs = both.text(*words)
        assert sorted(ours.split()) == sorted(theirs.split()), words
    assert json.loads(both.shell.run("config", "--format", "json")[0]) == json.loads(
        both.peer.run("config", "--format", "json")[0]
    )
    (ours,), (theirs,) = both.ours("version"), both.theirs("version")
    assert ours.keys() == theirs.keys()
    assert both.shell.run("version", "--short")[0] == ours["version"] + "\n"


@ENGINES
async def test_a_table_fits_its_terminal(both: Both) -> None:
    """Whatever its width, no line is longer."""
    import fcntl
    import pty
    import struct
    import termios

    for width in (60, 80, 120):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        process = subprocess.Popen(
            [*PROGRAM, "ps", "-a"], cwd=both.stacks.folder, env=environ(both.stacks.engine, both.stacks.folder), stdout=theirs, stderr=theirs,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs)
        text = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        os.close(ours)
        assert process.wait(60) == 0
        lines = text.decode().splitlines()
        assert len(lines) == 5 and max(map(len, lines)) <= width, text


SPANS = re.compile(r"\d+ (seconds?|minutes?)|About a minute|Less than a second")
USUAL = """
import sys
from perry_ffi.service import quick
def ask(environ, work):
    raise quick.NotQuick("of a test")
quick.ask = ask
from perry_ffi.cli.main import main
sys.exit(main())
"""


@ENGINES
async def test_without_an_event_loop_and_in_the_usual_way_the_same_is_told(both: Both) -> None:
    for words in (["ps", "-a", "--format", "json"], ["ps"], ["images", "--format", "json"], ["volumes", "--format", "json"],
                  ["ls", "--filter", f"name=^{both.name}$"], ["port", "web"], ["top", "--format", "{{.Service}} {{.Container}}"]):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", USUAL, *words], cwd=both.stacks.folder, capture_output=True, text=True, check=True,
            env={**environ(both.stacks.engine, both.stacks.folder), "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        mine = both.shell.run(*words)[0]
        ours, usual = (SPANS.sub("", text).splitlines() for text in (mine, done.stdout))
        if words[0] == "top":  # Processes come and go.
            ours, usual = sorted(set(ours)), sorted(set(usual))
        assert [line.split() for line in ours] == [line.split() for line in usual], words


@pytest.mark.parametrize("engine", ["docker"], indirect=True)
async def test_images_by_their_digests(stacks: Stacks, engines: Engines, docker_compose: None) -> None:
    if engines.registry is None:
        missing(engines.missing["registry"])
    backend = await stacks.client.backend()
    name = f"{engines.registry}/{stacks.prefix}/app:v1"
    await backend.tag_image(IMAGE, name)
    await backend.push_image(name, PushOptions())
    shell, peer = Shell(stacks, stacks.spec({"a": {"image": name}, "b": {"build": "."}})), Peer(stacks.engine, stacks.folder)
    pinned = json.loads(shell.run("config", "--resolve-image-digests", "--format", "json")[0])
    theirs = json.loads(peer.run("config", "--resolve-image-digests", "--format", "json")[0])
    assert pinned["services"]["a"]["image"] == theirs["services"]["a"]["image"] and "@sha256:" in pinned["services"]["a"]["image"]
    lock = shell.run("config", "--lock-image-digests")[0]
    assert yaml.safe_load(lock) == yaml.safe_load(peer.run("config", "--lock-image-digests")[0])
    assert yaml.safe_load(lock)["services"]["a"] == {"image": pinned["services"]["a"]["image"]}
    Shell(stacks, stacks.spec({"a": {"image": f"{engines.registry}/{stacks.prefix}/nosuch:1"}}))
    process = shell.begin("config", "--lock-image-digests")
    assert "nosuch" in process.communicate(timeout=60)[1] and process.returncode == 1


def on_a_terminal(both: Both, *words: str, told: str, term: str = "xterm") -> tuple[int, str]:
    """What a terminal of 100 columns is told; interrupted when ``told`` was, twice."""
    import pty

    here, there = pty.openpty()
    env = {**environ(both.stacks.engine, both.stacks.folder), "TERM": term}
    process = subprocess.Popen(
        [*PROGRAM, *words], cwd=both.stacks.folder, env=env, stdin=subprocess.DEVNULL, stdout=there, stderr=there
    )
    os.close(there)
    text, heard = b"", False
    with contextlib.suppress(OSError):
        while piece := os.read(here, 65536):
            text += piece
            if not heard and text.count(told.encode()) >= 2:
                heard = True
                process.send_signal(signal.SIGINT)
    os.close(here)
    return process.wait(60), text.decode()


@pytest.mark.parametrize("engine", ["docker"], indirect=True)
async def test_stats_are_written_over_on_a_terminal(both: Both) -> None:
    row = f"{both.name}-db-1"
    status, text = on_a_terminal(both, "stats", told=row)
    assert status == 130 and text.count("\x1b[H\x1b[J") >= 2
    assert "\x1b" not in on_a_terminal(both, "stats", term="dumb", told=row)[1]


@pytest.mark.parametrize("engine", ["nerdctl"], indirect=True)
async def test_engines_that_are_programs(stacks: Stacks) -> None:
    """What they tell is told in the same form; what they do not tell is refused by its name."""
    shell = Shell(
        stacks,
        stacks.spec({"web": {"volumes": ["data:/data"]}, "job": {"command": ["sh", "-c", "exit 3"]}}, volumes={"data": {}}),
    )
    shell.run("up", "-d")
    found = {row["Service"]: row for row in rows(shell.run("ps", "-a", "--format", "json")[0])}
    assert found["web"]["State"] == "running" and found["web"]["Status"].startswith("Up ") and found["web"]["Mounts"]
    assert found["job"]["ExitCode"] == 3 and found["job"]["Status"].startswith("Exited (3)")
    assert json.loads(shell.run("ls", "--format", "json")[0])[0]["Name"] == stacks.prefix
    assert {row["ContainerName"] for row in rows(shell.run("images", "--format", "json")[0])} == {
        f"{stacks.prefix}-{n}-1" for n in ("web", "job")
    }
    assert shell.run("volumes", "-q")[0] == f"{stacks.prefix}_data\n"
    process = shell.begin("top")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and "op.top" in said and "nerdctl" in said
