"""What a backend cannot honour is named before anything is touched, or refused where leaving it out would harm."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.requests.network import network_payload
from perry_ffi.errors import Unsupported
from perry_ffi.stack.translate.build import build_spec
from perry_ffi.stack.translate.objects import network_spec, volume_spec
from perry_ffi.stack.translate.warn import warnings

DOCKER, PODMAN, NEWEST = of_engine("docker", (1, 41)), of_engine("podman", (1, 41)), of_engine("docker", (1, 49))


def project(service: dict[str, Any], **others: Any) -> dict[str, Any]:
    networks = {"default": {"name": "demo_default"}}
    return {"name": "demo", "networks": networks, "services": {"web": {"image": "bb", **service}}, **others}


def named(service: dict[str, Any], capabilities: Capabilities, **others: Any) -> list[str]:
    return [item.member for item in warnings(project(service, **others), capabilities)]


CASES: list[tuple[dict[str, Any], str, bool, bool]] = [
    # the member, the path below the service, whether docker 20.10 and podman 4.3 are warned of
    ({"pull_policy": "daily"}, "pull_policy", False, True),
    ({"pull_policy": "every_12h"}, "pull_policy", False, True),
    ({"pull_policy": "refresh"}, "pull_policy", True, True),
    ({"domainname": "d.example"}, "domainname", False, True),
    ({"cgroup": "private"}, "cgroup", False, True),
    ({"cpu_count": 1}, "cpu_count", True, True),
    ({"cpu_percent": 1}, "cpu_percent", True, True),
    ({"credential_spec": {"file": "x"}}, "credential_spec", True, True),
    ({"annotations": {"a": "b"}}, "annotations", True, True),
    ({"memswap_limit": -1, "mem_limit": "5m"}, "memswap_limit", False, True),
    ({"blkio_config": {"weight": 100}}, "blkio_config.weight", False, True),
    ({"network_mode": "bridge", "mac_address": "02:42:ac:11:00:02"}, "mac_address", False, True),
    ({"init": True, "pid": "host"}, "init", True, True),
    ({"userns_mode": "keep-id:uid=5"}, "userns_mode", True, False),
    ({"device_cgroup_rules": ["c 1:3 mr"]}, "device_cgroup_rules", False, True),
    ({"gpus": [{"count": 1}]}, "gpus", False, True),
    ({"devices": [{"source": "v.example/c=d", "target": "v.example/c=d"}]}, "devices", True, True),
    ({"logging": {"driver": "syslog"}}, "logging.driver", False, True),
    ({"logging": {"driver": "json-file", "options": {"max-file": "2"}}}, "logging.options.max-file", False, True),
    ({"external_links": ["ab:x"]}, "external_links", False, True),
    ({"network_mode": "bridge", "external_links": ["ab:x"]}, "links", False, True),
    ({"healthcheck": {"test": ["CMD", "x"], "start_interval": "1s"}}, "healthcheck.start_interval", True, True),
    ({"healthcheck": {"interval": "1s"}}, "healthcheck.test", False, True),
    ({"ports": [{"target": 80, "published": "1-2"}]}, "ports[0].published", False, True),
    ({"ports": [{"target": 80, "host_ip": "::1"}]}, "ports[0].host_ip", False, True),
    ({"expose": ["9", "90/sctp"]}, "expose[1]", False, True),
    ({"tmpfs": ["/a", "/t:nr_inodes=5"]}, "tmpfs[1].nr_inodes", False, True),
    ({"tmpfs": "/t:uid=7", "user": "7:7"}, "tmpfs[0].gid", False, True),
    ({"networks": {"default": {"link_local_ips": ["169.254.1.1"]}}}, "networks.default.link_local_ips", False, True),
    ({"networks": {"default": {"driver_opts": {"a": "b"}}}}, "networks.default.driver_opts", False, True),
    ({"networks": {"default": {"interface_name": "e0"}}}, "networks.default.interface_name", True, True),
    ({"networks": {"default": {"gw_priority": 0}}}, "networks.default.gw_priority", True, True),
    ({"volumes": [{"type": "volume", "target": "/d", "volume": {"labels": {"a": "b"}}}]}, "volumes[0].volume.labels", False, True),
    ({"volumes": [{"type": "volume", "target": "/d", "volume": {"nocopy": True}}]}, "volumes[0].volume.nocopy", False, True),
    ({"volumes": [{"type": "volume", "target": "/d", "bind": {"selinux": "Z"}}]}, "volumes[0].bind.selinux", True, True),
    ({"volumes": [{"type": "volume", "target": "/d", "bind": {"propagation": "rslave"}}]}, "volumes[0].bind.propagation", True, True),
    ({"volumes": [{"type": "volume", "target": "/d", "bind": {"create_host_path": True}}]}, "volumes[0].bind.create_host_path", True, True),
    ({"volumes": [{"type": "volume", "target": "/d", "tmpfs": {"size": "1m"}}]}, "volumes[0].tmpfs.size", True, True),
    ({"volumes": [{"type": "bind", "source": "/s", "target": "/d", "volume": {"nocopy": True}}]}, "volumes[0].volume.nocopy", True, True),
    ({"volumes": [{"type": "bind", "source": "/s", "target": "/d", "image": {"subpath": "a"}}]}, "volumes[0].image.subpath", True, True),
    ({"volumes": [{"type": "tmpfs", "target": "/d", "bind": {"selinux": "z"}}]}, "volumes[0].bind.selinux", True, True),
    ({"volumes": [{"type": "tmpfs", "target": "/d", "consistency": "odd"}]}, "volumes[0].consistency", True, True),
    ({"network_mode": "host", "ports": [{"target": 80}]}, "ports", True, True),
    ({"network_mode": "none", "ports": [{"target": 80}]}, "ports", True, True),
    ({"deploy": {"mode": "global"}}, "deploy.mode", True, True),
    ({"sysctls": {"kernel.domainname": "x", "net.core.somaxconn": "9"}}, "sysctls.kernel.domainname", False, True),
    ({"labels": {"a=b": "c"}}, "labels", False, True),
    ({"labels": {"": "c"}}, "labels", False, True),
    ({"stop_signal": "100"}, "stop_signal", False, True),
    ({"network_mode": "bridge", "dns": ["9.9.9.9", "dns.example"]}, "dns[1]", False, True),
    ({"networks": {"default": {"aliases": ["a", "b c"]}}}, "networks.default.aliases", False, True),
    ({"deploy": {"placement": {"constraints": ["a==b"]}}}, "deploy.placement", True, True),
    ({"deploy": {"endpoint_mode": "vip"}}, "deploy.endpoint_mode", True, True),
    ({"deploy": {"labels": {"a": "b"}}}, "deploy.labels", True, True),
    ({"deploy": {"update_config": {"failure_action": "pause"}}}, "deploy.update_config.failure_action", True, True),
    ({"deploy": {"rollback_config": {"parallelism": 1}}}, "deploy.rollback_config", True, True),
    ({"deploy": {"restart_policy": {"condition": "any", "delay": "5s"}}}, "deploy.restart_policy.delay", True, True),
    ({"deploy": {"restart_policy": {"condition": "any", "window": "5s"}}}, "deploy.restart_policy.window", True, True),
    ({"deploy": {"restart_policy": {"condition": "any", "max_attempts": 2}}}, "deploy.restart_policy.max_attempts", True, True),
    ({"deploy": {"resources": {"reservations": {"cpus": "0.5"}}}}, "deploy.resources.reservations.cpus", True, True),
    ({"deploy": {"resources": {"reservations": {"generic_resources": [{}]}}}}, "deploy.resources.reservations.generic_resources", True, True),
    ({"build": {"context": "/c", "ssh": ["default"]}}, "build.ssh", False, True),
    ({"build": {"context": "/c", "secrets": [{"source": "s", "mode": "0400"}]}}, "build.secrets[0].mode", True, True),
    ({"build": {"context": "/c", "cache_to": ["s"]}}, "build.cache_to", True, True),
    ({"build": {"context": "/c", "provenance": "true"}}, "build.provenance", True, True),
    ({"build": {"context": "/c", "platforms": ["linux/amd64", "linux/arm64"]}}, "build.platforms", True, True),
]  # fmt: skip


@pytest.mark.parametrize(("service", "path", "docker", "podman"), CASES, ids=[row[1] for row in CASES])
def test_named_or_honoured(service: dict[str, Any], path: str, docker: bool, podman: bool) -> None:
    member = f"services.web.{path}"
    assert named(service, DOCKER) == ([member] if docker else [])
    assert named(service, PODMAN) == ([member] if podman else [])
    if docker:
        with pytest.raises(Unsupported) as caught:
            warnings(project(service), DOCKER, backend="docker", strict=True)
        assert caught.value.details["member"] == member and caught.value.details["backend"] == "docker"


HARMFUL: list[tuple[dict[str, Any], str, bool, bool]] = [
    ({"runtime": "runsc"}, "runtime", False, True),
    ({"userns_mode": "auto"}, "userns_mode", True, False),
    ({"isolation": "hyperv"}, "isolation", True, True),
    ({"security_opt": ["mask=/proc"]}, "security_opt[0]", True, False),
    ({"tmpfs": ["/a", "/t:uid=7"]}, "tmpfs[1].uid", False, True),
    ({"tmpfs": ["/t:U"]}, "tmpfs[0].U", True, False),
    ({"tmpfs": ["/t:bogus"]}, "tmpfs[0].bogus", True, True),
    ({"volumes": [{"type": "image", "source": "bb", "target": "/d"}]}, "volumes[0].type", True, False),
    ({"volumes": [{"type": "npipe", "source": "x", "target": "/d"}]}, "volumes[0].type", True, True),
    ({"volumes": [{"type": "volume", "source": "v", "target": "/d", "volume": {"subpath": "a"}}]}, "volumes[0].volume.subpath", True, True),
    ({"volumes": [{"type": "bind", "source": "/s", "target": "/d", "bind": {"recursive": "readonly"}}]}, "volumes[0].bind.recursive", True, True),
]  # fmt: skip


@pytest.mark.parametrize(("service", "path", "docker", "podman"), HARMFUL, ids=[row[1] for row in HARMFUL])
def test_refused_in_every_mode(service: dict[str, Any], path: str, docker: bool, podman: bool) -> None:
    for capabilities, refused in ((DOCKER, docker), (PODMAN, podman)):
        if not refused:
            assert named(service, capabilities, volumes={"v": {}}) == []
            continue
        with pytest.raises(Unsupported) as caught:
            named(service, capabilities, volumes={"v": {}})
        assert caught.value.details["member"] == f"services.web.{path}"


def test_a_volume_has_a_label_of_selinux() -> None:
    """Beside other options docker has the one of every volume, z, and that of one container only by itself."""
    for options, docker in (({}, []), ({"labels": {"a": "b"}}, ["services.web.volumes[1].bind.selinux"])):
        mount = {"type": "volume", "source": "v", "volume": options}
        mounts = [{**mount, "target": "/a", "bind": {"selinux": "z"}}, {**mount, "target": "/b", "bind": {"selinux": "Z"}}]
        assert named({"volumes": mounts}, DOCKER, volumes={"v": {}}) == docker
        empty = {"type": "tmpfs", "target": "/c", "bind": {}, "volume": {"nocopy": False}}
        assert named({"volumes": [*mounts, empty]}, DOCKER, volumes={"v": {}}) == docker


def test_files_in_a_folder_of_the_host() -> None:
    """Contents are written there; a file is mounted as it is. Of a volume, and of a file without an owner, nothing is said."""
    configs = {"c": {"content": "x"}, "f": {"file": "/f"}}
    uses = [{"source": "c", "target": "/d/a"}, {"source": "f", "target": "/d/b", "uid": "5", "gid": "0", "mode": 0o600},
            {"source": "f", "target": "/d/c"}, {"source": "c", "target": "/v/d", "uid": "5"}]  # fmt: skip
    volumes = [{"type": "bind", "source": "/s", "target": "/d"}, {"type": "volume", "target": "/v"}]
    found = named({"configs": uses, "volumes": volumes}, DOCKER, configs=configs)
    assert found == [f"services.web.configs[{index}].{member}" for index, member in ((0, "target"), (1, "uid"), (1, "mode"))]


def test_networks_are_looked_at() -> None:
    networks = {"n": {"attachable": True, "ipam": {"config": [{"subnet": "10.1.0.0/16", "aux_addresses": {"a": "10.1.0.9"}}]}}}
    assert named({"network_mode": "none"}, PODMAN, networks=networks) == [
        "networks.n.attachable",
        "networks.n.ipam.aux_addresses",
    ]
    assert named({"network_mode": "none"}, DOCKER, networks=networks) == []


def test_options_of_networks_that_podman_lacks_are_left_out_or_refused() -> None:
    """What lets nobody in can be left out; what says the default needs no word."""
    bridge = "com.docker.network.bridge."
    options = {
        "com.docker.network.driver.mtu": "1400", f"{bridge}enable_icc": "true", f"{bridge}enable_ip_masquerade": "1",
        f"{bridge}host_binding_ipv4": "0.0.0.0", "com.docker.network.enable_ipv6": "true",
    }  # fmt: skip
    networks = {"n": {"driver_opts": options, "labels": {"a=b": "c", "d": "e"}}}
    assert named({"network_mode": "none"}, DOCKER, networks=networks) == []
    found = ["networks.n.driver_opts.com.docker.network.enable_ipv6", "networks.n.labels"]
    assert named({"network_mode": "none"}, PODMAN, networks=networks) == found
    document = {"name": "demo", "networks": networks}
    spec = network_spec(document, "n", capabilities=PODMAN)[1]
    assert spec is not None and spec.labels == {"d": "e"}
    assert network_payload("n", spec, "podman")["Options"] == {"com.docker.network.driver.mtu": "1400"}
    for name, value in (("enable_icc", "false"), ("enable_ip_masquerade", "0"), ("host_binding_ipv4", "127.0.0.1")):
        networks = {"n": {"driver_opts": {bridge + name: value}}}
        with pytest.raises(Unsupported, match=rf"^networks\.n\.driver_opts\.{bridge}{name}: "):
            named({"network_mode": "none"}, PODMAN, networks=networks)


def test_a_name_that_podman_cannot_give_a_network_is_refused_before() -> None:
    networks = {"n": {"name": "my net"}}
    assert named({"network_mode": "none"}, DOCKER, networks=networks) == []
    with pytest.raises(Unsupported, match=r"^networks\.n\.name: "):
        named({"network_mode": "none"}, PODMAN, networks=networks)
    assert named({"network_mode": "none"}, PODMAN, networks={"n": {"name": "my net", "external": True}}) == []


def test_labels_of_volumes_that_podman_reads_otherwise_are_left_out() -> None:
    volumes = {"v": {"name": "demo_v", "labels": {"a=b": "c", "d": "e"}}}
    assert named({}, PODMAN, volumes=volumes) == ["volumes.v.labels"] and named({}, DOCKER, volumes=volumes) == []
    document = {"name": "demo", "volumes": volumes}
    for capabilities, labels in ((PODMAN, {"d": "e"}), (DOCKER, {"a=b": "c", "d": "e"}), (None, {"a=b": "c", "d": "e"})):
        spec = volume_spec(document, "v", capabilities=capabilities)[1]
        assert spec is not None and spec.labels == labels


def test_a_build_for_here_leaves_out_what_its_image_can_do_without() -> None:
    build = {"context": "/c", "platforms": ["linux/amd64", "linux/arm64"], "entitlements": ["network.host"], "labels": {"a=b": "c"},
             "network": "default", "cache_from": ["", "x"], "args": {"": "x", "A": "b"}}  # fmt: skip
    for capabilities, labels in ((DOCKER, []), (PODMAN, ["services.web.build.labels"])):
        members = ["services.web.build.platforms", "services.web.build.entitlements"]
        assert named({"build": build}, capabilities) == [*members, *labels]
        spec, _ = build_spec(project({"build": build}), "web", capabilities=capabilities)
        assert (spec.platforms, spec.platform, spec.entitlements) == ([], None, [])
        assert (spec.network, spec.cache_from, spec.args) == (None, ["x"], {"A": "b"})
        assert spec.labels == ({} if labels else {"a=b": "c"})
    spec, _ = build_spec(project({"build": build}), "web")
    assert spec.platforms == ["linux/amd64", "linux/arm64"] and spec.entitlements and spec.labels
    spec, _ = build_spec(project({"build": build, "platform": "arm64"}), "web", capabilities=DOCKER)
    assert spec.platform == "linux/arm64"


def test_a_newer_engine_honours_more() -> None:
    service = {"annotations": {"a": "b"}, "healthcheck": {"test": ["CMD", "x"], "start_interval": "1s"},
               "networks": {"default": {"gw_priority": 1, "interface_name": "e0"}},
               "volumes": [{"type": "image", "source": "bb", "target": "/d", "image": {"subpath": "a"}}]}  # fmt: skip
    assert named(service, NEWEST) == []


def test_an_engine_that_is_not_connected_warns_of_what_its_version_decides() -> None:
    assert named({"annotations": {"a": "b"}}, of_engine("docker")) == ["services.web.annotations"]


def test_only_the_services_that_are_asked_for() -> None:
    document = project({"cpu_count": 1})
    assert warnings(document, DOCKER, services=[]) == []
    assert len(warnings(document, DOCKER, services=["web"])) == 1


def test_the_words() -> None:
    (warning,) = warnings(project({"cpu_count": 1}), DOCKER, backend="docker")
    assert str(warning) == "services.web.cpu_count: docker does not fully honour it: only Windows containers have it"
