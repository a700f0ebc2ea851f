"""Commands of ``perry-compose`` that docker compose does not have, as a program on real engines."""

from __future__ import annotations

import collections
import fcntl
import hashlib
import json
import os
import platform
import pty
import re
import secrets
import signal
import struct
import subprocess
import termios
import urllib.request
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from perry_ffi.errors import NotFound
from perry_ffi.model.base import validate
from perry_ffi.model.image import BuildSpec, PullOptions, PushOptions
from tests.engines.private import Engines
from tests.live.conftest import IMAGE, missing
from tests.live.proxy import Proxy, proxy
from tests.live.stack_support import Stacks, environ, held, nothing_of, stacks  # noqa: F401
from tests.live.test_cli import PROGRAM
from tests.live.test_stack_services import free_port

pytestmark = pytest.mark.anyio

SYSTEMS = ("/var/run/docker.sock", "/run/podman/podman.sock")
"""Engines that are no test's."""
CALLS = {
    "create container": r"POST .*/containers/create\b",
    "start container": r"POST .*/containers/[^/]+/start\b",
    "stop container": r"POST .*/containers/[^/]+/stop\b",
    "rename container": r"POST .*/containers/[^/]+/rename\b",
    "remove container": r"DELETE .*/containers/",
    "create network": r"POST .*/networks/create\b",
    "create volume": r"POST .*/volumes/create\b",
}
"""The calls that the actions of a plan are."""


class Program:
    """``perry-compose`` beside a Compose file; socket: of whatever stands in front of the engine."""

    def __init__(self, stacks: Stacks, socket: Path | None = None) -> None:
        self.stacks, self.folder = stacks, stacks.folder
        self.environ = {**environ(stacks.engine, stacks.folder, socket and str(socket)), "PYTHONPATH": os.getcwd() + "/src"}
        self.err = ""

    def file(self, services: dict[str, Any], **sections: Any) -> None:
        (self.folder / "compose.yaml").write_text(json.dumps(self.stacks.spec(services, **sections)))

    async def run(self, *words: str, status: int = 0, **environment: str) -> str:
        def work() -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*PROGRAM, *words],
                cwd=self.folder,
                env={**self.environ, **environment},
                capture_output=True,
                text=True,
                timeout=120,
            )

        done = await anyio.to_thread.run_sync(work)
        self.err = done.stderr
        assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout


PART_OF_A_STOP = r"POST .*/containers/[^/]+/(kill|unpause)\b"
"""What an engine that is slow to stop a container is asked, too."""


def called(front: Proxy) -> dict[str, int]:
    """How often each action was done, as the engine saw it."""
    calls = [str(call) for call in front.writes if not re.match(PART_OF_A_STOP, str(call))]
    return dict(collections.Counter(next((n for n, pattern in CALLS.items() if re.match(pattern, c)), c) for c in calls))


def planned(path: Path) -> dict[str, int]:
    return dict(collections.Counter(row["action"] for row in json.loads(path.read_text())["steps"] if row["action"] != "wait"))


async def test_a_plan_is_applied_as_it_is_or_not_at_all(stacks: Stacks) -> None:
    """The engine's calls are the plan's steps; after a change of anything there is none that changes something."""
    web: dict[str, Any] = {"depends_on": ["db"], "volumes": ["data:/data"]}
    async with proxy(stacks.engine.socket, stacks.folder / "front.sock") as front:
        program = Program(stacks, front.socket)
        program.file({"db": {}, "web": web}, volumes={"data": {}})
        await program.run("plan", "-o", "first.json", status=2)
        assert not front.writes and nothing_of(stacks.engine, stacks.prefix)
        front.arm(None)
        await program.run("apply", "first.json")
        assert called(front) == planned(stacks.folder / "first.json")
        assert await program.run("plan") == "nothing to do\n"

        program.file({"db": {"hostname": "h"}, "web": web}, volumes={"data": {}})
        await program.run("plan", "-o", "second.json", status=2)
        before = held(stacks.engine, stacks.prefix)
        stale = [("first.json", "is new"), ("second.json", "changed")]
        program.file({"db": {"hostname": "other"}, "web": web}, volumes={"data": {}})
        for name, said in stale:
            front.arm(None)
            await program.run("apply", name, status=1)
            assert said in program.err and not front.writes and held(stacks.engine, stacks.prefix) == before
        program.file({"db": {"hostname": "h"}, "web": web}, volumes={"data": {}})
        stacks.asked("POST", f"/containers/{stacks.prefix}-web-1/stop?t=0")
        front.arm(None)
        await program.run("apply", "second.json", status=1)
        assert f"container {stacks.prefix}-web-1 changed" in program.err and not front.writes
        direct = Program(stacks)
        await direct.run("apply", "second.json", status=1)
        assert "the plan was made on" in direct.err

        await program.run("plan", "-o", "third.json", status=2)
        front.arm(None)
        await program.run("apply", "third.json")
        assert called(front) == planned(stacks.folder / "third.json")
        assert await program.run("plan") == "nothing to do\n"
        await program.run("down", "-v", "-t", "0")


async def test_a_plan_whose_image_moved_touches_nothing(stacks: Stacks) -> None:
    program = Program(stacks)
    tag = f"{stacks.prefix}:moves"
    stacks.asked("POST", f"/images/{program.stacks.spec({'a': {}})['services']['a']['image']}/tag?repo={stacks.prefix}&tag=moves")
    program.file({"a": {"image": tag, "pull_policy": "never"}})
    await program.run("plan", "-o", "p.json", status=2)
    (stacks.folder / "Dockerfile").write_text(f"FROM {stacks.spec({'a': {}})['services']['a']['image']}\nLABEL moved=1\n")
    program.file({"a": {"image": tag, "build": ".", "pull_policy": "never"}})
    await program.run("up", "-d", "--no-start", "--build")
    await program.run("down", "-t", "0")
    program.file({"a": {"image": tag, "pull_policy": "never"}})
    await program.run("apply", "p.json", status=1)
    assert f"image {tag} changed" in program.err and nothing_of(stacks.engine, stacks.prefix)
    stacks.asked("DELETE", f"/images/{tag}?force=1")


def indexed(registry: str, name: str, tag: str) -> str:
    """Has the tag name an index of the one image that it names; its digest."""
    url = f"http://{registry}/v2/{name}/manifests/"
    kinds = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
    with urllib.request.urlopen(urllib.request.Request(url + tag, headers={"Accept": kinds}), timeout=30) as answer:
        body, kind = answer.read(), answer.headers["content-type"]
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    row = {"mediaType": kind, "digest": f"sha256:{hashlib.sha256(body).hexdigest()}", "size": len(body)}
    oci = kind.startswith("application/vnd.oci")
    index = {
        "schemaVersion": 2,
        "mediaType": f"application/vnd.{'oci.image.index.v1' if oci else 'docker.distribution.manifest.list.v2'}+json",
        "manifests": [{**row, "platform": {"os": "linux", "architecture": architecture}}],
    }
    made = json.dumps(index).encode()
    headers = {"Content-Type": str(index["mediaType"])}
    urllib.request.urlopen(urllib.request.Request(url + tag, made, headers, method="PUT"), timeout=30).close()
    return f"sha256:{hashlib.sha256(made).hexdigest()}"


async def test_a_plan_pulls_what_its_registry_had_or_nothing(stacks: Stacks, engines: Engines) -> None:
    """The digest is that of the index, where a tag names one; a tag that moved is refused before anything is touched."""
    if engines.registry is None:
        missing(engines.missing["registry"])
    program, backend = Program(stacks), await stacks.client.backend()
    path = f"{stacks.prefix}/app"
    name = f"{engines.registry}/{path}:v1"
    await backend.tag_image(IMAGE, name)
    await backend.push_image(name, PushOptions())
    await backend.remove_image(name)
    digest = await anyio.to_thread.run_sync(indexed, engines.registry, path, "v1")
    program.file({"a": {"image": name}})
    assert f"missing, {digest}" in await program.run("plan", "-o", "p.json", status=2)
    with pytest.raises(NotFound):
        await backend.inspect_image(name)
    await program.run("apply", "p.json")
    assert await program.run("plan") == "nothing to do\n"
    await program.run("down", "-t", "0")
    await backend.remove_image(name, force=True)

    await program.run("plan", "-o", "p.json", status=2)
    await backend.build_image(
        validate(BuildSpec, {"context": str(stacks.folder), "dockerfile_inline": f"FROM {IMAGE}\nLABEL a=b\n"}), name
    )
    await backend.push_image(name, PushOptions())
    await backend.remove_image(name, force=True)
    await program.run("apply", "p.json", status=1)
    assert f"the image {name} of its registry changed ({digest}, and sha256:" in program.err
    assert nothing_of(stacks.engine, stacks.prefix)
    with pytest.raises(NotFound):
        await backend.inspect_image(name)


async def test_the_engine_of_a_project_is_the_one_that_holds_it(engines: Engines, tmp_path: Path) -> None:
    """Where several answer and none is named. It is told before something is changed; a variable or a flag ends the choice."""
    places = {"docker": tmp_path / "docker.sock", "podman": tmp_path / "podman/podman.sock"}
    if any(name not in engines.engines for name in places) or any(Path(place).is_socket() for place in SYSTEMS):
        pytest.skip("both engines are needed, and none of the system's own")
    for name, place in places.items():
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(engines.engines[name].socket)
    own = Stacks(None, engines.engines["docker"], f"ps{secrets.token_hex(4)}", tmp_path)  # type: ignore[arg-type]
    program = Program(own)
    named, guessed = (
        program.environ,
        {k: v for k, v in program.environ.items() if k not in ("DOCKER_HOST", "PERRY_CONTAINER_BACKEND")},
    )
    program.file({"a": {}})
    try:
        await program.run("up", "-d")
        assert "answers too" not in program.err
        program.environ = guessed
        rows = await program.run("ps", "--format", "json")
        assert f"{own.prefix}-a-1" in rows and program.err == ""
        await program.run("up", "-d")
        assert f"{own.prefix} on docker (unix://" in program.err and "which has its containers; podman answers too" in program.err
        await program.run("--engine", "podman", "up", "-d")
        assert "answers too" not in program.err
        await program.run("down", "-t", "0", status=1)
        assert "docker at unix://" in program.err and "podman at unix://" in program.err and "--engine podman" in program.err
        await program.run("--engine", "podman", "down", "-t", "0")
        program.environ = named
        await program.run("down", "-t", "0")
        program.environ = guessed
        await program.run("ps")
        assert f"{own.prefix} on podman (unix://" in program.err and "docker answers too" in program.err
    finally:
        for engine in engines.engines.values():
            await Stacks(None, engine, own.prefix, tmp_path).clean()  # type: ignore[arg-type]


async def test_why_a_service_is_as_it_is(stacks: Stacks) -> None:
    """Members that changed, with what the engine still knows of them; what failed, with its last words; nothing secret."""
    program = Program(stacks)
    probe = {"test": ["CMD-SHELL", "echo no answer; exit 4"], "interval": "1s", "retries": 1, "timeout": "5s"}
    ends = {"command": ["sh", "-c", "echo no disk; exit 3"]}
    program.file({
        "web": {"environment": {"LOG": "info", "API_TOKEN": "swordfish"}, "user": "0", "labels": {"tier": "one"}, "depends_on": ["db"]},
        "db": {"healthcheck": probe}, "job": ends,
    })  # fmt: skip
    await program.run("up", "-d", "db", "web")
    program.file({
        "web": {"environment": {"LOG": "debug", "API_TOKEN": "hunter2"}, "user": "0", "labels": {"tier": "two"}, "hostname": "h",
                "depends_on": {"db": {"condition": "service_healthy"}}},
        "db": {"healthcheck": probe}, "job": ends,
    })  # fmt: skip
    said = await program.run("why", "web")
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in said.splitlines() if line.startswith("  ")}
    assert f"web: up would make {stacks.prefix}-web-1 anew: configuration changed" in said
    wanted = {"environment.API_TOKEN": "changed (hidden)", "environment.LOG": "info → debug", "hostname": "(not set) → h",
              "labels.tier": "one → two"}  # fmt: skip
    assert {name: rows.get(name) for name in wanted} == wanted and not {"swordfish", "hunter2"} & set(said.split())
    await program.run("up", "-d", "--wait", "--no-rollback", "db", status=1)
    said = await program.run("why", "db")
    assert f"db: {stacks.prefix}-db-1 is not ready" in said and "no answer" in said and "exit code" in said
    await program.run("up", "-d", "--wait", "--no-rollback", "job", status=1)
    (found,) = json.loads(await program.run("why", "job", "--format", "json"))
    assert found["containers"][0]["notReady"] == "it ended with exit code 3"
    assert found["containers"][0]["evidence"]["logs"] == ["no disk"] and not found["asItShouldBe"]
    await program.run("down", "-t", "0")


async def test_an_image_is_updated(stacks: Stacks, engines: Engines) -> None:
    """What a registry has newer is seen without pulling it, then pulled; what it changes is made anew, and only that."""
    if engines.registry is None:
        missing(engines.missing["registry"])
    program, backend = Program(stacks), await stacks.client.backend()
    name = f"{engines.registry}/{stacks.prefix}/app:v1"

    async def publish(label: str) -> str:
        (stacks.folder / "Dockerfile").write_text(f"FROM {IMAGE}\nLABEL version={label}\n")
        await backend.build_image(validate(BuildSpec, {"context": str(stacks.folder)}), name)
        await backend.push_image(name, PushOptions())
        ident = await backend.image_id(name)
        assert ident is not None
        return ident

    first = await publish("one")
    await backend.remove_image(name, force=True)
    await backend.pull_image(name, PullOptions())
    program.file({"a": {"image": name}, "b": {}})
    await program.run("up", "-d")
    (row,) = json.loads(await program.run("update", "--check", "--format", "json", "a"))
    assert row["state"] == "current", row
    before = held(stacks.engine, stacks.prefix)["containers"]
    await publish("two")
    await backend.tag_image(first, name)
    rows = json.loads(await program.run("update", "--check", "--format", "json", "a", status=2))
    assert rows[0]["state"] == "newer" and rows[0]["here"] != rows[0]["there"]
    assert await backend.image_id(name) == first and held(stacks.engine, stacks.prefix)["containers"] == before
    await program.run("update", "a")
    assert f"{stacks.prefix}: a made anew" in program.err
    after = held(stacks.engine, stacks.prefix)["containers"]
    assert {v[0] for k, v in after.items() if k in before} == {f"{stacks.prefix}-b-1"}
    await program.run("update", "a")
    assert f"{stacks.prefix}: up to date" in program.err
    await program.run("down", "-t", "0")


async def test_a_test_brings_up_runs_and_takes_down(stacks: Stacks) -> None:
    """Its exit code, its output, the logs of a failure; nothing of it stays, and what runs is left alone."""
    program = Program(stacks)
    port = f"{free_port()}:80"
    db = {"ports": [port], "command": ["sh", "-c", "echo listening; touch /data/ready; trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"],
          "volumes": ["data:/data"],
          "healthcheck": {"test": ["CMD", "test", "-e", "/data/ready"], "interval": "1s", "retries": 60}}  # fmt: skip
    web = {"command": ["sh", "-c", "test -e /data/ready && echo fine"], "volumes": ["data:/data"],
           "depends_on": {"db": {"condition": "service_healthy"}}}  # fmt: skip
    program.file({"db": db, "web": web}, volumes={"data": {}})
    await program.run("up", "-d", "db")
    before = held(stacks.engine, stacks.prefix)
    assert await program.run("test", "web") == "fine\n"
    assert held(stacks.engine, stacks.prefix) == before
    await program.run("test", "web", "sh", "-c", "exit 9", status=9)
    assert "listening" in program.err and "exit code 9" in program.err
    await program.run("test", "--logs", "kept", "web", "nothing-like-it", status=127)
    assert "listening" in (stacks.folder / f"kept/{stacks.prefix}-test-db-1.log").read_text()
    assert "create container" in await program.run("test", "--dry-run", "web")
    assert held(stacks.engine, stacks.prefix) == before
    assert "└─ db (healthy)\n" in await program.run("graph")
    await program.run("down", "-v", "-t", "0")
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_containers_are_watched(stacks: Stacks) -> None:
    """A line for what is there, and one for each change, as it happens."""
    program = Program(stacks)
    program.file({"a": {}, "b": {"command": ["sh", "-c", "exit 3"]}})
    await program.run("up", "-d", "a")
    watching = subprocess.Popen(
        [*PROGRAM, "ps", "--watch"],
        cwd=program.folder,
        env=program.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None and watching.stderr is not None
    heard: list[str] = []

    async def until(*words: str) -> None:
        assert watching.stdout is not None
        while not heard or " ".join(words) not in heard[-1]:
            line = await anyio.to_thread.run_sync(watching.stdout.readline, abandon_on_cancel=True)
            assert line, (heard, watching.stderr and watching.stderr.read())
            heard.append(line.rstrip("\n"))

    try:
        with anyio.fail_after(60):
            await until(f"{stacks.prefix}-a-1", "running")
            await program.run("up", "-d", "b")
            await until(f"{stacks.prefix}-b-1", "exited (exit code 3)")
            await program.run("down", "-t", "0")
            await until("removed")
        watching.send_signal(signal.SIGINT)
        assert await anyio.to_thread.run_sync(watching.wait, 30) == 130
    finally:
        watching.kill()
        watching.communicate()


async def test_where_the_time_went(stacks: Stacks) -> None:
    """The wait for a slow service is what the end waited for."""
    program = Program(stacks)
    slow = {"healthcheck": {"test": ["CMD", "true"], "interval": "1s", "start_period": "1s"}}
    program.file({"db": slow, "web": {"depends_on": {"db": {"condition": "service_healthy"}}}, "side": {}})
    await program.run("--progress", "plain", "up", "-d", "--timing")
    told = program.err.partition("What the end waited for:")[2].splitlines()
    assert f"start container {stacks.prefix}-web-1" in "".join(told) and "wait db healthy" in "".join(told)
    await program.run("--progress", "json", "up", "-d", "--timing", "--force-recreate")
    (row,) = [json.loads(line) for line in program.err.splitlines() if '"kind":"timing"' in line]
    assert {step["action"] for step in row["steps"] if step["critical"]} >= {"wait", "start container"}
    await program.run("down", "-t", "0")


async def test_a_table_is_painted_over_on_a_terminal(stacks: Stacks) -> None:
    program = Program(stacks)
    program.file({"a": {}})
    await program.run("up", "-d")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 80, 0, 0))
    watching = subprocess.Popen(
        [*PROGRAM, "ps", "--watch"],
        cwd=program.folder,
        env={**program.environ, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = ""

    async def until(words: str) -> None:
        nonlocal said
        while words not in said:
            said += (await anyio.to_thread.run_sync(os.read, ours, 65536)).decode()

    try:
        with anyio.fail_after(60):
            await until(f"{stacks.prefix}-a-1")
            await program.run("stop", "-t", "0")
            await until("Exited")
        assert "\x1b[2F" in said and all(len(line.rpartition("\x1b[2K")[2].rstrip("\r")) <= 80 for line in said.split("\n"))
        watching.send_signal(signal.SIGINT)
        assert await anyio.to_thread.run_sync(watching.wait, 30) == 130
    finally:
        watching.kill()
        watching.wait()
        os.close(ours)
    await program.run("down", "-t", "0")
