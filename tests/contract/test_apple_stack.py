"""Projects on apple/container's command line: its stand-in keeps real processes, so gates, codes and files are real."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.apple.engine import AppleBackend
from perry_ffi.backends.detect import connect
from perry_ffi.compose import Project
from perry_ffi.errors import ContainerError, Unsupported
from perry_ffi.model.container import ExecOptions
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.settings import Settings
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.up import plan, up
from tests.engines.apple.installed import install
from tests.unit.stack.rig import project

pytestmark = pytest.mark.anyio
SLEEP = {"command": ["sleep", "600"], "stop_grace_period": "1s"}
UP = {"p-db-1": "running", "p-migrate-1": "exited", "p-api-1": "running", "p-web-1": "running", "p-side-1": "running"}


def five(**api: Any) -> Project:
    """Five services: one that others wait for until it is healthy, and a job whose end the next one waits for."""
    check = {"test": ["CMD", "true"], "interval": "1s"}
    services = {
        "db": {**SLEEP, "volumes": ["data:/data"], "healthcheck": check, "restart": "unless-stopped"},
        "migrate": {"depends_on": {"db": {"condition": "service_healthy"}}, "command": ["sh", "-c", "exit 0"]},
        "api": {**SLEEP, "depends_on": {"migrate": {"condition": "service_completed_successfully"}}, **api},
        "web": {**SLEEP, "depends_on": ["api"], "ports": ["80"]},
        "side": {**SLEEP, "networks": {"default": {"aliases": ["edge", "other.name"]}}},
    }
    return project(services, volumes={"data": {}})


class Stacks:
    """One engine and the verbs of a project on it."""

    def __init__(self, backend: AppleBackend, folder: Path) -> None:
        self.backend = backend
        self._context = StackContext(backend, folder / "locks", "apple/container", EventBus())

    async def up(self, wanted: Project, **options: Any) -> None:
        await up(self._context, wanted, Up(**options))

    async def plan(self, wanted: Project) -> str:
        return (await plan(self._context, wanted, Up())).text()

    async def down(self, wanted: Project) -> tuple[int, list[Any]]:
        report = await down(self._context, "p", wanted, Down(volumes=True))
        return report.containers_removed, report.errors

    async def names(self) -> dict[str, str]:
        return {row.name: row.status for row in await self.backend.list_containers(all=True)}


@pytest.fixture
async def stacks(tmp_path: Path) -> AsyncIterator[Stacks]:
    environ = {**install(tmp_path, "app"), "PERRY_CONTAINER_PROBE_TIMEOUT": "20"}
    backend = await connect(Settings.from_environ(environ), ["apple/container"])
    assert isinstance(backend, AppleBackend)
    yield Stacks(backend, tmp_path)
    for row in await backend.list_containers(all=True):
        await backend.remove_container(row.id, force=True)
    await backend.aclose()


async def test_up_an_edit_and_down(stacks: Stacks) -> None:
    await stacks.up(five(), wait=True)
    assert await stacks.names() == UP
    assert await stacks.plan(five()) == "nothing to do\n"
    planned = " ".join((await stacks.plan(five(environment={"A": "2"}))).split())
    assert "p-api-1 configuration changed, and this engine cannot rename it" in planned
    await stacks.up(five(environment={"A": "2"}), wait=True)
    assert await stacks.names() == UP
    found = await stacks.backend.exec_container("p-api-1", ["sh", "-c", "echo $A; cat /etc/hosts"], ExecOptions())
    said, *hosts = found.stdout.splitlines()
    assert said == "2" and {"api", "p-api-1"} <= names(hosts) and {"db", "side", "edge", "other.name", "web"} <= names(hosts)
    assert await stacks.down(five()) == (5, [])
    assert [row.name for row in await stacks.backend.list_networks()] == ["default"]
    assert await stacks.backend.list_volumes() == [] and await stacks.names() == {}


def names(hosts: list[str]) -> set[str]:
    """The names in a file of them."""
    return {name for line in hosts for name in line.split()[1:]}


async def test_an_edit_that_fails_is_rolled_back(stacks: Stacks) -> None:
    await stacks.up(five(environment={"A": "1"}), wait=True)
    wanted = five(environment={"A": "2"})
    web = {**wanted.services["web"], "command": ["/no/such/program"]}
    with pytest.raises(ContainerError, match="/no/such/program") as caught:
        await stacks.up(wanted.replace(services={**wanted.services, "web": web}), wait=True)
    assert caught.value.details["rolledBack"] is True and not caught.value.details.get("leftOver")
    assert await stacks.names() == UP
    found = await stacks.backend.exec_container("p-api-1", ["sh", "-c", "echo $A"], ExecOptions())
    assert found.stdout == "1\n" and await stacks.plan(five(environment={"A": "1"})) == "nothing to do\n"


async def test_what_keeps_somebody_out_is_refused_by_name(stacks: Stacks) -> None:
    for members, member in (
        ({"privileged": True}, "privileged"), ({"network_mode": "host"}, "network_mode"), ({"devices": ["/dev/a"]}, "devices"),
        ({"security_opt": ["no-new-privileges:true"]}, "security_opt"), ({"pid": "host"}, "pid"),
    ):  # fmt: skip
        with pytest.raises(Unsupported) as caught:
            await stacks.up(project({"one": {**SLEEP, **members}}))
        assert caught.value.details["member"].startswith(f"services.one.{member}")
    assert await stacks.names() == {}


async def test_what_only_shares_a_machine_is_left_out(stacks: Stacks) -> None:
    left_out = {
        "pids_limit": 5, "cpu_shares": 5, "hostname": "h", "sysctls": {"a": "1"}, "mem_reservation": "5m", "annotations": {"a": "b"},
        "extra_hosts": ["far:10.1.2.3"], "cpus": 0.5, "mem_limit": "50m", "oom_score_adj": 5, "logging": {"driver": "none"},
    }  # fmt: skip
    await stacks.up(project({"one": {**SLEEP, **left_out}}))
    hosts = (await stacks.backend.exec_container("p-one-1", ["sh", "-c", "cat /etc/hosts"], ExecOptions())).stdout
    assert "10.1.2.3 far\n" in hosts
    with pytest.raises(Unsupported):
        await stacks.up(project({"two": {**SLEEP, "hostname": "h"}}), strict=True)
