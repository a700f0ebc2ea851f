"""What files are made into, beside what ``docker stack deploy`` makes of the same ones: services and networks, member by member.

Each difference is one of ``REASONED``, with its reason; each of these reasons is seen.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.compose import load
from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.up import up
from tests.engines.swarm.lab import Lab, until
from tests.support.missing import missing
from tests.swarm.shop import on

NAME = "parity"
MIB = 1 << 20
Document = dict[str, Any]


def _one(name: str = "app", **members: Any) -> Document:
    """A file of one service, of which nothing has to run."""
    sections = {key: members.pop(key) for key in ("networks_of", "volumes_of", "configs", "secrets") if key in members}
    uses = {key: members.pop(f"service_{key}", list(sections[key])) for key in ("configs", "secrets") if key in sections}
    deploy = {"replicas": 0, **members.pop("deploy", {})}
    if deploy.get("mode") == "global":
        del deploy["replicas"]
    service = {"command": ["sleep", "600"], "stop_grace_period": "0s", "deploy": deploy, **uses, **members}
    return {"services": {name: service}, **{key.removesuffix("_of"): value for key, value in sections.items()}}


FILES: dict[str, Document] = {
    "nothing said": {"services": {"app": {"command": ["sleep", "600"], "deploy": {"replicas": 0}}}},
    "process": _one(
        entrypoint=["/bin/sh"], command=["-c", "exec sleep 600"], working_dir="/tmp", user="5:6", hostname="host-1", tty=True,
        stdin_open=True, init=True, read_only=True, stop_signal="SIGUSR1", stop_grace_period="3s", labels={"of": "process"},
    ),
    "words": _one(entrypoint="sh -c 'sleep 5'", command="'a b' c", environment=["A=b", "EMPTY=", "SPACE=a b"]),
    "names": _one(extra_hosts=["other:10.1.2.3", "six:::1"], dns=["10.1.2.4"], dns_search=["example"]),
    "health": _one(healthcheck={"test": "test -f /x", "interval": "1s", "timeout": "5s", "retries": 4, "start_period": "6s"}),
    "no health": _one(healthcheck={"disable": True}),
    "limits": _one(
        cap_add=["NET_ADMIN"], cap_drop=["CHOWN"], sysctls={"net.core.somaxconn": "77"}, ulimits={"nofile": {"soft": 100, "hard": 200}, "nproc": 65},
        deploy={"resources": {"limits": {"cpus": "0.5", "memory": "64M", "pids": 50}, "reservations": {"cpus": "0.25", "memory": "16M"}}},
    ),
    "volumes": _one(
        volumes=[
            "data:/data", "/anonymous", "data:/ro:ro",
            {"type": "volume", "source": "plain", "target": "/plain", "read_only": True, "volume": {"nocopy": True}},
            {"type": "bind", "source": "/etc", "target": "/bound", "read_only": True, "bind": {"propagation": "rshared"}},
            {"type": "tmpfs", "target": "/memory", "tmpfs": {"size": MIB}},
        ],
        volumes_of={"data": {"driver": "local", "driver_opts": {"type": "tmpfs", "device": "tmpfs"}, "labels": {"kept": "here"}}, "plain": {}},
    ),
    "files": _one(
        configs={"conf": {"file": "./content"}}, secrets={"key": {"file": "./content"}, "named": {"file": "./content", "name": "other"}},
    ),
    "networks": _one(
        networks={"front": {"aliases": ["alias"]}, "back": None},
        networks_of={
            "front": {"driver": "overlay", "attachable": True, "labels": {"kept": "here"}},
            "back": {"internal": True, "driver_opts": {"encrypted": ""}, "ipam": {"config": [{"subnet": "10.99.0.0/20"}]}},
        },
    ),
    "ports": _one(
        ports=["18080:80", "18090-18091:90-91/udp", "83", {"target": 81, "published": 18081, "mode": "host"}],
    ),
    "no address": _one(deploy={"endpoint_mode": "dnsrr"}, ports=[{"target": 81, "published": 18081, "mode": "host"}]),
    "the host's network": _one(networks=["outside"], networks_of={"outside": {"external": True, "name": "host"}}),
    "policies": _one(
        deploy={
            "labels": {"team": "one"},
            "update_config": {"parallelism": 2, "delay": "1s", "monitor": "2s", "max_failure_ratio": 0.5, "order": "start-first",
                              "failure_action": "pause"},
            "rollback_config": {"parallelism": 3, "delay": "2s", "monitor": "3s", "max_failure_ratio": 0.25, "failure_action": "continue"},
            "restart_policy": {"condition": "on-failure", "delay": "1s", "max_attempts": 3, "window": "2m"},
        },
    ),
    "partly said policies": _one(
        deploy={"update_config": {"order": "start-first"}, "rollback_config": {"delay": "2s"}, "restart_policy": {"delay": "1s"}},
    ),
    "places": _one(
        deploy={"placement": {"constraints": ["node.hostname != nowhere"], "preferences": [{"spread": "node.labels.zone"}],
                              "max_replicas_per_node": 1},
                "resources": {"reservations": {"generic_resources": [{"discrete_resource_spec": {"kind": "gpu", "value": 2}}]}}},
    ),
    "restart": {"services": {
        word: {"command": ["sleep", "600"], "restart": word, "deploy": {"replicas": 0}} for word in ("always", "unless-stopped", "on-failure")
    } | {"never": {"command": ["sleep", "600"], "restart": "no", "deploy": {"replicas": 0}}}},
    "long files": _one(
        service_configs=[{"source": "conf", "target": "/etc/conf", "uid": "3", "gid": "4", "mode": 0o440}],
        service_secrets=[{"source": "key", "target": "renamed", "uid": "5", "gid": "6", "mode": 0o400}],
        configs={"conf": {"file": "./content"}}, secrets={"key": {"file": "./content"}},
    ),
    "a template": _one(environment={"NODE": "{{.Node.Hostname}}"}, hostname="h-{{.Task.Slot}}"),
    "a job": _one(deploy={"mode": "replicated-job", "replicas": 1}, command=["true"]),
    "what the peer leaves out": _one(container_name="called", tmpfs=["/short"], shm_size="3m", depends_on=[]),
    "lists": _one(labels=["a=b", "c"], sysctls=["net.core.somaxconn=77"], env_file=["./content"], cap_add=["ALL"], expose=["80"]),
    "a relative folder": _one(volumes=["./content:/content:ro", {"type": "bind", "source": "/etc", "target": "/e"}]),
    "a volume that is named": _one(volumes=["data:/data"], volumes_of={"data": {"name": "elsewhere"}}),
    "a health check of a list": _one(healthcheck={"test": ["CMD", "true"], "interval": "1m30s"}),
    "logs": _one(logging={"driver": "json-file", "options": {"max-size": "1m"}}),
    "everywhere": _one(deploy={"mode": "global"}),
}  # fmt: skip

REASONED: dict[str, str] = {
    r"/perry\.compose\.": "what is known of the project lies in labels of our own",
    r"/Labels/com\.docker\.compose\.project\.(working_dir|config_files)$": "where its files are, so that a program finds them again",
    r"/Labels/com\.docker\.stack\.image$": "the peer's note on the image as it is written, which is one of our own labels",
    r"^/network .*(vxlanid_list|/IPAM/Config/0/(Subnet|Gateway))$": "numbers and addresses that the engine chooses",
    r"/UpdateConfig/(FailureAction|Order|Parallelism)$": "said in full; an update that fails is rolled back where nothing is said",
    r"/RollbackConfig/(FailureAction|Order|Parallelism)$": "said in full",
    r"/RestartPolicy/Condition$": "absent: a task that ended well is done; no is no: the peer leaves it out, and starts it for ever",
    r"/(Env/\d+|Hostname)$": "what a file says is text, and no template",
    r"/Networks/0/Aliases/\d+$": "a host name and a container's name are names on the network, as on one machine",
    r"/Mounts//(short|dev/shm)/": "tmpfs and shm_size, which the peer leaves out",
    r"/Mode/|/RollbackConfig/|/UpdateConfig/": "a job is a service whose tasks end: the engine's own run anew after each change of its leader",
}
"""By what is in a path: why it is another one than the peer's. The last one is of ``a job``."""


# -- what is there ------------------------------------------------------------------------------------


def made(lab: Lab) -> dict[str, Any]:
    """The services and networks of the project, as the engine gives them back, in words that are the same whoever made them."""
    manager = lab.leader()
    networks = {row["Id"]: row for row in manager.call("GET", "/networks") if row["Scope"] == "swarm" or row["Name"] == "host"}
    found: dict[str, Any] = {}
    for row in manager.call("GET", "/services"):
        spec = row["Spec"]
        if spec["Name"].startswith(f"{NAME}_"):
            found[f"service {spec['Name']}"] = _plain(spec, networks)
    for row in networks.values():
        if row["Name"].startswith(f"{NAME}_"):
            members = ("Driver", "Attachable", "Internal", "EnableIPv6", "Options", "Labels", "IPAM")
            found[f"network {row['Name']}"] = {name: row[name] for name in members}
    return found


def _plain(spec: Document, networks: Mapping[str, Document]) -> Document:
    task = spec["TaskTemplate"]
    for use in task.get("Networks") or ():
        use["Target"] = networks[use["Target"]]["Name"] if use["Target"] in networks else use["Target"]
        use["Aliases"] = sorted(use.get("Aliases") or ())
    for kind in ("Config", "Secret"):
        uses = task["ContainerSpec"].get(f"{kind}s") or []
        task["ContainerSpec"][f"{kind}s"] = {_folder(kind, use["File"].pop("Name")): use["File"] for use in uses}
    task["ContainerSpec"]["Env"] = sorted(task["ContainerSpec"].get("Env") or ())
    capabilities = ("CapabilityAdd", "CapabilityDrop")
    for name in capabilities:
        task["ContainerSpec"][name] = [text.removeprefix("CAP_") for text in task["ContainerSpec"].get(name) or ()]
    mounts = task["ContainerSpec"].get("Mounts") or ()
    task["ContainerSpec"]["Mounts"] = {mount["Target"]: mount for mount in mounts}
    ports = spec["EndpointSpec"].get("Ports") or ()
    spec["EndpointSpec"]["Ports"] = {f"{port['TargetPort']} {port['Protocol']}": port for port in ports}
    return spec


def _folder(kind: str, name: str) -> str:
    """Where a file lands whose target is no absolute path."""
    return name if name.startswith("/") else f"{'/' if kind == 'Config' else '/run/secrets/'}{name}"


def flat(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path. What is empty says nothing."""
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            yield from flat(value, f"{path}/{name}")
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from flat(value, f"{path}/{number}")
    elif tree not in (None, "", 0, False):
        yield path, tree


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    own, peer = dict(flat(ours)), dict(flat(theirs))
    return {path: (own.get(path), peer.get(path)) for path in sorted({*own, *peer}) if own.get(path) != peer.get(path)}


# -- who makes it -------------------------------------------------------------------------------------


def deployed(lab: Lab, folder: Path) -> dict[str, Any]:
    """What the peer makes of the file in the folder; taken away again."""
    program = shutil.which("docker")
    if program is None:
        missing("docker's command line is not there: Debian's docker.io has it")
    environ = {**os.environ, "DOCKER_HOST": f"unix://{lab.leader().socket}", "HOME": str(folder)}

    def stack(*words: str) -> None:
        done = subprocess.run(
            [str(program), "stack", *words], cwd=folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)

    stack("deploy", "--compose-file", "compose.json", NAME)
    try:
        return made(lab)
    finally:
        stack("rm", NAME)
        until(lambda: not lab.leftovers(NAME), "the peer's stack is gone")


def brought_up(lab: Lab, folder: Path) -> dict[str, Any]:
    async def work() -> dict[str, Any]:
        async with on(lab.leader().socket, folder) as context:
            await up(
                context, load([str(folder / "compose.json")], env={}, working_directory=str(folder), project_name=NAME), Up()
            )
            try:
                return made(lab)
            finally:
                await down(context, NAME, None, Down())

    found = anyio.run(work)
    until(lambda: not lab.leftovers(NAME), "the project is gone")
    return found


@pytest.fixture(scope="module")
def seen() -> dict[str, dict[str, tuple[Any, Any]]]:
    """The differences of each file that was looked at."""
    return {}


def reason(path: str) -> str | None:
    return next((text for pattern, text in REASONED.items() if re.search(pattern, path)), None)


@pytest.mark.parametrize("title", FILES)
def test_a_file_is_made_into_the_same(lab: Lab, tmp_path: Path, seen: dict[str, Any], title: str) -> None:
    (tmp_path / "content").write_text("content\n")
    document = FILES[title]
    services = {name: {"image": lab.image, **row} for name, row in document["services"].items()}
    (tmp_path / "compose.json").write_text(json.dumps({"version": "3.9", **document, "services": services}))
    seen[title] = differences(brought_up(lab, tmp_path), deployed(lab, tmp_path))
    assert {path: pair for path, pair in seen[title].items() if reason(path) is None} == {}


def test_every_reason_is_one(seen: dict[str, dict[str, tuple[Any, Any]]]) -> None:
    if seen.keys() != FILES.keys():
        pytest.skip("not every file was looked at")
    paths = [path for found in seen.values() for path in found]
    first = [next((pattern for pattern in REASONED if re.search(pattern, path)), "") for path in paths]
    assert [pattern for pattern in REASONED if pattern not in first] == []
