"""Every member of a ContainerSpec reaches the engine, or is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import ContainerError, Unsupported
from perry_ffi.model.container import ContainerSpec, LogOptions
from tests.live.conftest import Bench

pytestmark = pytest.mark.anyio

Raw = Mapping[str, Any]
Seen = Callable[[Raw], Any]


def host(name: str) -> Seen:
    return lambda raw: raw["HostConfig"][name]


def config(name: str) -> Seen:
    return lambda raw: raw["Config"][name]


def binding(raw: Raw) -> Any:
    return raw["HostConfig"]["PortBindings"]["80/tcp"][0]


def mount(raw: Raw) -> Any:
    (found,) = [item for item in raw["Mounts"] if item["Destination"] == "/data"]
    return found["RW"]


def has(*wanted: str) -> Callable[[Any], bool]:
    return lambda seen: all(any(item in str(entry) for entry in (seen or [])) for item in wanted)


# Member: its value, where the engine's inspect has it, and what stands there (a value, or a question).
MEMBERS: dict[str, tuple[Any, Seen, Any]] = {
    "ports": (
        [{"target": 80, "published": "18080", "host_ip": "127.0.0.1"}],
        binding,
        {"HostIp": "127.0.0.1", "HostPort": "18080"},
    ),
    "volumes": (["/tmp:/data:ro"], mount, False),
    "env": ({"A": "1 2", "B": ""}, config("Env"), has("A=1 2", "B=")),
    "cmd": (["echo", "-x", ""], config("Cmd"), ["echo", "-x", ""]),
    "entrypoint": (["/bin/sh", "-c"], config("Entrypoint"), lambda seen: seen in (["/bin/sh", "-c"], "/bin/sh -c")),
    "network": ("none", host("NetworkMode"), "none"),
    "rm": (True, host("AutoRemove"), True),
    "labels": ({"a": "b=c, d"}, config("Labels"), lambda seen: seen["a"] == "b=c, d"),
    "read_only": (True, host("ReadonlyRootfs"), True),
    "privileged": (True, host("Privileged"), True),
    "user": ("1000:1000", config("User"), "1000:1000"),
    "workdir": ("/tmp", config("WorkingDir"), "/tmp"),
    "cap_add": (["NET_ADMIN"], host("CapAdd"), has("NET_ADMIN")),
    "cap_drop": (["CHOWN"], host("CapDrop"), has("CHOWN")),
    "seccomp": ("unconfined", host("SecurityOpt"), has("seccomp=unconfined")),
    "no_new_privileges": (True, host("SecurityOpt"), has("no-new-privileges")),
    "hostname": ("box", config("Hostname"), "box"),
    "restart": ("on-failure:3", host("RestartPolicy"), {"Name": "on-failure", "MaximumRetryCount": 3}),
    "healthcheck": (
        {"test": ["CMD", "true"], "interval": "5s", "timeout": "2s", "retries": 4, "start_period": "1s"},
        config("Healthcheck"),
        lambda seen: (seen["Test"], seen["Interval"], seen["Retries"]) == (["CMD", "true"], 5 * 10**9, 4),
    ),
    "memory": ("64m", host("Memory"), 64 << 20),
    "cpus": (
        0.5,
        lambda raw: raw["HostConfig"]["NanoCpus"] or raw["HostConfig"]["CpuQuota"],
        lambda seen: seen in (500_000_000, 50_000),
    ),
    "pids_limit": (100, host("PidsLimit"), 100),
    "tmpfs": (["/scratch:size=1m"], host("Tmpfs"), lambda seen: "size=1m" in seen["/scratch"]),
    "devices": (["/dev/null:/dev/nothing:r"], host("Devices"), has("/dev/nothing")),
    "extra_hosts": (["db:10.0.0.5"], host("ExtraHosts"), ["db:10.0.0.5"]),
    "dns": (["9.9.9.9"], host("Dns"), ["9.9.9.9"]),
    "stop_signal": ("SIGINT", config("StopSignal"), lambda seen: seen in ("SIGINT", 2, "2")),
    "stop_timeout": (7, config("StopTimeout"), 7),
    "ulimits": ({"nofile": {"soft": 512, "hard": 512}}, host("Ulimits"), has("512")),
    "sysctls": ({"net.ipv4.ip_forward": "1"}, host("Sysctls"), None),
    "shm_size": ("8m", host("ShmSize"), 8 << 20),
    "security_opt": (["apparmor=unconfined"], host("SecurityOpt"), None),
    "platform": ("linux/amd64", lambda raw: True, True),
    "pull_policy": ("never", lambda raw: True, True),
    "isolation_level": ("container", lambda raw: True, True),
}
# Members with tests of their own: networks and their aliases, images, names; init needs a program of the engine's.
ELSEWHERE = {"image", "name", "networks", "aliases", "init", "runtime", "gpus", "verify"}


def test_every_member_is_looked_at() -> None:
    assert set(MEMBERS) | ELSEWHERE == set(ContainerSpec.model_fields)


@pytest.mark.parametrize("member", MEMBERS)
async def test_a_member_is_in_the_engines_own_words(bench: Bench, member: str) -> None:
    value, seen, expected = MEMBERS[member]
    network = "bridge" if member in ("ports", "sysctls", "dns", "extra_hosts") else "none"
    members = {"network": network, member: value}
    command = () if member == "cmd" else ("sleep", "600")
    handle = await bench.backend.create_container(bench.spec(*command, **members))
    raw = (await bench.backend.inspect_container(handle.id)).raw or {}
    if member == "sysctls" and bench.podman:
        found: Any = None  # Its compatible inspect leaves them out; what runs shows them, see below.
    else:
        found = seen(raw)
    if callable(expected):
        assert expected(found), found
    elif expected is not None:
        assert found == expected


async def test_sysctls_and_hosts_inside(bench: Bench) -> None:
    spec = bench.spec(
        "sh", "-c", "cat /proc/sys/net/ipv4/ip_local_port_range; grep db /etc/hosts; hostname; ulimit -n",
        network="bridge", sysctls={"net.ipv4.ip_local_port_range": "2000 3000"}, extra_hosts=["db:10.0.0.5"],
        hostname="box", ulimits={"nofile": 512},
    )  # fmt: skip
    handle = await bench.backend.run_container(spec)
    assert await bench.backend.wait_container(handle.id) == 0
    words = (await bench.backend.container_logs(handle.id, LogOptions())).stdout.split()
    assert words == ["2000", "3000", "10.0.0.5", "db", "box", "512"]


async def test_init_is_asked_for(bench: Bench) -> None:
    """The engine's own init may not be installed: then it says so, and nothing is dropped in silence."""
    try:
        handle = await bench.backend.run_container(bench.spec("sleep", "600", init=True, stop_timeout=0))
    except ContainerError as error:
        assert "init" in error.message
    else:
        assert (await bench.backend.inspect_container(handle.id)).raw["HostConfig"]["Init"] is True  # type: ignore[index]


@pytest.mark.parametrize(("member", "value"), [("runtime", "nope"), ("gpus", "all")])
async def test_what_an_engine_cannot_is_named(bench: Bench, member: str, value: str) -> None:
    with pytest.raises(ContainerError) as caught:
        await bench.backend.run_container(bench.spec("true", **{member: value}))
    if bench.podman:
        assert isinstance(caught.value, Unsupported) and member in caught.value.details["member"]
    else:
        assert value in caught.value.message or "gpu" in caught.value.message.lower()


async def test_a_machine_is_refused(bench: Bench) -> None:
    with pytest.raises(Unsupported):
        await bench.backend.create_container(bench.spec("true", isolation_level="microvm"))


async def test_a_seccomp_profile_of_ones_own(bench: Bench, tmp_path: Path) -> None:
    """It is given by path on both engines; the one reads it here, the other there."""
    rule = {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}))
    handle = await bench.run("mkdir", "/tmp/x", seccomp=str(profile))
    assert await bench.backend.wait_container(handle.id) != 0


async def test_a_platform_that_the_image_is_not_for(bench: Bench) -> None:
    with pytest.raises(ContainerError):
        await bench.backend.create_container(bench.spec("true", platform="linux/s390x", pull_policy="never"))
