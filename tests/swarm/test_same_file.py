"""One file on docker, on podman and on a swarm: the same commands, and what is seen of them is the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engines.daemon import EngineMissing
from tests.engines.private import Engines, private_engines
from tests.engines.swarm.lab import Lab
from tests.support.missing import missing

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
    deploy: {replicas: 2, endpoint_mode: dnsrr, update_config: {monitor: 1s, parallelism: 0}}
    networks: {default: {aliases: [shown]}}
  look:
    image: ${IMAGE}
    command: [sleep, "600"]
    stop_grace_period: 0s
    depends_on: [web]
    deploy: {endpoint_mode: dnsrr}
configs: {page: {content: PAGE}}
"""
SERVES = 'httpd, -f, -p, "80", -h, /'


@dataclass
class Shell:
    """``perry-compose`` on one engine, in a folder of its own."""

    folder: Path
    environ: dict[str, str]

    def write(self, page: str, command: str = SERVES) -> None:
        (self.folder / "compose.yaml").write_text(FILE.replace("PAGE", page).replace("COMMAND", command))

    def run(self, *words: str, status: int = 0) -> str:
        """What it says on both its outputs."""
        shown = subprocess.run(
            [sys.executable, "-m", "perry_ffi.cli", *words], cwd=self.folder, env=self.environ, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert shown.returncode == status, (words, shown.returncode, shown.stdout, shown.stderr)
        return shown.stdout + shown.stderr

    def services(self) -> dict[str, int]:
        """How many containers of each service run, as ``ps`` has them."""
        rows = [json.loads(line) for line in self.run("ps", "--format", "json").splitlines()]
        return dict(Counter(row["Service"] for row in rows))

    def page(self, host: str = "web") -> str:
        """What is served, seen from inside another service, once its name is known there."""
        line = f"for i in $(seq 50); do nslookup {host}. >/dev/null 2>&1 && break; sleep 0.1; done; wget -q -O - http://{host}/index.html"
        return self.run("exec", "-T", "look", "sh", "-c", line).strip()


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    try:
        with private_engines(("docker", "podman")) as found:
            yield found
    except EngineMissing as error:
        missing(str(error))


@pytest.fixture(params=["docker", "podman", "swarm"])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environ = {
        **kept,
        "PERRY_CONTAINER_BACKEND": request.param,
        "PERRY_CONTAINER_PROBE_TIMEOUT": "60",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    if request.param == "swarm":
        lab: Lab = request.getfixturevalue("lab")
        nodes = ",".join(f"{node.name}=unix://{node.socket}" for node in lab.nodes)
        environ |= {"DOCKER_HOST": f"unix://{lab.leader().socket}", "PERRY_SWARM_NODES": nodes, "IMAGE": lab.image}
    else:
        engines: Engines = request.getfixturevalue("engines")
        if request.param not in engines.engines:
            missing(engines.missing[request.param])
        environ |= engines.environ() | {"IMAGE": engines.environ()["PERRY_TEST_IMAGE"]}
    found = Shell(tmp_path, environ)
    yield found
    if (tmp_path / "compose.yaml").exists():
        found.run("down", "--volumes")


def test_one_file_on_each_engine(shell: Shell) -> None:
    standing = {"db": 1, "look": 1, "web": 2}
    shell.write("one")
    shell.run("up", "--detach")
    assert shell.services() == standing
    assert (shell.page(), shell.page("shown")) == ("one", "one")

    assert "nothing to do" in shell.run("up", "--detach")

    shell.write("two")
    shell.run("up", "--detach")
    assert shell.services() == standing
    assert shell.page() == "two"

    shell.write("two", '"false"')
    assert "web" in shell.run("up", "--detach", status=1)
    assert shell.services() == standing
    assert shell.page() == "two"

    shell.write("two")
    shell.run("down", "--volumes")
    assert shell.services() == {}
