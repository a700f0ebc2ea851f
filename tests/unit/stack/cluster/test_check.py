from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.engine_api.drivers import swarm_rules
from perry_ffi.backends.rules.rule import declare
from perry_ffi.errors import ContainerError, Unsupported
from perry_ffi.stack.cluster.check import shortfalls
from perry_ffi.stack.cluster.files import cluster_files
from tests.unit.stack.cluster.definitions import definition_of, loaded

SWARM = declare(swarm_rules.RULES, (1, 41))


def told(service: dict[str, Any], capabilities: Capabilities = SWARM, strict: bool = False, **sections: Any) -> list[str]:
    """The members that are warned of, in the project of one service."""
    project = loaded(service, **sections)
    found = shortfalls(
        project.to_dict(), capabilities, backend="the cluster", services=list(project.services), working_dir="/", strict=strict
    )
    assert all(row.reason for row in found)
    return [row.member for row in found]


REFUSED = [
    ({"privileged": True}, "privileged"),
    ({"devices": ["/dev/null"]}, "devices"),
    ({"devices": ["vendor.example/gpu=all"]}, "devices"),
    ({"gpus": "all"}, "gpus"),
    ({"deploy": {"resources": {"reservations": {"devices": [{"capabilities": ["gpu"]}]}}}}, "gpus"),
    ({"device_cgroup_rules": ["c 1:3 mr"]}, "device_cgroup_rules"),
    ({"network_mode": "none"}, "network_mode"),
    ({"network_mode": "service:b"}, "network_mode"),
    ({"pid": "host"}, "pid"),
    ({"ipc": "host"}, "ipc"),
    ({"ipc": "shareable"}, "ipc"),
    ({"uts": "host"}, "uts"),
    ({"cgroup": "host"}, "cgroup"),
    ({"cgroup_parent": "/x"}, "cgroup_parent"),
    ({"userns_mode": "host"}, "userns_mode"),
    ({"security_opt": ["no-new-privileges"]}, "security_opt"),
    ({"volumes_from": ["b"]}, "volumes_from"),
    ({"external_links": ["db:d"]}, "external_links"),
    ({"runtime": "runsc"}, "runtime"),
    ({"use_api_socket": True}, "use_api_socket"),
    ({"post_start": [{"command": "x"}]}, "post_start"),
    ({"pre_stop": [{"command": "x"}]}, "pre_stop"),
    ({"pre_start": [{"command": "x", "per_replica": True}]}, "pre_start"),
    ({"ports": ["127.0.0.1:80:80"]}, "ports[0].host_ip"),
    ({"ports": ["[::]:80:80"]}, "ports[0].host_ip"),
    ({"entrypoint": []}, "entrypoint"),
    ({"entrypoint": "", "command": []}, "entrypoint"),
    ({"mac_address": "02:00:00:00:00:01"}, "networks.default.mac_address"),
    (
        {"volumes": [{"type": "volume", "source": "data", "target": "/d", "volume": {"subpath": "x"}}]},
        "volumes[0].volume.subpath",
    ),
    ({"tmpfs": ["/t:tmpcopyup"]}, "tmpfs[0].tmpcopyup"),
    ({"tmpfs": ["/t:never=1"]}, "tmpfs[0].never"),
    ({"volumes": [{"type": "image", "source": "app", "target": "/d"}]}, "volumes[0].type"),
    ({"volumes": [{"type": "cluster", "source": "data", "target": "/d"}]}, "volumes[0].type"),
]


@pytest.mark.parametrize(("service", "member"), REFUSED, ids=lambda item: str(item)[:50])
def test_what_makes_another_container_is_refused_by_name(service: dict[str, Any], member: str) -> None:
    with pytest.raises(Unsupported) as caught:
        told(service, services={"b": {"image": "app"}}, volumes={"data": None})
    assert caught.value.details["path"] == f"services.a.{member}"


WARNED = [
    ({"domainname": "d"}, ["domainname"]),
    ({"cpu_shares": 5, "cpuset": "0"}, ["cpu_shares", "cpuset"]),
    ({"cpu_quota": 5000, "cpu_period": 10000}, ["cpu_quota", "cpu_period"]),
    ({"memswap_limit": "1g", "mem_swappiness": 5}, ["mem_swappiness", "memswap_limit"]),
    ({"oom_kill_disable": True, "oom_score_adj": 5}, ["oom_kill_disable", "oom_score_adj"]),
    ({"blkio_config": {"device_read_bps": [{"path": "/dev/sda", "rate": "1m"}]}}, ["blkio_config"]),
    ({"storage_opt": {"size": "1g"}}, ["storage_opt"]),
    ({"tmpfs": ["/t:size=1m,nr_inodes=5,noatime"]}, ["tmpfs[0].nr_inodes", "tmpfs[0].noatime"]),
    ({"annotations": {"a": "b"}}, ["annotations"]),
    ({"expose": ["80"]}, ["expose"]),
    ({"volumes": ["data:/d", "/x:/y", "/z"]}, ["volumes[0]", "volumes[1]"]),
    ({"networks": {"default": {"priority": 5}}}, ["networks.default.priority"]),
    ({"healthcheck": {"test": "x", "start_interval": "1s"}}, ["healthcheck.start_interval"]),
    ({"stop_grace_period": "-5s"}, []),
    ({"links": ["b:db"], "shm_size": "1m", "init": True, "deploy": {"mode": "replicated-job"}}, []),
    (
        {
            "deploy": {
                "placement": {"constraints": ["node.role == worker"]},
                "endpoint_mode": "dnsrr",
                "labels": {"a": "b"},
                "mode": "global",
            }
        },
        [],
    ),
    ({"network_mode": "host", "ports": ["80:80"]}, ["ports"]),
    ({"ports": ["0.0.0.0:80:80"], "entrypoint": [], "command": ["x"]}, []),
    ({"deploy": {"mode": "global", "replicas": 3}}, ["deploy.replicas"]),
    ({"deploy": {"mode": "global-job"}, "scale": 1}, ["scale"]),
    ({"deploy": {"mode": "replicated", "replicas": 3}}, []),
]


@pytest.mark.parametrize(("service", "members"), WARNED, ids=lambda item: str(item)[:50])
def test_what_is_left_out_is_warned_of_by_name(service: dict[str, Any], members: list[str]) -> None:
    found = told(service, services={"b": {"image": "app"}}, volumes={"data": None})
    assert sorted(found) == sorted(f"services.a.{member}" for member in members)


LEFT_OUT = [
    service
    for service, members in WARNED
    if members and "expose" not in members and not service.keys() & {"volumes", "ports", "tmpfs", "deploy"}
]


@pytest.mark.parametrize("service", LEFT_OUT, ids=lambda item: str(item)[:50])
def test_what_is_warned_of_is_not_asked_for(service: dict[str, Any]) -> None:
    """A definition is what the engine takes: it refuses what it does not know."""
    plain = definition_of(loaded({}), capabilities=SWARM).container
    spec = definition_of(loaded(service), capabilities=SWARM).container
    if spec.healthcheck:
        assert spec.healthcheck.start_interval == 0
    assert spec.model_copy(update={"healthcheck": None}) == plain


def test_an_error_where_everything_is_asked_for() -> None:
    with pytest.raises(Unsupported) as caught:
        told({"domainname": "d"}, strict=True)
    assert caught.value.details["path"] == "services.a.domainname"


@pytest.mark.parametrize(
    ("service", "declared"),
    [
        ({"volumes": ["data:/d"], "deploy": {"placement": {"constraints": ["node.hostname == n1"]}}}, None),
        ({"volumes": ["/x:/d"], "deploy": {"placement": {"constraints": ["node.id==abc"]}}}, None),
        ({"volumes": ["data:/d"]}, {"driver": "rexray"}),
        ({"volumes": ["data:/d"]}, {"driver_opts": {"type": "nfs", "device": ":/x", "o": "addr=1.2.3.4"}}),
    ],
)
def test_a_volume_that_is_the_same_wherever_the_tasks_run(service: dict[str, Any], declared: Any) -> None:
    assert told(service, volumes={"data": declared}) == []


def test_a_constraint_that_leaves_a_choice_pins_nothing() -> None:
    written = {"placement": {"constraints": ["node.hostname != n1", "node.labels.zone == a"]}}
    assert told({"volumes": ["/x:/d"], "deploy": written}) == ["services.a.volumes[0]"]


def test_networks() -> None:
    networks = {"default": {"driver": "bridge", "driver_opts": {"com.docker.network.driver.mtu": "1400", "x": "y"}}}
    assert told({}, networks=networks) == ["networks.default.driver_opts.x", "networks.default.driver"]
    for wrong in ({"driver": "macvlan"}, {"driver_opts": {"com.docker.network.bridge.enable_icc": "false"}}):
        with pytest.raises(Unsupported):
            told({}, networks={"default": wrong})
    assert told({}, networks={"default": {"driver": "overlay", "driver_opts": {"encrypted": ""}}}) == []


def test_addresses_of_a_network() -> None:
    """Seen on docker 20.10: of a network over many nodes everything is kept but these."""
    pool = {"subnet": "10.0.0.0/16", "gateway": "10.0.0.1", "ip_range": "10.0.1.0/24"}
    networks = {"default": {"ipam": {"driver": "default", "config": [pool], "options": {"a": "b"}}, "internal": True}}
    assert told({}, networks=networks) == []
    pool["aux_addresses"] = {"router": "10.0.0.5"}
    assert told({}, networks=networks) == ["networks.default.ipam.aux_addresses"]


def test_configs_and_secrets_are_the_clusters() -> None:
    """Nothing is copied into a task, and so a read-only root or a mount is in nobody's way."""
    service = {"read_only": True, "tmpfs": ["/run"], "secrets": ["s"], "configs": ["c"]}
    assert told(service, secrets={"s": {"external": True}}, configs={"c": {"external": True}}) == []


# -- any project --------------------------------------------------------------------------------------

CHOICES = [service for service, _ in [*REFUSED, *WARNED]] + [
    {"configs": ["c"]}, {"secrets": [{"source": "s", "mode": 0o400}]}, {"tmpfs": ["/t:size=1m"]}, {"restart": "on-failure:2"},
    {"deploy": {"mode": "global-job"}}, {"deploy": {"replicas": 3, "update_config": {"order": "start-first"}}},
    {"ports": [{"target": 80, "published": "80", "mode": "host"}]}, {"ports": ["9000-9010:80"]}, {"tmpfs": ["/t:size=x"]},
    {"deploy": {"endpoint_mode": "dnsrr"}}, {"deploy": {"endpoint_mode": "never"}}, {"deploy": {"mode": "never"}},
    {"deploy": {"rollback_config": {"failure_action": "rollback"}}}, {"deploy": {"labels": {"a": "b"}}}, {"scale": 2},
    {"labels": ["a=b"]}, {"environment": ["A", "B=c"]}, {"build": "."}, {"container_name": "shop"}, {"shm_size": 5},
]  # fmt: skip


@given(st.lists(st.sampled_from(CHOICES), min_size=1, max_size=4))
@settings(max_examples=150)
def test_any_project_is_a_definition_or_an_error_that_says_where(parts: list[dict[str, Any]]) -> None:
    """What is warned of, or of which nothing is said, becomes a definition; all else is refused with a path."""
    service: dict[str, Any] = {}
    for part in parts:
        service |= part
    try:
        project = loaded(
            service, services={"b": {"image": "app"}}, volumes={"data": None}, configs={"c": {"content": "x"}},
            secrets={"s": {"external": True}},
        )  # fmt: skip
    except ContainerError:
        return
    document = project.to_dict()
    try:
        shortfalls(document, SWARM, backend="the cluster", services=["a", "b"])
        found = definition_of(project)
    except ContainerError as error:
        assert str(error.details["path"]).startswith(("services.a", "configs.c", "secrets.s")), error
        return
    assert found.name == "p_a"
    assert {file.name for file in (*found.configs, *found.secrets)} == {
        file.name for file in cluster_files(project, document)["a"]
    }
