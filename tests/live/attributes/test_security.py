"""What a container may do, and what it shares with the machine and with others."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.errors import ContainerError, Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from tests.live.attributes.world import Look, Place, World, attribute, has, kernel_lacks, lacks, looks, matches, remove_group
from tests.live.conftest import IMAGE

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

KINDS = ("cgroup", "ipc", "net", "pid", "user", "uts")


def outside(place: Place) -> str:
    return f"{place.prefix}-outside"


async def before(backend: Backend, place: Place) -> None:
    members = {"image": IMAGE, "name": outside(place), "cmd": ["sleep", "600"], "stop_timeout": 0}
    await backend.run_container(validate(ContainerSpec, members))


def project(place: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    plain: dict[str, Any] = {"command": ["sleep", "600"]}
    rule = {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}
    (place.folder / "profile.json").write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}))
    services: dict[str, Any] = {
        "plain": plain,
        "one": {**plain, "cap_drop": ["ALL"], "cap_add": ["NET_ADMIN", "cap_chown"],
            "security_opt": ["no-new-privileges:true", "apparmor=unconfined", "label=disable"]},
        "less": {**plain, "cap_drop": ["chown", "CAP_SETUID"], "security_opt": ["seccomp:./profile.json", "no-new-privileges=false"]},
        "open": {**plain, "security_opt": ["seccomp=unconfined", "systempaths=unconfined"]},
        "shares": {**plain, "ipc": "shareable", "isolation": "default", "credential_spec": {"file": "x.json"}},
        "machine": {**plain, "pid": "host", "ipc": "host", "uts": "host", "userns_mode": "host", "cgroup": "host", "init": True},
        "service": {**plain, "pid": "service:shares", "ipc": "service:shares"},
        "container": {**plain, "pid": f"container:{outside(place)}"},
        "own": {**plain, "ipc": "private", "cgroup": "private"},
        "bare": {**plain, "ipc": "none"},
        "runs": {**plain, **place[{"docker": {"runtime": "runc"}, "podman": {}}]},
        **place[{"docker": {}, "podman": {
            "masked": {**plain, "security_opt": ["mask=/proc/meminfo:/proc/stat", "unmask=/proc/acpi", "proc-opts=hidepid=2"]}}}],
    }  # fmt: skip
    return services, {}


def here(kind: str) -> str:
    return os.readlink(f"/proc/self/ns/{kind}")


def caps(*bits: int) -> str:
    return f"{sum(1 << bit for bit in bits):016x}"


def no_module(name: str) -> str:
    there = {"AppArmor": "/sys/module/apparmor/parameters/enabled", "SELinux": "/sys/fs/selinux/enforce"}[name]
    return "" if Path(there).exists() and "N" not in Path(there).read_text() else f"no {name}"


def namespace(kind: str, command: str = "") -> str:
    return f"readlink /proc/self/ns/{kind}"


CAPS = "grep -E '^Cap(Eff|Bnd)' /proc/1/status | cut -f2"
LOOKS = (
    Look("services.cap_add", "one", CAPS, f"{caps(0, 12)}\n{caps(0, 12)}"),
    Look("services.cap_drop", "less", CAPS, lambda said: not int(said.split()[1], 16) & (1 | 1 << 7) and int(said.split()[1], 16) & 2 == 2),
    Look("services.security_opt.no-new-privileges", "one", "grep NoNewPrivs /proc/1/status", matches("1$")),
    Look("services.security_opt.no-new-privileges", "less", "grep NoNewPrivs /proc/1/status", matches("0$"), case="false"),
    Look("services.security_opt.apparmor", "one", "cat /proc/1/attr/current", has("unconfined"), kernel=lambda: no_module("AppArmor")),
    Look("services.security_opt.label", "one", "cat /proc/1/attr/current", lacks("container_t"), kernel=lambda: no_module("SELinux")),
    Look("services.security_opt.seccomp", "less", "mkdir /tmp/x; grep Seccomp: /proc/1/status", matches(r"not permitted\n.*2$")),
    Look("services.security_opt.seccomp", "open", "grep Seccomp: /proc/1/status", matches("0$"), case="unconfined"),
    Look("services.security_opt.seccomp", "plain", "grep Seccomp: /proc/1/status", matches("2$"), case="the engine's own"),
    Look("services.security_opt.systempaths", "open", "cut -d' ' -f2 /proc/mounts | grep -E '^/proc/|^/sys/firmware' | wc -l", "0"),
    Look("services.security_opt.systempaths", "plain", "cut -d' ' -f2 /proc/mounts | grep -cE '^/proc/|^/sys/firmware'",
        lambda said: int(said) > 3, case="the engine's own"),
    *(Look(f"services.{member}", "machine", namespace(kind), here(kind))
        for member, kind in (("pid.host", "pid"), ("ipc.host", "ipc"), ("uts", "uts"), ("userns_mode.host", "user"))
    ),
    Look("services.ipc.private", "own", f"{namespace('ipc')}; df /dev/shm | tail -1", lambda said: here("ipc") not in said and "/dev/shm" in said),
    Look("services.ipc.none", "bare", f"{namespace('ipc')}; grep -c ' /dev/shm ' /proc/mounts",
        lambda said: here("ipc") not in said and said.endswith("\n0")),
    Look("services.cgroup", "machine", namespace("cgroup"), here("cgroup"), podman="cgroup", since={"podman": (5, 8)}, case="host"),
    Look("services.cgroup", "own", namespace("cgroup"), lambda said: said != here("cgroup"), podman="cgroup", since={"podman": (5, 8)},
        case="private"),
    Look("services.init with a pid that is shared", "machine", "", "", docker="init", podman="init"),
    Look("services.credential_spec", "shares", "", "", docker="credential_spec", podman="credential_spec"),
)  # fmt: skip
ONLY_PODMAN = (
    Look("services.security_opt.mask", "masked", "cat /proc/meminfo /proc/stat | wc -c", "0"),
    Look("services.security_opt.unmask", "masked", "grep -c ' /proc/acpi ' /proc/mounts", "0"),
    Look("services.security_opt.proc-opts", "masked", "grep ' /proc proc ' /proc/mounts", has("hidepid=")),
)  # fmt: skip


@looks(LOOKS)
async def test_inside(world: World, look: Look) -> None:
    await world.check(look)


@looks(ONLY_PODMAN)
async def test_what_only_podman_knows(world: World, look: Look) -> None:
    if world.podman:
        said = await world.out(look.service, look.command)
        assert said == look.sees if isinstance(look.sees, str) else look.sees(said), said
        return
    await refused(world, {"security_opt": [f"{look.attribute.rpartition('.')[2]}=/proc/meminfo"]}, "services.s.security_opt[0]")


async def refused(world: World, service: dict[str, Any], member: str) -> None:
    """Before anything is touched."""
    with pytest.raises(Unsupported) as caught:
        async with world.beside({"s": {"command": ["sleep", "600"], **service}}, networks={"default": {}}):
            raise AssertionError("it is up")
    assert caught.value.details["member"] == member and member in caught.value.message
    assert caught.value.details.get("rolledBack") is None, "something was touched"


@attribute("services.security_opt.any other", "services.isolation.other than default")
@pytest.mark.parametrize(("service", "member"), [
    ({"security_opt": ["none-such=x"]}, "security_opt[0]"), ({"security_opt": ["label=disable", "bare"]}, "security_opt[1]"),
    ({"isolation": "hyperv"}, "isolation"), ({"isolation": "process"}, "isolation"),
])  # fmt: skip
async def test_what_no_engine_here_knows_is_refused(world: World, service: dict[str, Any], member: str) -> None:
    await refused(world, service, f"services.s.{member}")


@attribute("services.userns_mode.any other")
async def test_a_mapping_of_users_that_docker_has_not_is_refused(world: World) -> None:
    if not world.podman:
        await refused(world, {"userns_mode": "auto"}, "services.s.userns_mode")


@attribute("services.userns_mode.keep-id", "services.userns_mode.nomap")
@pytest.mark.parametrize("mode", ["keep-id", "nomap"])
async def test_mappings_of_a_rootless_engine(world: World, mode: str) -> None:
    """Docker has none, which is told; podman as root says that it is not rootless, or from 5 on keeps the ids that it has."""
    if not world.podman:
        async with world.beside({"s": {"command": ["sleep", "600"], "userns_mode": mode}}) as other:
            assert other.warned == {"services.s.userns_mode"}
        return
    if mode == "keep-id" and world.abilities >= (5, 0):
        async with world.beside({"s": {"command": ["sleep", "600"], "userns_mode": mode}}) as other:
            assert await other.out("s", "id -u") == "0"
        return
    with pytest.raises(ContainerError, match="only supported in rootless mode"):
        async with world.beside({"s": {"command": ["sleep", "600"], "userns_mode": mode}}):
            raise AssertionError("it is up")


@attribute("services.runtime")
async def test_runtimes(world: World) -> None:
    if world.podman:
        await refused(world, {"runtime": "runc"}, "services.s.runtime")
        return
    assert world.inspect("runs")["HostConfig"]["Runtime"] == "runc"
    with pytest.raises(ContainerError, match="none-such"):
        async with world.beside({"s": {"command": ["sleep", "600"], "runtime": "none-such"}}):
            raise AssertionError("it is up")


@pytest.mark.parametrize("kind", [
    pytest.param("pid", marks=attribute("services.pid.service:")), pytest.param("ipc",
        marks=attribute("services.ipc.service:", "services.ipc.shareable")),
])  # fmt: skip
async def test_namespaces_of_another_service(world: World, kind: str) -> None:
    assert await world.out("service", namespace(kind)) == await world.out("shares", namespace(kind)) != here(kind)


@attribute("services.pid.container:")
async def test_namespaces_of_another_container(world: World) -> None:
    assert await world.out("container", namespace("pid")) == await world.out_of(outside(world.place), namespace("pid"))


@attribute("services.cgroup_parent")
async def test_the_cgroup_above(world: World) -> None:
    """Seen from the machine: podman keeps what ran a command inside for minutes, in the same cgroup."""
    slices = not world.podman and world.stacks.ask("/info")["CgroupDriver"] == "systemd"
    name = f"{world.place.prefix}.slice" if slices else f"perry-{world.place.prefix}"
    try:
        async with world.beside({"s": {"command": ["sleep", "600"], "cgroup_parent": name if slices else f"/{name}"}}) as other:
            assert f"/{name}/" in Path(f"/proc/{other.inspect('s')['State']['Pid']}/cgroup").read_text()
    finally:
        remove_group(name)


def all_capabilities() -> int:
    return (1 << int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1) - 1


@attribute("services.privileged", "services.cap_add")
@pytest.mark.parametrize("service", [{"privileged": True}, {"cap_add": ["ALL"]}], ids=["privileged", "cap_add ALL"])
async def test_all_privileges(world: World, service: dict[str, Any]) -> None:
    bound = int(Path("/proc/self/status").read_text().partition("CapBnd:")[2].split()[0], 16)
    if missing := all_capabilities() & ~bound:
        kernel_lacks(f"the machine itself lacks the capabilities {missing:#x}")
    async with world.beside({"s": {"command": ["sleep", "600"], **service}}) as other:
        effective = await other.out("s", "grep CapEff /proc/1/status | cut -f2")
        assert int(effective, 16) == all_capabilities()
        if "privileged" in service:
            assert await other.out("s", "test -w /sys/kernel && grep -c '^sysfs /sys sysfs rw' /proc/mounts") == "1"


async def test_nothing_else_is_warned_of(world: World) -> None:
    """Each is a look's above."""
    assert world.warned == world.warned_of(LOOKS)
