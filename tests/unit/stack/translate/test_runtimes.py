"""What nerdctl and apple/container lack of a project is told by its member, and refused by it in strict mode: each rule of theirs."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.apple import rules as apple
from perry_ffi.backends.contract.capability import Capabilities, Support
from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.nerdctl import rules as nerdctl
from perry_ffi.errors import Unsupported
from perry_ffi.stack.translate.warn import warnings

RULES = {"nerdctl": nerdctl.RULES, "apple/container": apple.RULES}
KINDS = ("ServiceSpec", "NetworkSpec", "VolumeSpec", "BuildSpec")
HEALTH = {"test": ["CMD", "x"]}


def volume(kind: str = "volume", **members: Any) -> dict[str, Any]:
    return {"volumes": [{"type": kind, "source": "/s" if kind == "bind" else "v", "target": "/d", **members}]}


def endpoint(**members: Any) -> dict[str, Any]:
    return {"networks": {"default": members}}


def several(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"networks": dict(zip(("default", "back"), rows, strict=True))}


SERVICE: dict[str, tuple[dict[str, Any], str]] = {
    "cpu_count": ({"cpu_count": 1}, "cpu_count"),
    "cpu_percent": ({"cpu_percent": 1}, "cpu_percent"),
    "credential_spec": ({"credential_spec": {"file": "x"}}, "credential_spec"),
    "isolation": ({"isolation": "hyperv"}, "isolation"),
    "volumes.npipe": (volume("npipe"), "volumes[0].type"),
    "volumes.cluster": (volume("cluster"), "volumes[0].type"),
    "volumes.image": (volume("image"), "volumes[0].type"),
    "volumes.image.subpath": (volume("image", image={"subpath": "a"}), "volumes[0].image.subpath"),
    "volumes.subpath": (volume(volume={"subpath": "a"}), "volumes[0].volume.subpath"),
    "volumes.labels": (volume(volume={"labels": {"a": "b"}}), "volumes[0].volume.labels"),
    "volumes.kept_empty": (volume(volume={"nocopy": True}), "volumes[0].volume.nocopy"),
    "volumes.relabelled": (volume(bind={"selinux": "z"}), "volumes[0].bind.selinux"),
    "volumes.anonymous_selinux": (
        {"volumes": [{"type": "volume", "target": "/d", "bind": {"selinux": "Z"}}]}, "volumes[0].bind.selinux"
    ),
    "volumes.selinux_beside": (volume(volume={"labels": {"a": "b"}}, bind={"selinux": "Z"}), "volumes[0].bind.selinux"),
    "volumes.recursive": (volume("bind", bind={"recursive": "disabled"}), "volumes[0].bind.recursive"),
    "volumes.recursive.readonly": (volume("bind", bind={"recursive": "readonly"}), "volumes[0].bind.recursive"),
    "volumes.propagation": (volume("bind", bind={"propagation": "rslave"}), "volumes[0].bind.propagation"),
    "volumes_from.any": ({"volumes_from": ["container:xy"]}, "volumes_from"),
    "init.shared_pid": ({"init": True, "pid": "host"}, "init"),
    "labels.names": ({"labels": {"": "c"}}, "labels"),
    "networks.alias_names": (endpoint(aliases=["a", "b"]), "networks.default.aliases"),
    "networks.aliases": (endpoint(aliases=["a b"]), "networks.default.aliases"),
    "networks.several_addresses": (
        several({"ipv4_address": "10.9.0.2"}, {}), "networks.default.ipv4_address"
    ),
    "networks.addresses": (endpoint(ipv4_address="10.9.0.2"), "networks.default.ipv4_address"),
    "networks.link_local_ips": (endpoint(link_local_ips=["169.254.1.1"]), "networks.default.link_local_ips"),
    "networks.driver_opts": (endpoint(driver_opts={"a": "b"}), "networks.default.driver_opts"),
    "networks.interface_name": (endpoint(interface_name="e0"), "networks.default.interface_name"),
    "networks.gw_priority": (endpoint(gw_priority=0), "networks.default.gw_priority"),
    "networks.mac_address": (
        several({"priority": 1}, {"mac_address": "02:42:ac:11:00:02"}), "networks.back.mac_address"
    ),
    "links": ({"links": ["db"]}, "links"),
    "links.default_network": ({"network_mode": "bridge", "external_links": ["ab:x"]}, "links"),
    "links.external": ({"external_links": ["ab:x"]}, "external_links"),
    "storage_opt": ({"storage_opt": {"size": "1G"}}, "storage_opt"),
    "device_cgroup_rules": ({"device_cgroup_rules": ["c 1:3 mr"]}, "device_cgroup_rules"),
    "devices": ({"devices": ["/dev/fuse"]}, "devices"),
    "cdi_devices": ({"devices": [{"source": "v.example/c=d", "target": "v.example/c=d"}]}, "devices"),
    "gpus": ({"gpus": [{"count": 1}]}, "gpus"),
    "env_unset": ({"environment": {"PATH": None}}, "environment.PATH"),
    "stdin_open": ({"stdin_open": True}, "stdin_open"),
    "userns_mode.kept": ({"userns_mode": "keep-id"}, "userns_mode"),
    "userns_mode.own": ({"userns_mode": "auto"}, "userns_mode"),
    **{f"{name}.shared": ({name: "host"}, name) for name in ("pid", "ipc", "uts", "userns_mode")},
    "network.shared": ({"network_mode": "host"}, "network_mode"),
    "healthcheck.start_interval": ({"healthcheck": {**HEALTH, "start_interval": "1s"}}, "healthcheck.start_interval"),
    "healthcheck.inherited": ({"healthcheck": {"interval": "1s"}}, "healthcheck.test"),
    "logging": ({"logging": {"driver": "syslog"}}, "logging"),
    "logging.driver": ({"logging": {"driver": "gelf"}}, "logging.driver"),
    "logging.options": ({"logging": {"driver": "json-file", "options": {"a": "b"}}}, "logging.options.a"),
    "ports.range": ({"ports": [{"target": 80, "published": "1-2"}]}, "ports[0].published"),
    "ports.sctp": ({"ports": [{"target": 80, "protocol": "sctp"}]}, "ports[0].protocol"),
    "ports.first": ({"ports": [{"target": 1}]}, "ports[0]"),
    "expose.sctp": ({"expose": ["90/sctp"]}, "expose[0]"),
    "tmpfs.podman": ({"tmpfs": ["/t:U"]}, "tmpfs[0].U"),
    "tmpfs.unknown": ({"tmpfs": ["/t:bogus"]}, "tmpfs[0].bogus"),
    "tmpfs.options": ({"tmpfs": ["/t:nr_inodes=5"]}, "tmpfs[0].nr_inodes"),
    "tmpfs.owner": ({"tmpfs": ["/t:uid=7"]}, "tmpfs[0].uid"),
    "tmpfs.group": ({"tmpfs": "/t:uid=7", "user": "7:7"}, "tmpfs[0].gid"),
    "pull_policy.period": ({"pull_policy": "daily"}, "pull_policy"),
    **{f"security_opt.{key}": ({"security_opt": [f"{key}=x"]}, "security_opt[0]") for key in ("mask", "unmask", "proc-opts")},
    "privileged": ({"privileged": True}, "privileged"),
    "security_opt": ({"security_opt": ["label=disable"]}, "security_opt"),
    "hostname": ({"hostname": "h"}, "hostname"),
    "hostname.parts": ({"hostname": "a b"}, "hostname"),
    "domainname": ({"domainname": "d.example"}, "domainname"),
    "sysctls": ({"sysctls": {"net.core.somaxconn": "9"}}, "sysctls"),
    "sysctls.domainname": ({"sysctls": {"kernel.domainname": "x"}}, "sysctls.kernel.domainname"),
    "runtime": ({"runtime": "x"}, "runtime"),
    "restart.any": ({"restart": "always"}, "restart"),
    "cpus.part": ({"cpus": "0.5"}, "cpus"),
    "memory.least": ({"mem_limit": "5m"}, "mem_limit"),
    "dns.names": ({"network_mode": "bridge", "dns": ["dns.example"]}, "dns[0]"),
    "group_add": ({"group_add": ["7"]}, "group_add"),
    "annotations": ({"annotations": {"a": "b"}}, "annotations"),
    "stop_signal.number": ({"stop_signal": "100"}, "stop_signal"),
    "cgroup": ({"cgroup": "private"}, "cgroup"),
    "cgroup_parent": ({"cgroup_parent": "/x"}, "cgroup_parent"),
    "pids_limit": ({"pids_limit": 9}, "pids_limit"),
    "cpuset": ({"cpuset": "0"}, "cpuset"),
    "mem_reservation": ({"mem_reservation": "5m"}, "mem_reservation"),
    "memswap_limit": ({"memswap_limit": "5m"}, "memswap_limit"),
    "memswap_limit.unlimited": ({"memswap_limit": -1}, "memswap_limit"),
    "oom_kill_disable": ({"oom_kill_disable": True}, "oom_kill_disable"),
    "blkio_config": ({"blkio_config": {"weight": 100}}, "blkio_config"),
    **{name: ({name: 10}, name) for name in ("cpu_shares", "cpu_quota", "mem_swappiness", "oom_score_adj")},
    **{name: ({name: "10us"}, name) for name in ("cpu_period", "cpu_rt_period", "cpu_rt_runtime")},
    "deploy.mode": ({"deploy": {"mode": "global"}}, "deploy.mode"),
    "deploy.placement": ({"deploy": {"placement": {"constraints": ["a==b"]}}}, "deploy.placement"),
    "deploy.endpoint_mode": ({"deploy": {"endpoint_mode": "vip"}}, "deploy.endpoint_mode"),
    "deploy.labels": ({"deploy": {"labels": {"a": "b"}}}, "deploy.labels"),
    "deploy.update_config.failure_action": (
        {"deploy": {"update_config": {"failure_action": "continue", "order": "stop-first"}}}, "deploy.update_config.failure_action"
    ),
    "deploy.rollback_config": ({"deploy": {"rollback_config": {"parallelism": 1}}}, "deploy.rollback_config"),
    **{
        f"deploy.restart_policy.{name}": (
            {"deploy": {"restart_policy": {"condition": "any", name: value}}}, f"deploy.restart_policy.{name}"
        )
        for name, value in (("delay", "5s"), ("window", "5s"), ("max_attempts", 2))
    },
    **{
        f"deploy.resources.reservations.{name}": (
            {"deploy": {"resources": {"reservations": {name: value}}}}, f"deploy.resources.reservations.{name}"
        )
        for name, value in (("cpus", "0.5"), ("generic_resources", [{}]))
    },
}  # fmt: skip
NETWORK: dict[str, tuple[dict[str, Any], str]] = {
    "names": ({"name": "a b"}, "name"),
    "attachable": ({"attachable": True}, "attachable"),
    "enable_ipv4": ({"enable_ipv4": False}, "enable_ipv4"),
    "driver": ({"driver": "macvlan"}, "driver"),
    "driver_opts": ({"driver_opts": {"a": "b"}}, "driver_opts.a"),
    "ipam.options": ({"ipam": {"options": {"a": "b"}}}, "ipam.options"),
    "ipam.aux_addresses": (
        {"ipam": {"config": [{"subnet": "10.9.0.0/24", "aux_addresses": {"a": "10.9.0.9"}}]}}, "ipam.aux_addresses"
    ),
    "labels.names": ({"labels": {"": "b"}}, "labels"),
    "labels.keys": ({"labels": {"A_b": "c"}}, "labels.A_b"),
}  # fmt: skip
VOLUME: dict[str, tuple[dict[str, Any], str]] = {
    "driver": ({"driver": "x"}, "driver"),
    "driver_opts": ({"driver_opts": {"a": "b"}}, "driver_opts"),
    "labels.names": ({"labels": {"": "b"}}, "labels"),
}
BUILD: dict[str, tuple[dict[str, Any], str]] = {
    "platforms.several": ({"platforms": ["linux/amd64", "linux/arm64"]}, "platforms"),
    "privileged": ({"privileged": True}, "privileged"),
    "isolation": ({"isolation": "hyperv"}, "isolation"),
    "labels.names": ({"labels": {"": "b"}}, "labels"),
    "additional_contexts": ({"additional_contexts": {"a": "/b"}}, "additional_contexts"),
    "cache_from": ({"cache_from": ["s"]}, "cache_from"),
    "cache_to": ({"cache_to": ["s"]}, "cache_to"),
    "entitlements": ({"entitlements": ["network.host"]}, "entitlements"),
    "extra_hosts": ({"extra_hosts": {"a": ["10.0.0.1"]}}, "extra_hosts"),
    "network": ({"network": "none"}, "network"),
    "shm_size": ({"shm_size": "5m"}, "shm_size"),
    "ulimits": ({"ulimits": {"nofile": 9}}, "ulimits"),
}
USES = {
    **{f"ServiceSpec.{name}": ({"service": use}, f"services.web.{path}") for name, (use, path) in SERVICE.items()},
    **{f"NetworkSpec.{name}": ({"network": use}, f"networks.default.{path}") for name, (use, path) in NETWORK.items()},
    **{f"VolumeSpec.{name}": ({"volume": use}, f"volumes.v.{path}") for name, (use, path) in VOLUME.items()},
    **{f"BuildSpec.{name}": ({"build": use}, f"services.web.build.{path}") for name, (use, path) in BUILD.items()},
}


OTHERWISE = {
    "ServiceSpec.seccomp": "a file says it in security_opt",
    "ServiceSpec.no_new_privileges": "a file says it in security_opt",
    "BuildSpec.platforms": "told as platforms.several; one is the service's platform",
    "NetworkSpec.ipam.driver": "refused in every mode when the network is checked, before anything is touched",
}
"""What no project says, or what is not told by this table."""


def project(
    service: dict[str, Any] | None = None,
    network: dict[str, Any] | None = None,
    volume: dict[str, Any] | None = None,
    build: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A project of one service that uses one thing."""
    web = {"image": "bb", **(service or {}), **({"build": {"context": "/c", **build}} if build else {})}
    networks = {"default": {"name": "demo_default", **(network or {})}, "back": {"name": "demo_back"}}
    volumes = {"v": {"name": "demo_v", **(volume or {})}}
    return {"name": "demo", "networks": networks, "volumes": volumes, "services": {"web": web, "db": {"image": "bb"}}}


LACKING = [
    (engine, name)
    for engine, rules in RULES.items()
    for name, rule in rules.items()
    if name.partition(".")[0] in KINDS and rule.support in (Support.UNSUPPORTED, Support.PARTIAL)
    if name not in OTHERWISE
]


def members(found: Any) -> list[str]:
    return [item.member for item in found]


@pytest.mark.parametrize(("engine", "name"), LACKING, ids=lambda value: str(value))
def test_what_it_lacks_is_told_or_refused_by_member(engine: str, name: str) -> None:
    """By its own rule alone: a warning with the member's path, and in strict mode an error with it."""
    document, path = project(**USES[name][0]), USES[name][1]
    capabilities = Capabilities({name: of_engine(engine).of(name)})
    native = members(warnings(document, Capabilities(), backend=engine))
    assert path not in native
    try:
        told = members(warnings(document, capabilities, backend=engine))
    except Unsupported as error:
        told = [*native, error.details["member"]]
    assert sorted(told) == sorted([*native, path])
    if not native:
        with pytest.raises(Unsupported) as caught:
            warnings(document, capabilities, backend=engine, strict=True)
        error = caught.value
        assert (error.details["member"], error.details["backend"]) == (path, engine)
        assert error.details["reason"] and engine in error.message
