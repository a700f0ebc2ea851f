"""Each symptom made for real: on a machine of the test's own, in front of a user without rights, and told by ``perry-compose doctor``."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

import pytest

from tests.engines.daemon import answers
from tests.engines.private import Engine, Engines
from tests.live.conftest import engine_called, missing
from tests.support.doctor_machine import Machine, Seen, look

SOCKET = "/run/docker.sock"
_IDS = ["newuidmap", "newgidmap"]
_SLOW = {"PERRY_CONTAINER_PROBE_TIMEOUT": "40"}
_STOPPED = """echo '{"name":"default","status":"Stopped","arch":"x86_64","cpus":2,"memory":2147483648,"disk":107374182400}'"""
_SAID = r"cannot access containerd socket \"/run/containerd/containerd.sock\": no such file or directory"
_NO_CONTAINERD = f"""echo 'time="2026-11-01T10:00:00Z" level=fatal msg="{_SAID}"' >&2; exit 1"""


class Case(NamedTuple):
    """symptom: its whole id. seen: a part of the evidence. mends: a part of the remedy. state: of the engine's row."""

    symptom: str
    machine: Machine
    seen: str
    mends: str
    state: str


def at(kind: str, group: str = "docker", mode: int = 0o666, path: str = SOCKET, **more: object) -> Machine:
    """A machine with one socket."""
    return Machine(sockets={path: (kind, group, mode)}, **more)  # type: ignore[arg-type]


def podman(*more: str, environ: dict[str, str] | None = None, **changes: object) -> Machine:
    """A machine with the system's podman, and time enough for it."""
    return Machine(real=["podman", *more], environ={**_SLOW, **(environ or {})}, **changes)  # type: ignore[arg-type]


SOCKETS = [
    Case("docker:not-in-group", at("engine", mode=0o660), "mode 0660, group docker; ann is not in", "usermod -aG docker ann", "denied"),
    Case(
        "docker:group-of-older-session", at("engine", mode=0o660, listed=["docker"]), "ann is in it, this process is not",
        "newgrp docker", "denied",
    ),
    Case("docker:root-only", at("engine", "root", 0o600), "mode 0600, group root", "rootless engine", "denied"),
    Case(
        "docker:root-only", at("engine", "root", 0o660, programs={"dockerd-rootless-setuptool.sh": "exit 1"}), "group root",
        "dockerd-rootless-setuptool.sh install", "denied",
    ),
    Case("docker:nobody-listens", at("nobody"), "refuses connections", "start docker again", "stopped"),
    Case(
        "docker:nobody-listens", at("nobody", folders=["/run/systemd/system"]), "refuses connections", "systemctl restart docker",
        "stopped",
    ),
    Case(
        "docker:nobody-listens", at("nobody", path="/run/user/64322/docker.sock", folders=["/run/systemd/system"]), "/run/user/64322",
        "systemctl --user restart docker", "stopped",
    ),
    Case("docker:no-socket", Machine(folders=[SOCKET]), "no socket", "remove /var/run/docker.sock", "broken"),
    Case("docker:silent-answer", at("mute"), "does not answer in time", "start docker again", "broken"),
    Case("docker:odd-answer", at("banner"), "does not answer as an engine", "start docker again", "broken"),
    Case(
        "docker:dangling-link", Machine(links={SOCKET: "/h/.orbstack/run/docker.sock"}), "is a link to /h/.orbstack/run/docker.sock",
        "rm -- /var/run/docker.sock", "stopped",
    ),
    Case(
        "docker:dangling-link", Machine(links={SOCKET: "/h/.colima/work/docker.sock"}, programs={"colima": "exit 1"}), "is a link to",
        "colima start -p work", "stopped",
    ),
    Case(
        "docker:rootless-stopped", Machine(files={"/h/.config/systemd/user/docker.service": "[Unit]"}), "the user's unit docker.service",
        "systemctl --user start docker", "absent",
    ),
    Case("docker:inside-a-container", Machine(files={"/run/.containerenv": ""}), "runs in a container", "-v /var/run/docker.sock", "absent"),
    Case("docker:engine-too-old", at("old"), "speaks API 1.39; 1.41 is the oldest", "update docker", "unsupported"),
    Case("docker:library-too-old", at("new"), "it speaks API 1.60 and later only", "update this library", "broken"),
    Case("docker:clock-skew", at("slept"), "s behind this machine's", "set the clock", "ready"),
    Case("docker:disk-full", at("full", small=["/var/lib/small"]), "16 MiB are free", "docker system prune", "ready"),
]  # fmt: skip
CONFIGURATION = [
    Case("docker:broken-config", at("engine", files={"/h/.docker/config.json": "{broken"}), "is not JSON", "mend the file", "ready"),
    Case(
        "docker:unknown-context", Machine(files={"/h/.docker/config.json": '{"currentContext": "gone"}'}), "context 'gone'",
        "remove currentContext", "broken",
    ),
    Case("docker:unknown-context", Machine(environ={"DOCKER_CONTEXT": "gone"}), "context 'gone'", "unset DOCKER_CONTEXT", "broken"),
    Case(
        "docker:server-missing", Machine(environ={"DOCKER_HOST": "unix:///run/none.sock"}), "DOCKER_HOST names /run/none.sock",
        "unset DOCKER_HOST", "absent",
    ),
    Case(
        "docker:no-tls-files", Machine(environ={"DOCKER_HOST": "tcp://127.0.0.1:1", "DOCKER_TLS_VERIFY": "1"}), "no /h/.docker/ca.pem",
        "DOCKER_CERT_PATH", "broken",
    ),
    Case("docker:no-ssh", Machine(environ={"DOCKER_HOST": "ssh://ann@192.0.2.1"}), "ssh, which is not installed", "ssh", "broken"),
    Case("docker:probe", Machine(environ={"DOCKER_HOST": "tcp://127.0.0.1:1"}), "127.0.0.1:1", "127.0.0.1", "stopped"),
]  # fmt: skip
MACHINES = [
    Case("lima:machine-stopped", Machine(programs={"limactl": _STOPPED}), "default is stopped", "limactl start default", "stopped"),
    Case("lima:no-machine", Machine(programs={"limactl": "exit 0"}), "no machine yet", "limactl start template:docker", "stopped"),
    Case("lima:machine-odd", Machine(programs={"limactl": "echo odd; exit 3"}), "not known: exit code 3, odd", "limactl list", "broken"),
    Case(
        "colima:machine-stopped",
        Machine(programs={"colima": """echo '{"name":"work","status":"Stopped","arch":"x86_64","runtime":"docker"}'"""}),
        "work is stopped", "colima start -p work", "stopped",
    ),
    Case(
        "rancher-desktop:machine-stopped",
        Machine(programs={"rdctl": "echo 'Error: Get http://127.0.0.1:6107/v1/backend_state: connection refused' >&2; exit 1"}),
        "does not run", "rdctl start --container-engine.name moby", "stopped",
    ),
    Case(
        "colima:containerd-inside",
        Machine(programs={"colima": """echo '{"name":"default","status":"Running","arch":"x86_64","runtime":"incus"}'"""}),
        "profile default runs incus", "colima start -p docker --runtime docker", "unsupported",
    ),
    Case(
        "docker:context-without-server",
        Machine(
            files={
                "/h/.docker/config.json": '{"currentContext": "colima"}',
                f"/h/.docker/contexts/meta/{sha256(b'colima').hexdigest()}/meta.json":
                '{"Name": "colima", "Endpoints": {"docker": {"Host": "unix:///h/.colima/default/docker.sock"}}}',
            },
            programs={"colima": _STOPPED},
        ),
        "leads to /h/.colima/default/docker.sock, which does not exist", "colima start", "absent",
    ),
    Case(
        "colima:not-shared", at("engine", path="/h/.colima/default/docker.sock", directory="/usr"), "/usr is not in a folder",
        "move the project below /h", "ready",
    ),
]  # fmt: skip
SERVICES = [
    Case(
        "docker:service-stopped", Machine(programs={"dockerd": "exit 1"}, folders=["/run/systemd/system"]), "/h/bin/dockerd is installed",
        "systemctl enable --now docker", "stopped",
    ),
    Case(
        "docker:service-stopped", Machine(programs={"dockerd": "exit 1", "service": "exit 1"}), "systemd does not run",
        "service docker start", "stopped",
    ),
    Case(
        "docker:service-stopped", Machine(programs={"dockerd": "exit 1", "rc-service": "exit 1"}), "systemd does not run",
        "rc-service docker start", "stopped",
    ),
    Case(
        "nerdctl:containerd-stopped",
        Machine(root=True, programs={"nerdctl": _NO_CONTAINERD}, folders=["/run/systemd/system"]),
        "/run/containerd/containerd.sock does not answer", "systemctl enable --now containerd", "stopped",
    ),
    Case(
        "nerdctl:no-network-plugins", Machine(programs={"nerdctl": "exit 1"}, hidden={"/opt": [], "/usr/lib/cni": []}),
        "CNI plugins bridge and firewall", "CNI plugins", "broken",
    ),
    Case("nerdctl:no-buildkit", Machine(programs={"nerdctl": "exit 1"}), "buildctl is not on", "buildkitd", "broken"),
    Case("nerdctl:health-checks", Machine(programs={"nerdctl": "exit 1"}), "which does not run here", "nothing has to be done", "broken"),
]  # fmt: skip
PODMAN = [
    Case("podman:no-socket", podman(*_IDS), "no socket of it is there", "nothing has to be done", "ready"),
    Case("podman:health-checks", podman(*_IDS), "systemd run health checks", "nothing has to be done", "ready"),
    Case("podman:no-subids", podman(*_IDS, subids=False), "subuid", "--add-subuids", "ready"),
    Case("podman:no-newuidmap", podman(), 'exec: "newuidmap"', "newuidmap", "broken"),
    Case(
        "podman:runtime-dir", podman(*_IDS, environ={"XDG_RUNTIME_DIR": "/run/other"}, folders=["/run/other"]), "is not owned by",
        "loginctl enable-linger ann", "broken",
    ),
    Case(
        "podman:no-name-server", podman(*_IDS, hidden={"/usr/lib/podman": ["netavark"]}), "aardvark-dns cannot be found", "aardvark-dns",
        "ready",
    ),
    Case(
        "podman:no-networks", podman(*_IDS, hidden={"/usr/lib/podman": [], "/usr/lib/cni": [], "/opt/cni/bin": []}),
        "neither netavark nor", "netavark", "ready",
    ),
    Case("podman:refuses", Machine(programs={"podman": "echo 'Error: a new one' >&2; exit 125"}), "Error: a new one", "mend", "broken"),
]  # fmt: skip
EVERY = [*SOCKETS, *CONFIGURATION, *MACHINES, *SERVICES, *PODMAN]


def seen_on(machine: Machine) -> Seen:
    """Skips where such a machine cannot be made."""
    if sys.platform != "linux" or os.geteuid() != 0:
        missing("a machine of the tests' own needs root on Linux")
    for name in machine.real:
        if shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin") is None:
            missing(f"{name} is not installed")
    return look(machine)


@pytest.mark.parametrize("case", EVERY, ids=[f"{index}-{case.symptom}" for index, case in enumerate(EVERY)])
def test_it_is_found_and_what_mends_it(case: Case) -> None:
    seen = seen_on(case.machine)
    row = seen.rows[case.symptom]
    assert case.seen in row["evidence"] and case.mends in row["remedy"], row
    assert seen.states[case.symptom.split(":")[0]] == case.state
    assert row["evidence"].isprintable() and "level=" not in row["evidence"]


def test_a_dockerd_that_hangs_and_dies(engines: Engines) -> None:
    """A real one: another user's, with an image that it lacks, stopped in its midst, killed."""
    engine = engine_called("docker", engines)
    if engine.daemon is None or engine.daemon.process is None:
        missing("a dockerd of the tests' own is wanted")
    there = Machine(root=True, sockets={SOCKET: (f"file:{engine.socket}", "docker", 0o660)})
    assert seen_on(replace(there, root=False)).rows["docker:not-in-group"]["remedy"] == "sudo usermod -aG docker ann"
    whole = seen_on(replace(there, words=["--try", "perry.test/none:1"]))
    assert whole.states["docker"] == "ready" and whole.exit_code == 1
    assert "perry.test/none:1" in whole.rows["docker:trial"]["evidence"]
    _hangs_and_dies(engine, there)
    assert seen_on(there).exit_code == 0


def _hangs_and_dies(engine: Engine, there: Machine) -> None:
    daemon = engine.daemon
    assert daemon is not None and daemon.process is not None
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        hangs = seen_on(there)
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    assert hangs.rows["docker:silent-answer"]["weight"] == "error" and hangs.states["docker"] == "broken"
    daemon.stop(signal.SIGKILL)
    try:
        assert "refuses connections" in seen_on(there).rows["docker:nobody-listens"]["evidence"]
    finally:
        daemon.start(lambda: answers(engine.socket))
