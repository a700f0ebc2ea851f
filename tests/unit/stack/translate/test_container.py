"""Every member of a service: what of the spec it becomes, and where in the project a bad one is."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import ContainerError, NotFound, Unsupported, ValidationError
from perry_ffi.model.api_socket import ApiSocket
from perry_ffi.model.container_values import GpuRequest, HealthCheck
from perry_ffi.model.ports import Port
from perry_ffi.model.resource_values import Device, Ulimit
from perry_ffi.model.service import ServiceSpec
from perry_ffi.model.service_values import BlkioConfig, Logging, ServiceAttachment, ServiceMount
from perry_ffi.stack.translate.container import service_spec


def project(service: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    services = {"web": {"image": "bb", **(service or {})}, **others.pop("services", {})}
    return {"name": "demo", "networks": {"default": {"name": "demo_default"}}, **others, "services": services}


def spec(service: dict[str, Any] | None = None, number: int = 1, **options: Any) -> ServiceSpec:
    others = options.pop("others", {})
    return service_spec(project(service, **others), "web", number, image="bb", labels={}, **options)


MEMBERS: list[tuple[dict[str, Any], str, Any]] = [
    ({"command": ["-c", "", "a\nb"]}, "cmd", ["-c", "", "a\nb"]),
    ({"command": None}, "cmd", None),
    ({"entrypoint": []}, "entrypoint", []),
    ({"user": "1:2"}, "user", "1:2"),
    ({"user": 1000}, "user", "1000"),
    ({"group_add": [5, "mail"]}, "group_add", ["5", "mail"]),
    ({"working_dir": "/w"}, "workdir", "/w"),
    ({"init": True}, "init", True),
    ({"init": False}, "init", False),
    ({"tty": True}, "tty", True),
    ({"stdin_open": True}, "stdin_open", True),
    ({"stop_signal": "SIGINT"}, "stop_signal", "SIGINT"),
    ({"stop_signal": "sigint"}, "stop_signal", "SIGINT"),
    ({"stop_grace_period": "1m30.5s"}, "stop_timeout", 91),
    ({"stop_grace_period": "0s"}, "stop_timeout", 0),
    ({"hostname": "h-"}, "hostname", "h-"),
    ({"hostname": "h", "domainname": "d.example"}, "domainname", "d.example"),
    ({"platform": "linux/arm64"}, "platform", "linux/arm64"),
    ({"environment": {"A": "$b", "T": True, "I": 5, "N": None}}, "env", {"A": "$b", "T": "true", "I": "5"}),
    ({"environment": {"A": "b", "N": None}}, "env_unset", ["N"]),
    ({"labels": {"a": "b"}}, "labels", {"a": "b"}),
    ({"annotations": {"a": "b"}}, "annotations", {"a": "b"}),
    ({"restart": "on-failure:3"}, "restart", ("on-failure", 3)),
    ({"restart": "unless-stopped"}, "restart", ("unless-stopped", 0)),
    ({"deploy": {"restart_policy": {}}}, "restart", None),
    ({"deploy": {"restart_policy": {"condition": "none"}}}, "restart", ("no", 0)),
    ({"deploy": {"restart_policy": {"condition": "any", "max_attempts": 3}}}, "restart", ("always", 0)),
    ({"deploy": {"restart_policy": {"condition": "on-failure", "max_attempts": 3}}}, "restart", ("on-failure", 3)),
    ({"restart": "no", "deploy": {"restart_policy": {"condition": "any"}}}, "restart", ("always", 0)),
    ({"restart": "always", "deploy": {"restart_policy": {"condition": "on-failure", "max_attempts": 2}}}, "restart", ("on-failure", 2)),
    ({"restart": "unless-stopped", "deploy": {"restart_policy": {"condition": "none"}}}, "restart", ("no", 0)),
    ({"restart": "unless-stopped", "deploy": {"replicas": 1}}, "restart", ("unless-stopped", 0)),
    ({"healthcheck": {"disable": True, "test": ["CMD", "x"]}}, "healthcheck", HealthCheck(("NONE",))),
    ({"healthcheck": {"disable": False, "test": ["CMD", "x"]}}, "healthcheck", HealthCheck(("CMD", "x"))),
    (
        {"healthcheck": {"test": ["CMD-SHELL", "x"], "interval": "1m0s", "retries": 3, "start_interval": "500ms"}},
        "healthcheck", HealthCheck(("CMD-SHELL", "x"), 60 * 10**9, 0, 3, 0, 5 * 10**8),
    ),
    ({"cpus": 0.5}, "cpus", 0.5),
    ({"cpus": 0}, "cpus", None),
    ({"cpu_count": 2}, "cpu_count", 2),
    ({"cpu_percent": 50}, "cpu_percent", 50.0),
    ({"cpu_shares": 73}, "cpu_shares", 73),
    ({"cpu_quota": 50000}, "cpu_quota", 50000),
    ({"cpu_period": "100ms"}, "cpu_period", 100_000),
    ({"cpu_rt_period": 1400}, "cpu_rt_period", 1400),
    ({"cpu_rt_runtime": "400us"}, "cpu_rt_runtime", 400),
    ({"cpuset": "0-1,3"}, "cpuset", "0-1,3"),
    ({"mem_limit": "52428800"}, "memory", 52428800),
    ({"mem_limit": "0"}, "memory", None),
    ({"mem_reservation": "25m"}, "mem_reservation", 25 * 1024**2),
    ({"mem_swappiness": "50"}, "mem_swappiness", 50),
    ({"mem_swappiness": 0}, "mem_swappiness", 0),
    ({"memswap_limit": -1}, "memswap_limit", -1),
    ({"memswap_limit": "104857600"}, "memswap_limit", 104857600),
    ({"oom_kill_disable": True}, "oom_kill_disable", True),
    ({"oom_score_adj": -500}, "oom_score_adj", -500),
    ({"pids_limit": 100}, "pids_limit", 100),
    ({"pids_limit": -1}, "pids_limit", -1),
    ({"deploy": {"resources": {"limits": {"pids": 7, "cpus": "0.25", "memory": "5m"}}}}, "pids_limit", 7),
    ({"mem_limit": 1, "deploy": {"resources": {"limits": {"memory": "5m"}}}}, "memory", 5 * 1024**2),
    ({"deploy": {"resources": {"reservations": {"memory": "5m"}}}}, "mem_reservation", 5 * 1024**2),
    ({"shm_size": "67108864"}, "shm_size", 67108864),
    ({"ulimits": {"nofile": {"soft": 1, "hard": 2}, "nproc": 3}}, "ulimits", [Ulimit("nofile", 1, 2), Ulimit("nproc", 3, 3)]),
    ({"ulimits": {"core": {}, "nproc": {"hard": 3}}}, "ulimits", [Ulimit("core", 0, 0), Ulimit("nproc", 0, 3)]),
    ({"sysctls": {"net.core.somaxconn": "1024"}}, "sysctls", {"net.core.somaxconn": "1024"}),
    (
        {"blkio_config": {"weight": 300, "weight_device": [{"Path": "/dev/a", "Weight": 400}],
                          "device_read_bps": [{"path": "/dev/a", "rate": "12mb"}]}},
        "blkio_config", BlkioConfig(300, {"/dev/a": 400}, {"/dev/a": 12 * 1024**2}),
    ),
    ({"cgroup_parent": "m"}, "cgroup_parent", "m"),
    ({"device_cgroup_rules": ["c 1:3 mr", "a *:* rwm"]}, "device_cgroup_rules", ["c 1:3 mr", "a *:* rwm"]),
    (
        {"devices": [{"source": "/dev/a", "target": "/dev/b", "permissions": "r"}]},
        "devices", [Device("/dev/a", "/dev/b", "r")],
    ),
    ({"devices": [{"source": "v.example/c=d", "target": "v.example/c=d", "permissions": "rwm"}]}, "cdi_devices", ["v.example/c=d"]),
    ({"gpus": [{"count": -1}]}, "gpus", [GpuRequest(-1)]),
    (
        {"deploy": {"resources": {"reservations": {"devices": [{"capabilities": ["tpu"], "count": 2, "driver": "d"}]}}}},
        "gpus", [GpuRequest(2, "d", (), ("tpu",))],
    ),
    ({"privileged": True}, "privileged", True),
    ({"read_only": True}, "read_only", True),
    ({"cap_add": ["NET_ADMIN"]}, "cap_add", ["NET_ADMIN"]),
    ({"cap_drop": ["ALL"]}, "cap_drop", ["ALL"]),
    ({"security_opt": ["label=disable"]}, "security_opt", ["label=disable"]),
    ({"userns_mode": "host"}, "userns_mode", "host"),
    ({"uts": "host"}, "uts", "host"),
    ({"ipc": "shareable"}, "ipc", "shareable"),
    ({"pid": "host"}, "pid", "host"),
    ({"cgroup": "private"}, "cgroup", "private"),
    ({"isolation": "hyperv"}, "isolation", "hyperv"),
    ({"runtime": "runsc"}, "runtime", "runsc"),
    ({"credential_spec": {"file": "a.json"}}, "credential_spec", "file://a.json"),
    ({"storage_opt": {"size": "1G"}}, "storage_opt", {"size": "1G"}),
    ({"logging": {"driver": "json-file", "options": {"max-file": 3}}}, "logging", Logging("json-file", {"max-file": "3"})),
    ({"dns": ["1.1.1.1"]}, "dns", ["1.1.1.1"]),
    ({"dns_opt": ["ndots:2"]}, "dns_opt", ["ndots:2"]),
    ({"dns_search": ["x.example"]}, "dns_search", ["x.example"]),
    ({"dns_search": "", "dns_opt": [""]}, "dns_search", [""]),
    ({"extra_hosts": ["a=1.2.3.4", "b=::1"]}, "extra_hosts", ["a:1.2.3.4", "b:::1"]),
    ({"expose": ["99", "100-102/udp"]}, "expose", ["99/tcp", "100-102/udp"]),
    (
        {"ports": [{"mode": "host", "target": 5, "published": "55-57", "host_ip": "::1", "protocol": "sctp",
                    "name": "n", "app_protocol": "http"}]},
        "ports", [Port(5, "55-57", "::1", "sctp")],
    ),
    ({"ports": [{"target": 80}, {"target": 80}]}, "ports", [Port(80)]),
    ({"tmpfs": ["/run", "/tmp:size=5m"]}, "tmpfs", {"/run": "", "/tmp": "size=5m"}),
    ({"network_mode": "host"}, "network", "host"),
    ({"network_mode": "none"}, "networks", []),
    ({"network_mode": "", "networks": None}, "network", None),
    ({"network_mode": "container:abc"}, "network", "container:abc"),
    ({"network_mode": "bridge", "mac_address": "02:42:ac:11:00:02"}, "mac_address", "02:42:ac:11:00:02"),
    ({"networks": {}}, "networks", []),
    # what docker takes, and hardly anybody means
    ({"network_mode": "disabled"}, "network", "none"),
    ({"container_name": "/web"}, "name", "web"),
    ({"environment": {"A=B": "c", "D=E": None, "N": None}}, "env", {"A": "B=c", "D": "E="}),
    ({"environment": {"A=B": "c", "D=E": None, "N": None}}, "env_unset", ["N"]),
    ({"environment": {"Z": 0, "F": False}}, "env", {"Z": "0", "F": "false"}),
    ({"labels": {"": "x", "a=b": "c"}}, "labels", {"": "x", "a=b": "c"}),
    ({"stop_grace_period": "-1s"}, "stop_timeout", -1),
    ({"stop_signal": "-9"}, "stop_signal", "-9"),
    ({"platform": "x86_64"}, "platform", "linux/amd64"),
    ({"restart": "on-failure:x"}, "restart", ("on-failure", 0)),
    ({"restart": "any:0"}, "restart", ("always", 0)),
    ({"deploy": {"restart_policy": {"condition": "on-failure", "max_attempts": 99999999999}}}, "restart", ("on-failure", 99999999999)),
    ({"hostname": "a b", "domainname": "ü"}, "hostname", "a b"),
    ({"pids_limit": -5}, "pids_limit", -1),
    ({"cpu_quota": -2}, "cpu_quota", -1),
    ({"memswap_limit": "-5"}, "memswap_limit", -1),
    ({"mem_reservation": "-1"}, "mem_reservation", None),
    ({"gpus": [{"count": 2000}]}, "gpus", [GpuRequest(2000)]),
    ({"ulimits": {"NOFILE": 5}}, "ulimits", [Ulimit("nofile", 5, 5)]),
    ({"devices": [{"source": "/dev/a", "target": "rwm", "permissions": "RWM"}]}, "devices", [Device("/dev/a", "/rwm", "rwm")]),
    ({"credential_spec": {}}, "credential_spec", None),
    *(({member: word}, member, None) for member in ("pid", "uts", "userns_mode") for word in ("odd", "none")),
    ({"pid": "private"}, "pid", None),
    ({"userns_mode": "keep-id:uid=5"}, "userns_mode", "keep-id:uid=5"),
    ({"dns": ["8.8.8.8 ", "dns.example", "fe80::1%eth0"]}, "dns", ["8.8.8.8", "dns.example", "fe80::1%eth0"]),
    ({"extra_hosts": ["a= 1.2.3.4", "b c=[::1]"]}, "extra_hosts", ["a:1.2.3.4", "b c:::1"]),
    ({"expose": ["80/TCP", "foo", "8080:80", "0", "", "81 "]}, "expose", ["80/tcp", "81/tcp"]),
    ({"ports": [{"target": 80, "published": "0", "protocol": "TCP", "mode": "odd"}, {"published": "81"}]}, "ports", [Port(80)]),
    ({"volumes_from": ["container:ab:odd", "container:cd:ro,z", "container:ef:"]}, "volumes_from", ["ab", "cd:ro,z", "ef"]),
]  # fmt: skip


@pytest.mark.parametrize(("service", "member", "expected"), MEMBERS, ids=[f"{m[1]}-{i}" for i, m in enumerate(MEMBERS)])
def test_member(service: dict[str, Any], member: str, expected: Any) -> None:
    assert getattr(spec(service), member) == expected


def test_identity_labels_win() -> None:
    document = project({"labels": {"a": "own", "p": "own"}})
    found = service_spec(document, "web", 3, image="bb@sha256:" + "0" * 64, labels={"p": "ours"})
    assert found.labels == {"a": "own", "p": "ours"}
    assert (found.name, found.image, found.pull_policy) == ("demo-web-3", "bb@sha256:" + "0" * 64, "never")


VOLUMES: list[tuple[dict[str, Any], ServiceMount]] = [
    ({"type": "volume", "target": "/d", "volume": {}}, ServiceMount("volume", "/d")),
    ({"type": "volume", "source": "v", "target": "/d", "read_only": True, "volume": {"nocopy": True, "subpath": "a/b"}},
     ServiceMount("volume", "/d", "demo_v", True, nocopy=True, subpath="a/b")),
    ({"type": "bind", "source": "/s", "target": "/d"}, ServiceMount("bind", "/d", "/s")),
    ({"type": "bind", "source": "/s", "target": "/d", "bind": {}}, ServiceMount("bind", "/d", "/s", create_host_path=False)),
    ({"type": "bind", "source": "/s", "target": "/d", "bind": {"create_host_path": True, "propagation": "rslave", "selinux": "z"}},
     ServiceMount("bind", "/d", "/s", propagation="rslave", selinux="z")),
    ({"type": "bind", "source": "/s", "target": "/d", "bind": {"recursive": "disabled"}},
     ServiceMount("bind", "/d", "/s", create_host_path=False, recursive="disabled")),
    ({"type": "tmpfs", "target": "/d", "tmpfs": {"size": "10485760", "mode": 0o700}}, ServiceMount("tmpfs", "/d", size=10485760, mode=0o700)),
    ({"type": "image", "source": "bb:1", "target": "/d", "image": {"subpath": "x"}}, ServiceMount("image", "/d", "bb:1", subpath="x")),
    ({"type": "volume", "source": "v", "target": "/d", "bind": {"selinux": "z"}}, ServiceMount("volume", "/d", "demo_v", selinux="z")),
    ({"type": "volume", "source": "v", "target": "/d", "read_only": True, "consistency": "cached", "bind": {"selinux": "Z"},
      "volume": {"nocopy": True}}, ServiceMount("volume", "/d", "demo_v", True, consistency="cached", selinux="Z", nocopy=True)),
    ({"type": "volume", "target": "/d", "bind": {"selinux": "Z"}}, ServiceMount("volume", "/d", selinux="Z")),
    # Options of another kind are left out, and warned of.
    ({"type": "bind", "source": "/s", "target": "/d", "volume": {"nocopy": True}, "tmpfs": {"mode": 1}}, ServiceMount("bind", "/d", "/s")),
    ({"type": "tmpfs", "target": "/d", "bind": {"selinux": "z"}, "consistency": "odd"}, ServiceMount("tmpfs", "/d")),
]  # fmt: skip


@pytest.mark.parametrize(("volume", "expected"), VOLUMES)
def test_volume(volume: dict[str, Any], expected: ServiceMount) -> None:
    assert spec({"volumes": [volume]}, others={"volumes": {"v": {"name": "demo_v"}}}).volumes == [expected]


def test_networks_by_priority_then_name() -> None:
    networks = {
        "z": {"priority": 5, "aliases": ["q", "web"], "gw_priority": 2, "interface_name": "e7"},
        "b": None,
        "a": {},
    }
    declared = {"z": {"name": "real"}, "a": {"name": "demo_a"}, "b": {"name": "demo_b"}}
    found = spec({"networks": networks, "mac_address": "02:42:ac:11:00:02"}, others={"networks": declared}).networks
    assert [item.name for item in found] == ["real", "demo_a", "demo_b"]
    assert found[0] == ServiceAttachment(
        "real",
        ("demo-web-1", "web", "q"),
        mac_address="02:42:ac:11:00:02",
        key="z",
        interface_name="e7",
        priority=5,
        gw_priority=2,
    )


def test_names_of_any_kind() -> None:
    networks = {"n": {"aliases": ["a b", "", "*.x"], "mac_address": "02-42-AC-11-00-02"}}
    (found,) = spec({"networks": networks}, others={"networks": {"n": {"name": "my net/1"}}}).networks
    assert found == ServiceAttachment("my net/1", ("demo-web-1", "web", "a b", "*.x"), mac_address="02:42:ac:11:00:02", key="n")


def test_a_network_of_two_keys_is_joined_once() -> None:
    """With the names of both, and what the later one says, as docker compose writes it down."""
    networks = {
        "a": {"aliases": ["x"], "ipv4_address": "10.0.0.2", "driver_opts": {"o": "1"}},
        "b": {"aliases": ["y"], "ipv4_address": "10.0.0.3"}, "c": None,
    }  # fmt: skip
    declared = {"a": {"name": "one", "external": True}, "b": {"name": "one", "external": True}, "c": {"name": "two"}}
    found = spec({"networks": networks}, others={"networks": declared}).networks
    assert [item.name for item in found] == ["one", "two"]
    assert found[0] == ServiceAttachment(
        "one", ("demo-web-1", "web", "x", "y"), ipv4_address="10.0.0.3", driver_opts={"o": "1"}, key="a"
    )


def test_a_one_off_does_not_answer_to_its_service() -> None:
    assert spec(use_aliases=False, name="run-1").networks[0].aliases == ("run-1",)


def test_names_that_the_caller_knows_better() -> None:
    services = {"db": {"image": "bb", "networks": {"default": None}}}
    found = spec(
        {"networks": {"default": None}, "links": ["db:data"], "volumes_from": ["db:ro"], "pid": "service:db"},
        networks={"default": "other"}, containers={"db": ["id-1", "id-2"]}, others={"services": services},
    )  # fmt: skip
    assert found.networks[0].name == "other"
    assert found.networks[0].links == (
        "id-1:data", "id-1:db-1", "id-1:demo-db-1", "id-2:data", "id-2:db-2", "id-2:demo-db-2",
    )  # fmt: skip
    assert (found.volumes_from, found.pid) == (["id-1:ro"], "container:id-1")


def test_names_by_default() -> None:
    services = {"db": {"image": "bb", "container_name": "data"}}
    found = spec(
        {"network_mode": "service:db", "ipc": "service:db", "volumes_from": ["db", "container:xx:rw"]},
        others={"services": services},
    )
    assert (found.network, found.ipc, found.volumes_from) == ("container:data", "container:data", ["data", "xx:rw"])


def test_a_linked_service_knows_its_aliases() -> None:
    services = {"other": {"image": "bb", "networks": {"default": None}, "links": ["web:site", "web"]},
                "apart": {"image": "bb", "network_mode": "none", "links": ["web:hidden"]}}  # fmt: skip
    assert spec({"networks": {"default": None}}, others={"services": services}).networks[0].linked_as == ("site",)


def test_external_links_and_the_default_network() -> None:
    found = spec({"external_links": ["ex:x", "ff"]}).networks[0]
    assert (found.links, found.external_links) == ((), ("ex:x", "ff:ff"))
    assert spec({"network_mode": "bridge", "external_links": ["ex:x"]}).links == ["ex:x"]


def test_the_engines_socket() -> None:
    socket = ApiSocket("/run/e.sock", "/var/run/docker.sock", "DOCKER_CONFIG", "/run/secrets/docker")
    found = spec({"use_api_socket": True}, api_socket=socket)
    assert ServiceMount("bind", "/var/run/docker.sock", "/run/e.sock", create_host_path=False) in found.volumes
    assert found.env["DOCKER_CONFIG"] == "/run/secrets/docker"
    own = spec({"use_api_socket": True, "environment": {"DOCKER_CONFIG": "/x"}}, api_socket=socket)
    assert own.env["DOCKER_CONFIG"] == "/x"


def test_a_profile_is_beside_the_file() -> None:
    options = ["seccomp=p/x.json", "seccomp:/abs.json", "seccomp=unconfined", "label=a"]
    found = spec({"security_opt": options}, working_dir="/project").security_opt
    assert found == ["seccomp=/project/p/x.json", "seccomp:/abs.json", "seccomp=unconfined", "label=a"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"command": "a b"}, "services.web.command"),
    ({"command": ["a\0b"]}, "services.web.command[0]"),
    ({"working_dir": "rel"}, "services.web.working_dir"),
    ({"environment": {"=B": "c"}}, "services.web.environment.(name)"),
    ({"environment": {"A": "b\0"}}, "services.web.environment.A"),
    ({"container_name": "../x"}, "services.web.container_name"),
    ({"container_name": "-x"}, "services.web.container_name"),
    ({"hostname": "a\0b"}, "services.web.hostname"),
    ({"volumes": [{"type": "volume", "source": "nope", "target": "/d"}]}, "volumes.nope"),
    ({"volumes": [{"type": "bind", "source": "rel", "target": "/d"}]}, "services.web.volumes[0].source"),
    ({"volumes": [{"type": "bind", "source": "/a:/b", "target": "/d"}]}, "services.web.volumes[0].source"),
    ({"volumes": [{"type": "bind", "source": "/a", "target": "/d:ro"}]}, "services.web.volumes[0].target"),
    ({"volumes": [{"type": "bind", "source": "/a", "target": "/"}]}, "services.web.volumes[0].target"),
    (
        {"volumes": [{"type": "tmpfs", "target": "/d"}, {"type": "tmpfs", "target": "/d"}]},
        "services.web.volumes[1].target",
    ),
    ({"volumes": [{"type": "tmpfs", "target": "/d"}], "tmpfs": ["/d"]}, "services.web.volumes[0].target"),
    (
        {"volumes": [{"type": "volume", "source": "v", "target": "/d", "bind": {"propagation": "rslave"}}]},
        "services.web.volumes[0].bind.propagation",
    ),
    (
        {"volumes": [{"type": "volume", "source": "v", "target": "/d", "bind": {"selinux": "y"}}]},
        "services.web.volumes[0].bind.selinux",
    ),
    ({"volumes": [{"type": "volume", "target": "/d", "read_only": True}]}, "services.web.volumes[0].read_only"),
    ({"volumes": [{"type": "volume", "target": "/d", "volume": {"subpath": "s"}}]}, "services.web.volumes[0].volume.subpath"),
    ({"volumes": [{"type": "tmpfs", "target": "/d", "odd": {}}]}, "services.web.volumes[0].odd"),
    (
        {"volumes": [{"type": "bind", "source": "/a", "target": "/d", "bind": {"odd": 1}}]},
        "services.web.volumes[0].bind",
    ),
    ({"volumes": [{"type": "odd", "target": "/d"}]}, "services.web.volumes[0].type"),
    ({"networks": {"gone": None}}, "networks.gone"),
    ({"networks": {"default": {"odd": 1}}}, "services.web.networks.default"),
    ({"networks": {"default": {"ipv4_address": "x"}}}, "services.web.networks.default.ipv4_address"),
    (
        {"networks": {"default": {"mac_address": "02:42:ac:11:00:02"}}, "mac_address": "02:42:ac:11:00:03"},
        "services.web.mac_address",
    ),
    ({"links": ["a:b:c d"], "image": "bb"}, "services.web.links[0]"),
    ({"network_mode": "service:gone"}, "services.web.network_mode"),
    ({"volumes_from": ["container:-web"]}, "services.web.volumes_from[0]"),
    ({"ipc": "odd"}, "services.web.ipc"),
    ({"cpus": False}, "services.web.cpus"),
    ({"deploy": {"resources": {"limits": {"cpus": -1}}}}, "services.web.deploy.resources.limits.cpus"),
    ({"deploy": {"restart_policy": {"condition": "odd"}}}, "services.web.deploy.restart_policy.condition"),
    ({"use_api_socket": True}, "services.web.use_api_socket"),
    ({"provider": {"type": "x"}}, "services.web.provider"),
    ({"models": {"m": None}}, "services.web.models"),
    ({"device_cgroup_rules": ["c 1:3 mr; x"]}, "services.web.device_cgroup_rules[0]"),
    ({"cpuset": "0;1"}, "services.web.cpuset"),
    ({"credential_spec": {"file": "a", "registry": "b"}}, "services.web.credential_spec"),
]


@pytest.mark.parametrize(("service", "path"), WRONG, ids=[row[1] for row in WRONG])
def test_a_bad_member_is_named_by_its_path(service: dict[str, Any], path: str) -> None:
    with pytest.raises(ContainerError) as caught:
        spec(service, others={} if path.startswith("volumes.") else {"volumes": {"v": {}}})
    assert isinstance(caught.value, ValidationError | NotFound | Unsupported)
    assert caught.value.details["path"].startswith(path)


def test_what_is_not_there() -> None:
    with pytest.raises(NotFound, match="services: there is no service 'gone'"):
        service_spec(project(), "gone", 1, image="bb", labels={})
    with pytest.raises(ValidationError):
        spec(number=0)


def test_an_empty_network_mode_is_no_network_where_the_project_has_no_implicit_one() -> None:
    alone = service_spec(project({"network_mode": ""}, networks={}), "web", 1, image="bb", labels={})
    assert (alone.network, alone.networks) == ("none", [])


@pytest.mark.parametrize("member", [
    {"restart": "canary"}, {"devices": ["canary"]}, {"extra_hosts": ["canary"]}, {"mem_limit": "canary"},
    {"volumes": [{"type": "volume", "target": "canary"}]}, {"ulimits": {"nofile": "canary"}}, {"ipc": "canary"},
    {"working_dir": "canary"}, {"stop_grace_period": "canary"}, {"ports": ["canary"]}, {"image": "canary:canary:canary"},
    {"network_mode": "container:-canary"}, {"tmpfs": ["canary"]}, {"platform": "canary"}, {"container_name": "-canary"},
])  # fmt: skip
def test_no_error_quotes_what_a_variable_may_have_been(member: dict[str, Any]) -> None:
    service = {"image": "bb", **member}
    project = {"name": "demo", "networks": {"default": None}, "services": {"web": service}}
    with pytest.raises(ContainerError) as caught:
        service_spec(project, "web", 1, image=service["image"], labels={})
    told = caught.value.to_dict()
    assert "canary" not in str(told) and told["path"].startswith(f"services.web.{next(iter(member))}")
