"""Limits of a container, in its cgroup and in what the kernel keeps of its processes."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import ContainerError
from tests.live.attributes.world import Look, Place, World, attribute, has, kernel_lacks, looks, matches, remove_group

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

CGROUP = Path("/sys/fs/cgroup")
CDI = (1, 44)
"""From here on docker's API takes devices by their names of the Container Device Interface."""
UNIFIED = (CGROUP / "cgroup.controllers").exists()
"""Whether the kernel has one hierarchy for all controllers: its files have other names, and some are gone."""


def of_cgroup(first: str, second: str) -> str:
    """A command that says what a file of the container's cgroup holds, by its names in both versions."""
    return f"cat /sys/fs/cgroup/{second if UNIFIED else first}"


def only_in_first(what: str) -> str:
    return f"cgroups of version 2 have no {what}" if UNIFIED else ""


def block_device() -> str:
    rows = [line.split() for line in Path("/proc/partitions").read_text().splitlines()[2:]]
    disks = [row[3] for row in rows if Path("/sys/block", row[3]).exists() and Path("/dev", row[3]).exists()]
    return f"/dev/{disks[0]}" if disks else ""


DISK = block_device()


def no_disk() -> str:
    return "" if DISK else "no block device"


def no_scheduler() -> str:
    """Only one of the kernel's schedulers weighs."""
    scheduler = Path("/sys/block", Path(DISK).name, "queue/scheduler")
    return "" if DISK and scheduler.exists() and "[bfq]" in scheduler.read_text() else "no disk whose scheduler weighs"


def weight_file(*names: str) -> str:
    """The file of a cgroup below the root that holds the weight of block I/O, ``""`` where the kernel has none."""
    places = ((f"*/{name}", name) if UNIFIED else (f"blkio/*/{name}", f"blkio/{name}") for name in names)
    return next((file for pattern, file in places if next(CGROUP.glob(pattern), None)), "")


def project(place: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    plain: dict[str, Any] = {"command": ["sleep", "600"]}
    os.mknod(place.folder / "device", 0o666 | stat.S_IFCHR, os.makedev(10, 237))
    rates = [{"path": DISK, "rate": "1m"}]
    first = {"mem_swappiness": 50, "oom_kill_disable": True} if not UNIFIED else {}
    services: dict[str, Any] = {
        "limits": {
            **plain, **first, "cpus": 0.5, "cpuset": "0", "mem_limit": "64m", "mem_reservation": "32m", "memswap_limit": "96m",
            "oom_score_adj": 500, "pids_limit": 99, "ulimits": {"nofile": {"soft": 256, "hard": 512}, "nproc": 1000, "core": 0},
            "sysctls": {"net.core.somaxconn": 123, "kernel.shm_rmid_forced": 1}, "cpu_count": 2, "cpu_percent": 50,
        },
        "quota": {
            **plain, "cpu_quota": 30000, "cpu_period": 60000, "cpu_shares": 73, "mem_limit": "64m", "memswap_limit": -1,
            "ulimits": {"core": 0}, "network_mode": "service:limits", "sysctls": ["net.core.somaxconn=321"],
        },
        "deployed": {**plain, "deploy": {"resources": {
            "limits": {"cpus": "0.25", "memory": "48m", "pids": 77},
            "reservations": {"memory": "16m", "cpus": "0.1", "generic_resources": [{"discrete_resource_spec": {"kind": "k", "value": 1}}]},
        }}},
        "devices": {
            **plain, "devices": [f"{place.folder}/device:/dev/read:r", "/dev/zero"], "cap_add": ["MKNOD"],
            "device_cgroup_rules": ["c 10:229 rwm"],
        },
        "plain": {**plain, "cap_add": ["MKNOD"]},
        "disk": {**plain, "blkio_config": {
            "weight": 300, **({"weight_device": [{"path": DISK, "weight": 200}]} if not no_scheduler() else {}),
            **({f"device_{name}": rates for name in ("read_bps", "write_bps")} if DISK else {}),
            **({f"device_{name}": [{"path": DISK, "rate": 30}] for name in ("read_iops", "write_iops")} if DISK else {}),
        }},
    }  # fmt: skip
    return services, {}


def rate(name: str, number: str) -> Look:
    attribute = f"services.blkio_config.device_{name}"
    if UNIFIED:
        kind = {"read_bps": "rbps", "write_bps": "wbps", "read_iops": "riops", "write_iops": "wiops"}[name]
        return Look(attribute, "disk", "cat /sys/fs/cgroup/io.max", has(f"{kind}={number}"), kernel=no_disk)
    file = f"blkio/blkio.throttle.{name.replace('iops', 'iops')}_device"
    return Look(attribute, "disk", f"cat /sys/fs/cgroup/{file}", matches(rf"^\d+:\d+ {number}$"), kernel=no_disk)


OPEN = "mknod /n{0} c {0} {1} 2>/dev/null; cat /n{0} 2>&1 | head -c 60"
LOOKS = (
    Look("services.cpus", "limits", of_cgroup("cpu/cpu.cfs_quota_us", "cpu.max"), matches("^50000")),
    Look("services.cpuset", "limits", "grep Cpus_allowed_list /proc/1/status", matches(r"\t0$")),
    Look("services.cpu_quota", "quota", of_cgroup("cpu/cpu.cfs_quota_us", "cpu.max"), matches("^30000")),
    Look("services.cpu_period", "quota", of_cgroup("cpu/cpu.cfs_period_us", "cpu.max"), matches("60000$")),
    Look("services.cpu_shares", "quota", of_cgroup("cpu/cpu.shares", "cpu.weight"), "3" if UNIFIED else "73"),
    Look("services.cpu_count", "limits", "", "", docker="cpu_count", podman="cpu_count"),
    Look("services.cpu_percent", "limits", "", "", docker="cpu_percent", podman="cpu_percent"),
    Look("services.mem_limit", "limits", of_cgroup("memory/memory.limit_in_bytes", "memory.max"), str(64 << 20)),
    Look("services.mem_reservation", "limits", of_cgroup("memory/memory.soft_limit_in_bytes", "memory.low"), str(32 << 20)),
    Look("services.mem_swappiness", "limits", "cat /sys/fs/cgroup/memory/memory.swappiness", "50", kernel=lambda: only_in_first("swappiness")),
    Look("services.memswap_limit", "limits", of_cgroup("memory/memory.memsw.limit_in_bytes", "memory.swap.max"), str((32 if UNIFIED else 96) << 20)),
    Look("services.memswap_limit.-1", "quota", of_cgroup("memory/memory.memsw.limit_in_bytes", "memory.swap.max"),
        matches(r"^(max|\d{17,})$"), podman="memswap_limit"),
    Look("services.oom_kill_disable", "limits", "cat /sys/fs/cgroup/memory/memory.oom_control", has("oom_kill_disable 1"),
        kernel=lambda: only_in_first("oom_kill_disable")),
    Look("services.oom_score_adj", "limits", "cat /proc/1/oom_score_adj", "500"),
    Look("services.pids_limit", "limits", of_cgroup("pids/pids.max", "pids.max"), "99"),
    Look("services.ulimits", "limits", "cat /proc/1/limits", matches(r"^Max open files +256 +512 (.|\n)*")),
    Look("services.ulimits", "limits", "grep -E 'processes|core' /proc/1/limits | tr -s ' '", has("Max core file size 0 0",
        "Max processes 1000 1000"), case="the others of the list"),
    Look("services.ulimits", "quota", "grep -E 'open files|core' /proc/1/limits | tr -s ' '",
        matches(r"core file size 0 0(.|\n)*open files [1-9]\d{3,}"), case="the engine's own stay"),
    Look("services.sysctls", "limits", "cat /proc/sys/kernel/shm_rmid_forced", "1"),
    Look("services.sysctls", "limits", "cat /proc/sys/net/core/somaxconn", matches("^(123|321)$"), case="of the network"),
    Look("services.sysctls", "quota", "cat /proc/sys/net/core/somaxconn", "321", case="of another's network"),
    rate("read_bps", "1048576"), rate("write_bps", "1048576"), rate("read_iops", "30"), rate("write_iops", "30"),
    Look("services.blkio_config.weight_device", "disk",
        "cat /sys/fs/cgroup/blkio/blkio*weight_device /sys/fs/cgroup/io*weight 2>/dev/null", has(" 200"), kernel=no_scheduler),
    Look("services.deploy.resources.limits.cpus", "deployed", of_cgroup("cpu/cpu.cfs_quota_us", "cpu.max"), matches("^25000")),
    Look("services.deploy.resources.limits.memory", "deployed", of_cgroup("memory/memory.limit_in_bytes", "memory.max"), str(48 << 20)),
    Look("services.deploy.resources.limits.pids", "deployed", of_cgroup("pids/pids.max", "pids.max"), "77"),
    Look("services.deploy.resources.reservations.memory", "deployed", of_cgroup("memory/memory.soft_limit_in_bytes", "memory.low"), str(16 << 20)),
    Look("services.deploy.resources.reservations.cpus", "deployed", "", "", docker="deploy.resources.reservations.cpus",
        podman="deploy.resources.reservations.cpus"),
    Look("services.deploy.resources.reservations.generic_resources", "deployed", "", "",
        docker="deploy.resources.reservations.generic_resources", podman="deploy.resources.reservations.generic_resources"),
    Look("services.devices", "devices", "stat -c '%F %t %T' /dev/read; cat /dev/read; (echo x >/dev/read) 2>&1",
        matches("^character special file a ed(?!(.|\n)*open(.|\n)*permitted)(.|\n)*can't create /dev/read: Operation not permitted")),
    Look("services.devices", "devices", "head -c 3 /dev/zero | od -An -tx1; echo x >/dev/zero && echo taken",
        matches("^00 00 00\ntaken$"), case="the same path"),
    Look("services.device_cgroup_rules", "devices", OPEN.format(10, 229), lambda said: "can't open" not in said, podman="device_cgroup_rules",
        since={"podman": (5, 4)}),
    Look("services.devices", "plain", OPEN.format(10, 229), has("can't open"), case="no other"),
)  # fmt: skip


@looks(LOOKS)
async def test_inside(world: World, look: Look) -> None:
    await world.check(look)


@attribute("services.devices by CDI name")
async def test_devices_by_cdi_name(world: World) -> None:
    """Where the engine takes them, and looks for them; one that it does not know is an error."""
    unknown = {"command": ["sleep", "600"], "devices": ["vendor.example/class=name"]}
    if world.abilities < ((5, 4) if world.podman else CDI):
        async with world.beside({"s": unknown}) as other:
            assert other.warned == {"services.s.devices"}
        return
    # Docker before 28.3 looks for none unless it is told to.
    for folder in () if world.podman else world.stacks.ask("/info", "1.44").get("CDISpecDirs") or ():
        await seen_device(world, Path(folder, f"{world.place.prefix}.json"))
    with pytest.raises(ContainerError, match="(?i)cdi"):
        async with world.beside({"s": unknown}):
            raise AssertionError("it is up")


async def seen_device(world: World, file: Path) -> None:
    """A device that ``file`` describes, inside a container."""
    edits = {"env": ["OF_CDI=yes"], "deviceNodes": [{"path": "/dev/of-cdi", "hostPath": "/dev/zero"}]}
    known = {"cdiVersion": "0.5.0", "kind": "perry.example/device", "devices": [{"name": "one", "containerEdits": edits}]}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(known))
    try:
        async with world.beside({"s": {"command": ["sleep", "600"], "devices": ["perry.example/device=one"]}}) as other:
            said = await other.out("s", "tr '\\0' '\\n' </proc/1/environ | grep CDI; head -c 2 /dev/of-cdi | od -An -tx1")
            assert said == "OF_CDI=yes\n 00 00"
    finally:
        file.unlink()


@attribute("services.gpus", "services.deploy.resources.reservations.devices")
@pytest.mark.parametrize("member", ["gpus", "deploy"])
async def test_devices_that_a_driver_gives(world: World, member: str) -> None:
    """Docker asks the driver of the device, which it says by name where it is not there; podman's API drops the question."""
    wanted = {"capabilities": ["gpu"], "driver": "none-such", "count": 1}
    service = {"gpus": [wanted]} if member == "gpus" else {"deploy": {"resources": {"reservations": {"devices": [wanted]}}}}
    if world.podman:
        async with world.beside({"s": {"command": ["sleep", "600"], **service}}) as other:
            assert other.warned == {"services.s.gpus"}
        return
    with pytest.raises(ContainerError, match="none-such"):
        async with world.beside({"s": {"command": ["sleep", "600"], **service}}):
            raise AssertionError("it is up")


@attribute("services.blkio_config.weight")
async def test_the_weight_of_block_io(world: World) -> None:
    """Where the kernel has another file for it docker says so, and podman nothing."""
    file = weight_file("io.weight", "io.bfq.weight") if UNIFIED else weight_file("blkio.weight")
    if world.podman:
        assert "services.disk.blkio_config.weight" in world.warned
    if not file:
        assert world.podman or any("weight" in message for message in world.said_by_engine)
        kernel_lacks("no weights of block I/O")
    weight = "2930" if file == "io.weight" else "300"  # It counts to 10000, the attribute to 1000.
    assert (await world.out("disk", f"cat /sys/fs/cgroup/{file}")).endswith(weight)


@attribute("services.cpu_rt_period", "services.cpu_rt_runtime")
async def test_time_of_the_real_time_scheduler(world: World) -> None:
    """Of a group that has some to give."""
    name = f"perry-{world.place.prefix}"
    try:
        with real_time_group(name):
            show = ["sh", "-c", "cat /sys/fs/cgroup/cpu/cpu.rt_period_us /sys/fs/cgroup/cpu/cpu.rt_runtime_us"]
            service = {"command": show, "cgroup_parent": f"/{name}", "cpu_rt_period": 900000, "cpu_rt_runtime": 9000}
            async with world.beside({"s": service}) as other:
                assert await other.said_at_last("s") == ["900000", "9000"]
    except NoRealTime as error:
        kernel_lacks(str(error))


class NoRealTime(Exception):
    """The kernel does not schedule groups in real time."""


@contextmanager
def real_time_group(name: str) -> Iterator[None]:
    """A cgroup that has some time to give."""
    folder = CGROUP / "cpu" / name
    if not (CGROUP / "cpu/cpu.rt_runtime_us").exists():
        raise NoRealTime("it schedules no groups in real time")
    folder.mkdir()
    try:
        try:
            (folder / "cpu.rt_runtime_us").write_text("100000")
        except OSError as error:
            raise NoRealTime(f"it schedules no groups in real time: {error}") from None
        yield
    finally:
        remove_group(name)


async def test_nothing_else_is_warned_of(world: World) -> None:
    """Each is a look's above."""
    known = world.warned_of(LOOKS)
    assert world.warned == known | ({"services.disk.blkio_config.weight"} if world.podman else set())
