"""One file on docker, on podman and on a swarm: the same commands, and what is seen of them is the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engines.daemon import EngineMissing
from tests.engines.private import Engines, private_engines
from tests.engines.swarm.lab import Lab, until
from tests.support.missing import missing

NAME = "same"
FILE = """\
name: same
services:
  db:
    image: ${IMAGE}
    command: [sh, -c, "sleep 1; touch /tmp/ready; exec sleep 600"]
    stop_grace_period: 0s
    healthcheck: {test: [CMD, test, -f, /tmp/ready], interval: 500ms, retries: 20}
    deploy: {endpoint_mode: dnsrr}
  migrate:
    image: ${IMAGE}
    command: ["true"]
    depends_on: {db: {condition: service_healthy}}
    deploy: {endpoint_mode: dnsrr}
  web:
    image: ${IMAGE}
    command: [COMMAND]
    stop_grace_period: 0s
    configs: [{source: page, target: /index.html, mode: 0444}]
    depends_on: {migrate: {condition: service_completed_successfully}}
    deploy: {replicas: REPLICAS, endpoint_mode: dnsrr, update_config: {monitor: 1s, parallelism: 0}}
    networks: {default: {aliases: [shown]}}
  look:
    image: ${IMAGE}
    command: [sleep, "600"]
    stop_grace_period: 0s
    environment: {TEXT: "{{.Node}} $$ ü"}
    secrets: [{source: token, target: /etc/token, uid: "5", mode: 0440}]
    depends_on: [web]
    links: ["web:linked"]
    deploy: {endpoint_mode: dnsrr}
configs: {page: {content: PAGE}}
secrets: {token: {environment: TOKEN}}
"""
SERVES = 'httpd, -f, -p, "80", -h, /'
ENDS = '"false"'
HOSTS = ("web", "shown", "linked")
LOOK = f"""\
for host in {" ".join(HOSTS)}; do
  for i in $(seq 50); do page=$(wget -q -O - http://$host/index.html) && break; sleep 0.2; done
  echo $host $page
done
echo "$TEXT"
cat /etc/token
stat -c " %u %a" /etc/token
"""
"""What one service sees of the others, by each of their names, once they are known there, and of its own."""


@dataclass
class Shell:
    """``perry-compose`` on one engine, in a folder of its own."""

    folder: Path
    environ: dict[str, str]

    def write(self, page: str, command: str = SERVES, replicas: int = 2) -> None:
        text = FILE.replace("PAGE", page).replace("COMMAND", command).replace("REPLICAS", str(replicas))
        (self.folder / "compose.yaml").write_text(text)

    def run(self, *words: str, status: int = 0) -> str:
        """What it says on both its outputs."""
        shown = subprocess.run(
            [sys.executable, "-m", "perry_ffi.cli", *words], cwd=self.folder, env=self.environ, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert shown.returncode == status, (words, shown.returncode, shown.stdout, shown.stderr)
        return shown.stdout + shown.stderr

    def seen(self) -> Any:
        """How many containers of each service run, as ``ps`` has them, and what is seen from inside one."""
        rows = [json.loads(line) for line in self.run("ps", "--format", "json").splitlines()]
        inside = self.run("exec", "-T", "look", "sh", "-c", LOOK) if rows else ""
        return dict(Counter(row["Service"] for row in rows)), inside.split("\n")

    def play(self) -> dict[str, Any]:
        """The same commands wherever; what is seen after each."""
        found: dict[str, Any] = {}
        self.write("one")
        self.run("up", "--detach")
        found["up"] = self.seen()
        found["again"] = "nothing to do" in self.run("up", "--detach")
        self.write("two", replicas=3)
        self.run("up", "--detach")
        found["edited"] = self.seen()
        self.write("three", ENDS, replicas=3)
        found["fails"] = "web" in self.run("up", "--detach", status=1)
        found["put back"] = self.seen()
        self.write("two", replicas=3)
        found["as it was"] = "nothing to do" in self.run("up", "--detach")
        self.run("down", "--volumes")
        found["down"] = self.seen()
        return found


def _expected(page: str, web: int) -> Any:
    inside = [*(f"{host} {page}" for host in HOSTS), "{{.Node}} $ ü", "t0ken 5 440", ""]
    return {"db": 1, "look": 1, "web": web}, inside


EXPECTED = {
    "up": _expected("one", 2), "again": True, "edited": _expected("two", 3), "fails": True, "put back": _expected("two", 3),
    "as it was": True, "down": ({}, [""]),
}  # fmt: skip
ENGINES = ("docker", "podman", "swarm")


@pytest.fixture(scope="module")
def played(swarm: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[dict[str, Any]]]]:
    """What each engine shows; all three at once, for each mostly waits."""
    try:
        with private_engines(("docker", "podman")) as engines, ThreadPoolExecutor(len(ENGINES)) as pool:
            swarm.clean()
            shells = {name: _shell(name, swarm, engines, tmp_path_factory.mktemp(name)) for name in ENGINES}
            yield {name: pool.submit(_play, shell) for name, shell in shells.items()}
    except EngineMissing as error:
        missing(str(error))


def _play(shell: Shell) -> dict[str, Any]:
    try:
        return shell.play()
    except BaseException:
        shell.write("two")
        shell.run("down", "--volumes")
        raise


def _shell(name: str, lab: Lab, engines: Engines, folder: Path) -> Shell:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environ = {
        **kept, "PERRY_CONTAINER_BACKEND": name, "PERRY_CONTAINER_PROBE_TIMEOUT": "60", "XDG_RUNTIME_DIR": str(folder),
        "TOKEN": "t0ken", "PYTHONUTF8": "1",
    }  # fmt: skip
    if name == "swarm":
        nodes = ",".join(f"{node.name}=unix://{node.socket}" for node in lab.nodes)
        environ |= {"DOCKER_HOST": f"unix://{lab.leader().socket}", "PERRY_SWARM_NODES": nodes, "IMAGE": lab.image}
    else:
        if name not in engines.engines:
            missing(engines.missing[name])
        environ |= engines.environ() | {"IMAGE": engines.environ()["PERRY_TEST_IMAGE"]}
    return Shell(folder, environ)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_file_on_each_engine(played: dict[str, Future[dict[str, Any]]], engine: str) -> None:
    """Brought up, again, edited, edited so that it fails, taken down: services and answers are the same on all."""
    assert played[engine].result() == EXPECTED


def test_nothing_is_left_on_any_node(played: dict[str, Future[dict[str, Any]]], swarm: Lab) -> None:
    played["swarm"].result()
    until(lambda: not swarm.leftovers(NAME), "no node has anything left: containers that ended go a moment after their tasks")
