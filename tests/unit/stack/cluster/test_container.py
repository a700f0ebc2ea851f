from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.model.container_values import HealthCheck
from perry_ffi.model.resource_values import Ulimit
from perry_ffi.model.service_values import Logging, ServiceMount
from tests.unit.stack.cluster.definitions import IMAGE, definition

SAID = [
    ({"command": ["x", "y"]}, "cmd", ["x", "y"]),
    ({"entrypoint": ["x"]}, "entrypoint", ["x"]),
    ({"environment": {"A": "b"}}, "env", {"A": "b"}),
    ({"working_dir": "/w"}, "workdir", "/w"),
    ({"user": "5:6"}, "user", "5:6"),
    ({"group_add": ["7"]}, "group_add", ["7"]),
    ({"hostname": "h"}, "hostname", "h"),
    ({"tty": True}, "tty", True),
    ({"stdin_open": True}, "stdin_open", True),
    ({"init": True}, "init", True),
    ({"read_only": True}, "read_only", True),
    ({"stop_signal": "SIGINT"}, "stop_signal", "SIGINT"),
    ({"stop_grace_period": "1m"}, "stop_timeout", 60),
    ({"extra_hosts": ["h:1.2.3.4"]}, "extra_hosts", ["h:1.2.3.4"]),
    ({"dns": "1.1.1.1"}, "dns", ["1.1.1.1"]),
    ({"dns_search": "example"}, "dns_search", ["example"]),
    ({"dns_opt": ["ndots:2"]}, "dns_opt", ["ndots:2"]),
    ({"labels": {"x": "y"}}, "labels", {"x": "y", "perry.compose.config-hash": "h"}),
    ({"cap_add": ["NET_ADMIN"]}, "cap_add", ["NET_ADMIN"]),
    ({"cap_drop": ["ALL"]}, "cap_drop", ["ALL"]),
    ({"sysctls": {"net.core.somaxconn": 5}}, "sysctls", {"net.core.somaxconn": "5"}),
    ({"ulimits": {"nofile": {"soft": 1, "hard": 2}}}, "ulimits", [Ulimit("nofile", 1, 2)]),
    ({"logging": {"driver": "local", "options": {"max-size": "1m"}}}, "logging", Logging("local", {"max-size": "1m"})),
    ({"platform": "linux/amd64"}, "platform", "linux/amd64"),
    ({"mem_limit": "64m"}, "memory", 64 << 20),
    ({"cpus": 0.5}, "cpus", 0.5),
    ({"pids_limit": 9}, "pids_limit", 9),
    ({"healthcheck": {"test": ["CMD", "x"], "interval": "1s", "retries": 2}}, "healthcheck",
     HealthCheck(("CMD", "x"), interval=10**9, retries=2)),
    ({"healthcheck": {"disable": True}}, "healthcheck", HealthCheck(("NONE",))),
]  # fmt: skip


@pytest.mark.parametrize(("service", "member", "value"), SAID, ids=lambda item: str(item)[:40])
def test_what_each_task_runs(service: dict[str, Any], member: str, value: Any) -> None:
    assert getattr(definition(service).container, member) == value


def test_what_a_task_is_is_not_what_the_service_is() -> None:
    """What the definition's own members say, the container's do not say again."""
    service = {"ports": ["80:80"], "restart": "always", "expose": ["9"], "container_name": "shop", "mem_reservation": "5m"}
    spec = definition(service).container
    assert (spec.name, spec.networks, spec.network, spec.ports, spec.restart, spec.expose) == (None, [], None, [], None, [])
    assert (spec.mem_reservation, spec.image, spec.pull_policy) == (None, IMAGE, None)


VOLUME_LABELS = {"perry.compose.project": "p", "com.docker.stack.namespace": "p", "perry.compose.volume": "data"}


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"volumes": ["data:/d"]}, [ServiceMount("volume", "/d", "p_data", labels=VOLUME_LABELS)]),
        ({"volumes": ["/d"]}, [ServiceMount("volume", "/d")]),
        ({"volumes": [{"type": "volume", "source": "data", "target": "/d", "read_only": True, "volume": {"nocopy": True, "labels": {"a": "b"}}}]},
         [ServiceMount("volume", "/d", "p_data", True, nocopy=True, labels={"a": "b", **VOLUME_LABELS})]),
        ({"volumes": ["/x:/d:ro"]}, [ServiceMount("bind", "/d", "/x", True)]),
        ({"volumes": [{"type": "bind", "source": "/x", "target": "/d", "bind": {"propagation": "rshared", "create_host_path": False}}]},
         [ServiceMount("bind", "/d", "/x", propagation="rshared", create_host_path=False)]),
        ({"volumes": [{"type": "tmpfs", "target": "/t", "tmpfs": {"size": "5m", "mode": 0o700}}]},
         [ServiceMount("tmpfs", "/t", size=5 << 20, mode=0o700)]),
        ({"tmpfs": ["/t:size=5m,mode=700,ro", "/u", "/w:noexec,nosuid,nodev,rw"]},
         [ServiceMount("tmpfs", "/t", size=5 << 20, mode=0o700, read_only=True), ServiceMount("tmpfs", "/u"), ServiceMount("tmpfs", "/w")]),
        ({"shm_size": "5m"}, [ServiceMount("tmpfs", "/dev/shm", size=5 << 20, mode=0o1777)]),
        ({"shm_size": "5m", "volumes": ["data:/dev/shm/"]}, [ServiceMount("volume", "/dev/shm", "p_data", labels=VOLUME_LABELS)]),
    ],
    ids=lambda item: str(item)[:60],
)  # fmt: skip
def test_what_is_mounted(service: dict[str, Any], expected: list[ServiceMount]) -> None:
    spec = definition(service, volumes={"data": None}).container
    assert spec.volumes == expected
    assert (spec.tmpfs, spec.shm_size) == ({}, None)


def test_a_volume_is_made_where_the_task_is() -> None:
    declared = {"driver": "nfs", "driver_opts": {"share": "host:/x"}, "labels": {"a": "b"}, "name": "theirs"}
    (mount,) = definition({"volumes": ["data:/d"]}, volumes={"data": declared}).container.volumes
    assert mount == ServiceMount(
        "volume", "/d", "theirs", labels={"a": "b", **VOLUME_LABELS}, driver="nfs", driver_opts={"share": "host:/x"}
    )
    (external,) = definition({"volumes": ["data:/d"]}, volumes={"data": {"external": True, "name": "theirs"}}).container.volumes
    assert external == ServiceMount("volume", "/d", "theirs")


@pytest.mark.parametrize(("options", "path"), [("size=half", "size"), ("mode=999", "mode")])
def test_an_option_of_a_tmpfs_that_is_none(options: str, path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        definition({"tmpfs": [f"/t:{options}"]})
    assert caught.value.details["path"] == f"services.a.tmpfs[0].{path}"
