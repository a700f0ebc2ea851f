"""The services of a real swarm as the contract has them, where its own suite cannot look: from inside a task, on another node, behind
an answer that is lost, and without managers.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.asking import probe
from perry_ffi.backends.contract.service_definition import FileUse, NetworkUse, PortUse, RestartRule, ServiceDefinition
from perry_ffi.backends.contract.service_records import TaskState
from perry_ffi.backends.contract.services import is_uncertain
from perry_ffi.backends.detect import connect
from perry_ffi.backends.engine_api.swarm import calls
from perry_ffi.backends.engine_api.swarm.backend import SwarmBackend
from perry_ffi.backends.engine_api.swarm.container import OOM_SCORE_API, PRIVILEGES_API, START_INTERVAL_API
from perry_ffi.errors import BackendError, BackendNotAvailable, ContainerError, Unsupported
from perry_ffi.model.container import ExecOptions
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.service import ServiceSpec
from perry_ffi.settings import Settings
from tests.engines.swarm.lab import Lab, Node
from tests.live.proxy import Proxy, proxy
from tests.unit.backends.engine_api.swarm.test_container import LANDING

pytestmark = pytest.mark.anyio
BOUND = 60.0
WINDOWS = {"credential_spec", "isolation"}
SINCE = {"no_new_privileges": PRIVILEGES_API, "oom_score_adj": OOM_SCORE_API}
"""Members of LANDING that an older API does not know."""


def settings(home: Path, socket: str | Path, **environ: str) -> Settings:
    there = {"HOME": str(home), "PATH": os.environ["PATH"], "DOCKER_HOST": f"unix://{socket}", "PERRY_CONTAINER_BACKEND": "swarm"}
    return Settings.from_environ({**there, "PERRY_CONTAINER_PROBE_TIMEOUT": "60", **environ})


def engines(nodes: list[Node]) -> str:
    return ",".join(f"{node.name}=unix://{node.socket}" for node in nodes)


@pytest.fixture
async def manager(lab: Lab, tmp_path: Path) -> AsyncIterator[SwarmBackend]:
    found = await connect(settings(tmp_path, lab.leader().socket, PERRY_SWARM_NODES=engines(lab.workers[:1])))
    assert isinstance(found, SwarmBackend)
    yield found
    await found.aclose()


def defined(lab: Lab, name: str, *command: str, **container: Any) -> ServiceDefinition:
    spec = {"image": lab.image, "cmd": list(command or ("sleep", "600")), "stop_timeout": 0, **container}
    return ServiceDefinition(name, ServiceSpec.model_validate(spec), restart=RestartRule("any", delay=0.2), endpoint="dnsrr")


async def running(manager: SwarmBackend, name: str, count: int = 1) -> list[TaskState]:
    services = manager.services
    with anyio.fail_after(BOUND):
        while True:
            found = await services.tasks([(await services.service(name)).id])
            if len(ready := [task for task in found if task.wanted and task.state == "running"]) == count:
                return ready
            await anyio.sleep(0.1)


async def inside(manager: SwarmBackend, task: TaskState, command: str) -> str:
    """What a shell line says inside the task's container, by the engine of its node."""
    engine = await manager.services.engine_of(task.node)
    done = await engine.exec_container(task.container, ["sh", "-c", command], ExecOptions())
    assert done.exit_code == 0, done.stderr
    return done.stdout


async def test_a_worker_says_where_managers_are(lab: Lab, tmp_path: Path) -> None:
    row = (await probe(settings(tmp_path, lab.workers[0].socket), "swarm")).info
    assert (row.available, row.state) == (False, "unsupported")
    assert f"{lab.managers[0].address}:2377" in (row.remedy or "")


async def test_a_task_has_what_its_definition_says(lab: Lab, manager: SwarmBackend) -> None:
    services, labels = manager.services, {"of": "test"}
    network = await services.create_network("t_n", NetworkSpec(labels=labels))
    config = await services.create_file("config", "t_c", b"conf {{x}}", labels)
    secret = await services.create_file("secret", "t_s", b"s3cret", labels)
    other = replace(defined(lab, "t_other"), networks=(NetworkUse(network, ("other",)),))
    await services.create_service(other)
    made = defined(
        lab, "t_a", user="1000", hostname="hh", env={"A": "{{.Node.Hostname}} {{", "B": "=x"},
        shm_size="1m", tmpfs={"/t": "size=2m,mode=1777"}, extra_hosts=["foo:1.2.3.4"], read_only=True, group_add=["5"],
        ulimits={"nofile": {"soft": 100, "hard": 200}}, sysctls={"net.ipv4.ip_forward": "1"}, cap_drop=["CHOWN"], init=True,
        volumes=["t_data:/d"], entrypoint=[], workdir="/tmp", dns=["1.1.1.1"], memory="64m", pids_limit=50,
    )  # fmt: skip
    await services.create_service(replace(
        made, networks=(NetworkUse(network, ("alias",)),), configs=(FileUse(config, "t_c", "/etc/c"),),
        secrets=(FileUse(secret, "t_s", "/run/secrets/s", 1000, 5, 0o440),), placement=replace(made.placement, constraints=("node.hostname==n2",)),
    ))  # fmt: skip
    (task,) = await running(manager, "t_a")
    assert task.node_name == "n2"
    await running(manager, "t_other")
    says = [
        ("echo \"$A|$B\"", "{{.Node.Hostname}} {{|=x"), ("id -u; id -G", "1000\n1000 5"), ("hostname; pwd", "hh\n/tmp"),
        ("cat /etc/c /run/secrets/s", "conf {{x}}s3cret"), ("stat -c '%a %u %g' /run/secrets/s", "440 1000 5"),
        ("df -k /dev/shm /t | awk '/tmpfs/ {print $2}'", "1024\n2048"), ("grep foo /etc/hosts", "1.2.3.4\tfoo"),
        ("awk '/open files/ {print $4, $5}' /proc/1/limits", "100 200"),
            ("cat /proc/sys/net/ipv4/ip_forward", "1"), ("touch /x 2>/dev/null || echo no", "no"),
        ("nslookup other 2>/dev/null | grep -c '^Address.*10\\.'", "1"), ("tr '\\0' ' ' </proc/1/cmdline", "/sbin/docker-init -- sleep 600"),
    ]  # fmt: skip
    found = {command: (await inside(manager, task, command)).strip() for command, _ in says}
    assert found == dict(says)


async def test_a_node_whose_engine_nobody_names_is_named_with_the_remedy(lab: Lab, manager: SwarmBackend) -> None:
    assert await manager.services.engine_of("n1") is manager
    with pytest.raises(Unsupported) as caught:
        await manager.services.engine_of("n3")
    assert f"n3=ssh://{lab.nodes[2].address}" in caught.value.details["remedy"]
    manager.services._settings = replace(manager._settings, swarm_nodes={"n3": f"unix://{lab.nodes[1].socket}"})
    with pytest.raises(BackendNotAvailable) as mistaken:
        await manager.services.engine_of("n3")
    assert "is not that node's" in mistaken.value.message


def lost(sent: Any, kept: Any, where: str = "") -> list[str]:
    """What of ``sent`` is not in ``kept``, by its path."""
    if isinstance(sent, dict):
        kept = kept if isinstance(kept, dict) else {}
        return [path for name, value in sent.items() for path in lost(value, kept.get(name), f"{where}.{name}")]
    if isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        return [path for index, pair in enumerate(zip(sent, kept, strict=True)) for path in lost(*pair, f"{where}[{index}]")]
    return [] if sent == kept or (sent in (0, False) and kept is None) else [where]


async def test_the_engine_keeps_each_member_that_it_is_told(lab: Lab, manager: SwarmBackend) -> None:
    """It drops in silence what its API does not know: each is sent on its own and read back."""
    api = lab.leader().api
    dropped = {}
    for member, (value, _) in LANDING.items():
        if member in WINDOWS or api < SINCE.get(member, api):
            continue
        if member == "healthcheck" and api < START_INTERVAL_API:
            value = {name: item for name, item in value.items() if name != "start_interval"}
        made = replace(defined(lab, f"t_{member}", **{member: value}), replicas=0)
        sent = manager.services._payload(made)
        await manager.services.create_service(made)
        kept = lab.leader().call("GET", f"/services/t_{member}")["Spec"]
        if gone := lost(sent, kept):
            dropped[member] = gone
    assert dropped == {}


async def test_what_is_lost_between_the_two_is_known_to_be_open(lab: Lab, tmp_path: Path) -> None:
    async with proxy(lab.leader().socket, tmp_path / "p.sock") as before:
        found = await connect(settings(tmp_path, before.socket))
        assert isinstance(found, SwarmBackend)
        await _lost_answers(lab, found, before)
        await found.aclose()


async def _lost_answers(lab: Lab, manager: SwarmBackend, before: Proxy) -> None:
    services = manager.services
    changes = [
        (r"POST .*/services/create", lambda: services.create_service(replace(defined(lab, "t_a"), replicas=0))),
        (r"POST .*/networks/create", lambda: services.create_network("t_n", NetworkSpec(labels={"of": "test"}))),
        (r"POST .*/secrets/create", lambda: services.create_file("secret", "t_s", b"x", {"of": "test"})),
    ]
    for among, change in changes:
        for mode in ("lost", "unanswered"):
            await services.nodes()  # A connection that is at rest.
            before.arm(0, mode, among=among)  # type: ignore[arg-type]
            with pytest.raises(BackendError) as caught:
                await change()
            assert is_uncertain(caught.value) and before.count(among) == 1
            there = [
                await services.services(),
                await services.objects("network", {"of": "test"}),
                await services.objects("secret"),
            ]
            made = there[[row for row, _ in changes].index(among)]
            assert len(made) == (1 if mode == "unanswered" else 0), (among, mode)
    state = await services.service("t_a")
    before.arm(0, "unanswered", among=r"POST .*/update")
    with pytest.raises(BackendError) as caught:
        await services.scale_service(state, 2)
    assert is_uncertain(caught.value) and (await services.service("t_a")).wanted == 2
    before.arm(0, "refused", among=r"POST .*/update", text="rpc error: code = Unknown desc = node lost leader status")
    with pytest.raises(BackendError) as caught:
        await services.scale_service(await services.service("t_a"), 3)
    assert is_uncertain(caught.value)


async def test_a_host_port_is_that_of_the_tasks_node(lab: Lab, manager: SwarmBackend) -> None:
    serve = "echo here >/tmp/index.html; exec httpd -f -p 80 -h /tmp"
    made = defined(lab, "t_a", "sh", "-c", serve)
    await manager.services.create_service(replace(made, ports=(PortUse(80, 18090, mode="host"),)))
    (task,) = await running(manager, "t_a")
    assert task.ports == ("18090:80/tcp",)
    node = next(node for node in lab.nodes if node.name == task.node_name)
    with anyio.fail_after(BOUND):
        while True:
            try:
                assert lab.wire.fetch(node.address, 18090).strip() == "here"
                break
            except (OSError, RuntimeError):
                await anyio.sleep(0.2)


async def test_without_a_quorum_nothing_is_told_that_is_not_known(
    managing: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call ends within its bound; what was asked for is there once afterwards, or not at all."""
    monkeypatch.setattr(calls, "LEADER_SECONDS", 2.0)
    left = managing.leader()
    gone = [node for node in managing.nodes if node is not left]
    backend = await connect(settings(tmp_path, left.socket))
    assert isinstance(backend, SwarmBackend)
    made = replace(defined(managing, "t_a"), replicas=0)
    failed: dict[str, ContainerError] = {}

    async def fails(name: str, call: Any) -> None:
        try:
            with anyio.fail_after(120):
                await call
        except ContainerError as error:
            failed[name] = error

    for node in gone:
        node.power_cut()
    await fails("change", backend.services.create_service(made))
    # Before it notes that it leads nobody, a manager tells what it knows.
    await fails("read", backend.services.services())
    assert isinstance(failed["read"], BackendNotAvailable), failed
    assert is_uncertain(failed["change"]) or isinstance(failed["change"], BackendNotAvailable), failed
    for node in gone:
        node.power_on()
    with anyio.fail_after(120):
        while True:
            try:
                there = await backend.services.services()
                break
            except ContainerError:
                await anyio.sleep(1)
    assert [state.name for state in there] in ([], ["t_a"])
    await backend.aclose()
