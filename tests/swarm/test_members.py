"""Every member of a file that a service of a cluster can have is in the definition that the engine gives back, or in a task's container.

From the file through the whole translation: what an engine drops in silence is not there when it is read back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import quote

import anyio
import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.services import Services
from perry_ffi.backends.detect import connect
from perry_ffi.compose import Project, load_document
from perry_ffi.model.base import validate
from perry_ffi.model.network import NetworkSpec
from perry_ffi.settings import Settings
from perry_ffi.stack.cluster.check import shortfalls
from perry_ffi.stack.cluster.definition import service_definition
from perry_ffi.stack.cluster.files import cluster_files
from perry_ffi.stack.desired import desired
from perry_ffi.stack.options import Up
from tests.engines.swarm.lab import Lab, until
from tests.swarm.services import look, wait_for

MIB = 1 << 20
SECOND = 10**9
TEMPLATE = "{{.Node.Hostname}} {{ and }}"
_PLACE = {"placement": {"constraints": ["node.hostname == n1"]}}
SERVICES: dict[str, dict[str, Any]] = {
    "process": {
        "entrypoint": ["/bin/sh"], "command": ["-c", "exec sleep 600"], "working_dir": "/tmp", "user": "5:6", "group_add": ["7"],
        "environment": {"A": TEMPLATE, "EMPTY": ""}, "labels": {"of": TEMPLATE}, "hostname": "host-1", "tty": True, "stdin_open": True,
        "init": True, "read_only": True, "stop_signal": "SIGKILL", "stop_grace_period": "3s", "extra_hosts": ["other:10.1.2.3"],
        "dns": ["10.1.2.4"], "dns_search": ["example"], "dns_opt": ["ndots:2"], "platform": "linux/amd64", "container_name": "called",
        "healthcheck": {"test": ["CMD", "true"], "interval": "1s", "timeout": "5s", "retries": 4, "start_period": "6s"},
        "logging": {"driver": "json-file", "options": {"max-size": "1m"}},
    },
    "limits": {
        "command": ["/bin/sleep", "600"], "environment": {"PATH": None}, "extra_hosts": ["gate:host-gateway"],
        "cap_add": ["NET_ADMIN"], "cap_drop": ["CHOWN"], "sysctls": {"net.core.somaxconn": "77"},
        "ulimits": {"nofile": {"soft": 100, "hard": 200}}, "cpus": 0.5, "mem_limit": "64m", "pids_limit": 50, "restart": "no",
        "deploy": {"resources": {"reservations": {"cpus": "0.25", "memory": "16M"}}},
    },
    "mounts": {
        "volumes": [
            "data:/data", "/anonymous",
            {"type": "volume", "source": "labelled", "target": "/labelled", "read_only": True, "volume": {"nocopy": True, "labels": {"a": "b"}}},
            {"type": "bind", "source": "/etc", "target": "/bound", "read_only": True, "bind": {"propagation": "private"}},
            {"type": "tmpfs", "target": "/memory", "tmpfs": {"size": MIB, "mode": 0o700}},
        ],
        "tmpfs": ["/short:size=2m,mode=711"], "shm_size": "3m",
        "configs": [{"source": "c", "target": "/etc/c", "uid": "3", "gid": "4", "mode": 0o440}, {"source": "c", "mode": 0o400}],
        "secrets": ["s"],
    },
    "places": {
        "networks": {"default": {"aliases": ["alias"], "driver_opts": {"said": TEMPLATE}}}, "links": ["process:linked"], "restart": "on-failure:5",
        "ports": [{"target": 80, "published": "18080", "mode": "host"}, {"target": 81, "published": "18081", "protocol": "udp", "mode": "host"}],
        "deploy": {
            "replicas": 2, "labels": {"team": TEMPLATE}, "endpoint_mode": "dnsrr",
            "placement": {"constraints": ["node.hostname != nowhere"], "preferences": [{"spread": "node.labels.zone"}],
                          "max_replicas_per_node": 1},
            "update_config": {"parallelism": 2, "delay": "1s", "monitor": "2s", "max_failure_ratio": 0.5, "order": "start-first",
                              "failure_action": "pause"},
            "rollback_config": {"parallelism": 3, "delay": "2s", "monitor": "3s", "max_failure_ratio": 0.25, "failure_action": "continue"},
            "restart_policy": {"condition": "any", "delay": "1s", "max_attempts": 3, "window": "2m"},
        },
    },
    "open": {"ports": ["18082:82", "83"], "deploy": {"update_config": {"order": "start-first"}}},
    "everywhere": {"network_mode": "host", "deploy": {"mode": "global"}},
    "job": {"command": ["true"], "deploy": {"mode": "replicated-job"}},
}  # fmt: skip
SECTIONS: dict[str, Any] = {
    "volumes": {
        "data": {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}, "labels": {"kept": "here"}},
        "labelled": None,
    },
    "configs": {"c": {"content": "the config"}},
    "secrets": {"s": {"environment": "SECRET"}},
}


@dataclass(frozen=True)
class Seen:
    """spec: as the engine gives it back. container: of one of its tasks; nothing where they have ended."""

    spec: dict[str, Any]
    container: dict[str, Any]


@pytest.fixture(scope="module")
def seen(swarm: Lab) -> Iterator[dict[str, Seen]]:
    """Each service as it runs; made once for all tests of this file."""
    swarm.clean()
    anyio.run(_bring_up, swarm)
    yield {name: _seen(swarm, name) for name in SERVICES}
    swarm.clean()


async def _bring_up(lab: Lab) -> None:
    settings = Settings.from_environ({"DOCKER_HOST": f"unix://{lab.leader().socket}"})
    backend = await connect(settings, ["swarm"])
    try:
        services = {
            name: {"image": lab.image, "command": ["sleep", "600"], "stop_grace_period": "0s", **row}
            for name, row in SERVICES.items()
        }
        document = {"name": "m", "services": services, **SECTIONS}
        await _create(backend, load_document(document, env={"SECRET": "hunter2"}, working_directory="/"))
    finally:
        await backend.aclose()


async def _create(backend: Backend, project: Project) -> None:
    engine = backend.services
    assert engine is not None
    document, files = project.to_dict(), cluster_files(project, project.to_dict())
    labels = {"perry.compose.project": project.name}
    known = await _objects(engine, files, labels)
    network = await engine.create_network("m_default", validate(NetworkSpec, {"labels": labels}))
    for service in desired(project, Up(), {}).services.values():
        shortfalls(document, engine.capabilities, backend="swarm", services=[service.name])
        image = (await engine.resolve_image(service.image)).reference
        definition = service_definition(
            document, service, project=project.name, image=image, labels=labels, task_labels={"version": "1"}, networks={"default": network},
            files=files[service.name], idents=known, one_shot=False, working_dir="/", capabilities=engine.capabilities,
        )  # fmt: skip
        await engine.check_service(definition)
        await engine.create_service(definition)


async def _objects(engine: Services, files: dict[str, Any], labels: dict[str, str]) -> dict[str, str]:
    rows = {(file.kind, file.name): file.content for found in files.values() for file in found}
    return {name: await engine.create_file(kind, name, content, labels) for (kind, name), content in rows.items()}


def _seen(lab: Lab, name: str) -> Seen:
    if name == "job":
        until(lambda: _ended_well(lab, f"m_{name}"), "its task has ended")
        return Seen(look(lab.leader(), f"m_{name}")["Spec"], {})
    states = {"places": ["running"] * 2, "everywhere": ["running"] * 3}.get(name, ["running"])
    task = wait_for(lab, f"m_{name}", *states)[0]
    ident = task["Status"]["ContainerStatus"]["ContainerID"]
    container = lab.node_of(task).call("GET", f"/containers/{ident}/json")
    return Seen(look(lab.leader(), f"m_{name}")["Spec"], container)


def _ended_well(lab: Lab, service: str) -> bool:
    asked = quote(f'{{"service":["{service}"]}}')
    return [task["Status"]["State"] for task in lab.leader().call("GET", f"/tasks?filters={asked}")] == ["complete"]


def at(document: Any, path: str) -> Any:
    """What is at ``path``: members by name, entries by number."""
    for step in path.split("/"):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


_CONTAINER, _TASK = "TaskTemplate/ContainerSpec", "TaskTemplate"
SPEC: list[tuple[str, str, Any]] = [
    ("process", f"{_TASK}/Placement/Platforms", [{"Architecture": "amd64", "OS": "linux"}]),
    ("process", f"{_TASK}/Networks/0/Aliases", ["called", "process", "linked", "host-1"]),
    ("process", f"{_CONTAINER}/Labels/version", "1"),
    ("limits", f"{_TASK}/RestartPolicy/Condition", "none"),
    ("limits", f"{_TASK}/Resources/Limits", {"NanoCPUs": SECOND // 2, "MemoryBytes": 64 * MIB, "Pids": 50}),
    ("limits", f"{_TASK}/Resources/Reservations", {"NanoCPUs": SECOND // 4, "MemoryBytes": 16 * MIB}),
    ("places", "Labels/team", TEMPLATE),
    ("places", "Mode/Replicated/Replicas", 2),
    ("places", "EndpointSpec/Mode", "dnsrr"),
    ("places", "EndpointSpec/Ports", [
        {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 18080, "PublishMode": "host"},
        {"Protocol": "udp", "TargetPort": 81, "PublishedPort": 18081, "PublishMode": "host"},
    ]),
    ("places", f"{_TASK}/Placement/Constraints", ["node.hostname != nowhere"]),
    ("places", f"{_TASK}/Placement/Preferences", [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}]),
    ("places", f"{_TASK}/Placement/MaxReplicas", 1),
    ("places", f"{_TASK}/RestartPolicy", {"Condition": "any", "Delay": SECOND, "MaxAttempts": 3, "Window": 120 * SECOND}),
    ("places", "UpdateConfig", {"Parallelism": 2, "Delay": SECOND, "FailureAction": "pause", "Monitor": 2 * SECOND,
                                "MaxFailureRatio": 0.5, "Order": "stop-first"}),
    ("places", "RollbackConfig", {"Parallelism": 3, "Delay": 2 * SECOND, "FailureAction": "continue", "Monitor": 3 * SECOND,
                                  "MaxFailureRatio": 0.25, "Order": "stop-first"}),
    ("places", f"{_TASK}/Networks/0/Aliases", ["places", "alias"]),
    ("places", f"{_TASK}/Networks/0/DriverOpts", {"said": TEMPLATE}),
    ("open", "EndpointSpec/Mode", "vip"),
    ("open", "EndpointSpec/Ports/0", {"Protocol": "tcp", "TargetPort": 82, "PublishedPort": 18082, "PublishMode": "ingress"}),
    ("open", "EndpointSpec/Ports/1/TargetPort", 83),
    ("open", "UpdateConfig/Order", "start-first"),
    ("open", "UpdateConfig/FailureAction", "rollback"),
    ("open", f"{_TASK}/RestartPolicy/Condition", "on-failure"),
    ("everywhere", "Mode", {"Global": {}}),
    ("job", "Mode", {"Replicated": {"Replicas": 1}}),
    ("job", "UpdateConfig/FailureAction", "continue"),
    ("job", f"{_TASK}/RestartPolicy/Condition", "on-failure"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "path", "value"), SPEC, ids=lambda item: str(item)[:40])
def test_the_engine_gives_it_back(seen: dict[str, Seen], service: str, path: str, value: Any) -> None:
    assert at(seen[service].spec, path) == value


RUNNING: list[tuple[str, str, Any]] = [
    ("process", "Config/Entrypoint", ["/bin/sh"]),
    ("process", "Config/Cmd", ["-c", "exec sleep 600"]),
    ("process", "Config/WorkingDir", "/tmp"),
    ("process", "Config/User", "5:6"),
    ("process", "HostConfig/GroupAdd", ["7"]),
    ("process", "Config/Labels/of", TEMPLATE),
    ("process", "Config/Hostname", "host-1"),
    ("process", "Config/Tty", True),
    ("process", "Config/OpenStdin", True),
    ("process", "HostConfig/Init", True),
    ("process", "HostConfig/ReadonlyRootfs", True),
    ("process", "Config/StopSignal", "SIGKILL"),
    ("process", "HostConfig/ExtraHosts", ["other:10.1.2.3"]),
    ("process", "HostConfig/Dns", ["10.1.2.4"]),
    ("process", "HostConfig/DnsSearch", ["example"]),
    ("process", "HostConfig/DnsOptions", ["ndots:2"]),
    ("process", "Config/Healthcheck", {"Test": ["CMD", "true"], "Interval": SECOND, "Timeout": 5 * SECOND, "Retries": 4,
                                       "StartPeriod": 6 * SECOND}),
    ("process", "HostConfig/LogConfig", {"Type": "json-file", "Config": {"max-size": "1m"}}),
    ("limits", "HostConfig/Sysctls", {"net.core.somaxconn": "77"}),
    ("limits", "HostConfig/Ulimits", [{"Name": "nofile", "Soft": 100, "Hard": 200}]),
    ("limits", "HostConfig/NanoCpus", SECOND // 2),
    ("limits", "HostConfig/Memory", 64 * MIB),
    ("limits", "HostConfig/PidsLimit", 50),
]  # fmt: skip


@pytest.mark.parametrize(("service", "path", "value"), RUNNING, ids=lambda item: str(item)[:40])
def test_a_task_has_it(seen: dict[str, Seen], service: str, path: str, value: Any) -> None:
    assert at(seen[service].container, path) == value


def test_the_grace(seen: dict[str, Seen]) -> None:
    assert at(seen["process"].spec, f"{_CONTAINER}/StopGracePeriod") == 3 * SECOND


def test_text_of_a_file_is_no_template(seen: dict[str, Seen]) -> None:
    assert {f"A={TEMPLATE}", "EMPTY="} <= set(at(seen["process"].container, "Config/Env"))


def test_the_image_is_the_digest(seen: dict[str, Seen]) -> None:
    assert "@sha256:" in at(seen["process"].spec, f"{_CONTAINER}/Image")


def test_mounts(seen: dict[str, Seen]) -> None:
    found = {row["Destination"]: row for row in seen["mounts"].container["Mounts"]}
    assert (found["/data"]["Name"], found["/data"]["RW"]) == ("m_data", True)
    assert found["/anonymous"]["Type"] == "volume"
    assert (found["/labelled"]["Name"], found["/labelled"]["RW"]) == ("m_labelled", False)
    assert (found["/bound"]["Source"], found["/bound"]["RW"], found["/bound"]["Propagation"]) == ("/etc", False, "private")
    asked = {row["Target"]: row for row in at(seen["mounts"].container, "HostConfig/Mounts")}
    assert asked["/memory"]["TmpfsOptions"] == {"SizeBytes": MIB, "Mode": 0o700}
    assert asked["/short"]["TmpfsOptions"] == {"SizeBytes": 2 * MIB, "Mode": 0o711}
    assert asked["/dev/shm"]["TmpfsOptions"] == {"SizeBytes": 3 * MIB, "Mode": 0o1777}
    assert asked["/labelled"]["VolumeOptions"]["NoCopy"] is True


def test_a_volume_is_made_on_the_tasks_node_as_the_file_says(swarm: Lab, seen: dict[str, Seen]) -> None:
    (task,) = swarm.tasks("m_mounts")
    node = swarm.node_of(task)
    data = node.call("GET", "/volumes/m_data")
    assert data["Options"] == {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}
    assert {"kept": "here", "perry.compose.project": "m", "perry.compose.volume": "data"}.items() <= data["Labels"].items()
    assert node.call("GET", "/volumes/m_labelled")["Labels"]["a"] == "b"


def test_configs_and_secrets(seen: dict[str, Seen]) -> None:
    spec = at(seen["mounts"].spec, _CONTAINER)
    first, second = spec["Configs"]
    assert first["File"] == {"Name": "/etc/c", "UID": "3", "GID": "4", "Mode": 0o440}
    assert second["File"] == {"Name": "/c", "UID": "0", "GID": "0", "Mode": 0o400}
    assert first["ConfigName"] != second["ConfigName"]
    (secret,) = spec["Secrets"]
    assert secret["File"]["Name"].endswith("s")
    assert (secret["File"]["UID"], secret["File"]["Mode"]) == ("0", 0o444)


def test_what_files_hold_inside(swarm: Lab, seen: dict[str, Seen]) -> None:
    (task,) = swarm.tasks("m_mounts")
    node, ident = swarm.node_of(task), task["Status"]["ContainerStatus"]["ContainerID"]
    said = _inside(node, ident, "cat /etc/c /run/secrets/s; stat -c ' %u:%g:%a' /etc/c /c /run/secrets/s")
    assert said.split() == ["the", "confighunter2", "3:4:440", "0:0:400", "0:0:444"]


def test_what_a_task_may_do(swarm: Lab, seen: dict[str, Seen]) -> None:
    (task,) = swarm.tasks("m_limits")
    node, ident = swarm.node_of(task), task["Status"]["ContainerStatus"]["ContainerID"]
    granted = int(_inside(node, ident, "grep CapEff /proc/1/status").split()[1], 16)
    chown, net_admin, net_raw = (bool(granted >> number & 1) for number in (0, 12, 13))
    assert (chown, net_admin, net_raw) == (False, True, True)


def test_a_variable_of_the_image_that_is_taken_away(seen: dict[str, Seen]) -> None:
    assert not [text for text in at(seen["limits"].container, "Config/Env") if text.startswith("PATH=")]


def test_the_gateway_of_the_node(swarm: Lab, seen: dict[str, Seen]) -> None:
    (task,) = swarm.tasks("m_limits")
    node, ident = swarm.node_of(task), task["Status"]["ContainerStatus"]["ContainerID"]
    (line,) = [row for row in _inside(node, ident, "cat /etc/hosts").splitlines() if row.endswith("gate")]
    (bridge,) = node.call("GET", "/networks/bridge")["IPAM"]["Config"]
    assert ip_address(line.split()[0]) in ip_network(bridge["Subnet"])


def _inside(node: Any, container: str, line: str) -> str:
    """The output of a command in a container."""
    asked = {
        "Cmd": ["/bin/sh", "-c", line],
        "Env": ["PATH=/bin:/usr/bin"],
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": True,
    }
    started = node.call("POST", f"/containers/{container}/exec", asked)["Id"]
    status, body = node.ask("POST", f"/exec/{started}/start", {"Tty": True})
    assert status == 200, body
    return str(body.decode())


def test_the_network_of_the_node(seen: dict[str, Seen]) -> None:
    assert at(seen["everywhere"].container, "HostConfig/NetworkMode") == "host"
    assert list(at(seen["everywhere"].container, "NetworkSettings/Networks")) == ["host"]


def test_every_service_of_this_file_is_looked_at() -> None:
    assert {service for service, *_ in [*SPEC, *RUNNING]} | {"mounts"} == set(SERVICES)
