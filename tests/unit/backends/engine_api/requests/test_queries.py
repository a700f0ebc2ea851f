"""Networks, volumes, builds, logs and execs: what is sent, and what is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perry_ffi.backends.engine_api.requests.network import network_payload, volume_payload
from perry_ffi.backends.engine_api.requests.queries import (
    build_query,
    build_tags,
    exec_payload,
    log_query,
)
from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.model.base import decode, validate
from perry_ffi.model.container import ExecOptions, LogOptions
from perry_ffi.model.image import BuildSpec
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.volume import VolumeSpec

FLAVOURS = ("docker", "podman")


def network(**members: Any) -> NetworkSpec:
    return decode(NetworkSpec, json.dumps(members))


def build(**members: Any) -> BuildSpec:
    return decode(BuildSpec, json.dumps(members))


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_network(flavour: str) -> None:
    spec = network(
        driver="bridge",
        driver_opts={"com.docker.network.bridge.name": "x"},
        internal=True,
        enable_ipv6=True,
        ipam={
            "driver": "default",
            "config": [{"subnet": "10.1.0.0/16", "gateway": "10.1.0.1", "ip_range": "10.1.1.0/24"}],
        },
        labels=["a=b"],
    )
    assert network_payload("n1", spec, flavour) == {  # type: ignore[arg-type]
        "Name": "n1",
        "CheckDuplicate": True,
        "Driver": "bridge",
        "Options": {"com.docker.network.bridge.name": "x"},
        "Internal": True,
        "Attachable": False,
        "EnableIPv6": True,
        "Labels": {"a": "b"},
        "IPAM": {
            "Driver": "default",
            "Config": [{"Subnet": "10.1.0.0/16", "IPRange": "10.1.1.0/24", "Gateway": "10.1.0.1"}],
        },
    }


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"attachable": True}, "NetworkSpec.attachable"),
        ({"enable_ipv4": False}, "NetworkSpec.enable_ipv4"),
        ({"driver_opts": {"mtu": 1400, "vlan": 3}}, "NetworkSpec.driver_opts.vlan"),
        ({"ipam": {"driver": "dhcp"}}, "NetworkSpec.ipam.driver"),
        ({"ipam": {"options": {"a": "b"}}}, "NetworkSpec.ipam.options"),
        ({"ipam": {"config": [{"subnet": "10.1.0.0/16", "aux_addresses": {"a": "10.1.0.5"}}]}},
            "NetworkSpec.ipam.config.aux_addresses"),
    ],
)  # fmt: skip
def test_what_podman_networks_lack(members: dict[str, Any], member: str) -> None:
    with pytest.raises(Unsupported) as caught:
        network_payload("n1", network(**members), "podman")
    assert caught.value.details["member"] == member


def test_what_docker_networks_have() -> None:
    members = {"attachable": True, "ipam": {"options": {"a": "b"}, "config": [{"subnet": "10.1.0.0/16",
        "aux_addresses": {"a": "10.1.0.5"}}]}}  # fmt: skip
    body = network_payload("n1", network(**members), "docker")
    assert body["Attachable"] is True
    assert body["IPAM"]["Options"] == {"a": "b"}
    assert body["IPAM"]["Config"] == [{"Subnet": "10.1.0.0/16", "AuxiliaryAddresses": {"a": "10.1.0.5"}}]
    assert network_payload("n1", network(enable_ipv4=False), "docker", (1, 48))["EnableIPv4"] is False
    with pytest.raises(Unsupported):
        network_payload("n1", network(enable_ipv4=False), "docker", (1, 41))


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_volume(flavour: str) -> None:
    spec = decode(VolumeSpec, '{"driver_opts":{"type":"tmpfs"},"labels":{"a":"b"}}')
    body = volume_payload("v1", spec, flavour)  # type: ignore[arg-type]
    assert body == {"Name": "v1", "Driver": "local", "DriverOpts": {"type": "tmpfs"}, "Labels": {"a": "b"}}


@pytest.mark.parametrize(
    ("driver", "options", "docker", "podman"),
    [
        ("", {"mtu": "1400"}, {"com.docker.network.driver.mtu": "1400"}, {"mtu": "1400"}),
        ("macvlan", {"com.docker.network.driver.mtu": "9"}, {"com.docker.network.driver.mtu": "9"}, {"mtu": "9"}),
        ("macvlan", {"macvlan_mode": "private", "mode": "vepa"}, {"macvlan_mode": "private"}, {"mode": "vepa"}),
        ("macvlan", {"parent": "e0", "mode": "vepa"}, {"parent": "e0", "macvlan_mode": "vepa"}, {"parent": "e0", "mode": "vepa"}),
        ("ipvlan", {"ipvlan_mode": "l3"}, {"ipvlan_mode": "l3"}, {"mode": "l3"}),
    ],
)
def test_each_engine_has_its_word_for_an_option_of_a_network(
    driver: str, options: dict[str, str], docker: dict[str, str], podman: dict[str, str]
) -> None:
    spec = validate(NetworkSpec, {"driver": driver, "driver_opts": options})
    assert network_payload("n", spec, "docker")["Options"] == docker
    assert network_payload("n", spec, "podman")["Options"] == podman


@pytest.mark.parametrize("name", ["gateway_mode_ipv4", "gateway_mode_ipv6"])
def test_a_gateway_that_an_older_docker_would_leave_as_it_is(name: str) -> None:
    option = f"com.docker.network.bridge.{name}"
    spec = validate(NetworkSpec, {"driver_opts": {option: "isolated"}})
    with pytest.raises(Unsupported, match=name):
        network_payload("n", spec, "docker", (1, 45))
    assert network_payload("n", spec, "docker", (1, 46))["Options"] == {option: "isolated"}
    assert network_payload("n", validate(NetworkSpec, {"driver_opts": {option: "nat"}}), "docker")["Options"] == {option: "nat"}


@pytest.mark.parametrize(
    ("options", "podman"),
    [
        ({"type": "tmpfs", "device": "tmpfs", "o": "size=128k,uid=33"}, "nr_blocks=32,uid=33"),
        ({"type": "tmpfs", "o": "size=4097"}, "nr_blocks=2"),
        ({"type": "tmpfs", "o": "size=1G"}, "nr_blocks=262144"),
        ({"type": "tmpfs", "o": "size=10%"}, "size=10%"),
        ({"type": "nfs", "device": ":/x", "o": "addr=10.0.0.1,rw,size=5"}, "addr=10.0.0.1,rw,size=5"),
    ],
)
def test_the_size_of_a_volume_in_memory(options: dict[str, str], podman: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Podman would take it for a quota."""
    monkeypatch.setattr("resource.getpagesize", lambda: 4096)
    spec = validate(VolumeSpec, {"driver_opts": options})
    assert volume_payload("v1", spec, "podman")["DriverOpts"] == {**options, "o": podman}
    assert volume_payload("v1", spec, "docker")["DriverOpts"] == options


def test_a_volume_whose_files_are_not_run() -> None:
    spec = validate(VolumeSpec, {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "rw,noexec"}})
    assert "noexec" in volume_payload("v1", spec, "docker")["DriverOpts"]["o"]
    with pytest.raises(Unsupported, match=r"VolumeSpec\.driver_opts\.o"):
        volume_payload("v1", spec, "podman")


@pytest.mark.parametrize("name", ["", "../x", "-v", "a/b", "a?b", "a\0"])
def test_names_of_volumes_and_of_podmans_networks_are_checked(name: str) -> None:
    with pytest.raises(ValidationError):
        network_payload(name, NetworkSpec(), "podman")
    with pytest.raises(ValidationError):
        volume_payload(name, VolumeSpec(), "docker")


@pytest.mark.parametrize(("name", "good"), [
    ("a", True), ("a b", True), ("../x", True), ("-v", True), ("ü?b#c", True), ("", False), (" ", False), ("a\0", False),
    ("a\nb", False), ("container:db", False),
])  # fmt: skip
def test_docker_names_networks_as_people_like(name: str, good: bool) -> None:
    if good:
        assert network_payload(name, NetworkSpec(), "docker")["Name"] == name
        return
    with pytest.raises(ValidationError):
        network_payload(name, NetworkSpec(), "docker")


@pytest.mark.parametrize("bad", [{"ipam": {"config": [{"subnet": "10.1.0.0"}]}}, {"ipam": {"config": [{"x": 1}]}},
    {"ipam": []}, {"external": True}])  # fmt: skip
def test_bad_networks(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"^NetworkSpec\."):
        network(**bad)


def test_a_build() -> None:
    spec = build(
        context="/c", dockerfile="D", args={"A": "b"}, target="t", labels={"l": "m"}, network="host", tags=["x:1",
            "x:2"],
        no_cache=True, pull=True, platform="linux/arm64", cache_from=["c"], extra_hosts=["h:1.1.1.1", "i:::1"],
        shm_size="1m", ulimits={"nofile": 5},
    )  # fmt: skip
    assert build_query(spec, "x:1", "docker") == {
        "rm": "1", "forcerm": "1", "t": "x:1", "target": "t", "networkmode": "host",
        "platform": "linux/arm64", "extrahosts": ("h:1.1.1.1", "i:::1"), "shmsize": "1048576", "nocache": "1", "pull": "1",
        "buildargs": '{"A":"b"}', "labels": '{"l":"m"}', "cachefrom": '["c"]',
        "ulimits": '[{"Name":"nofile","Soft":5,"Hard":5}]',
    }  # fmt: skip
    podman = build_query(spec, "x:1", "podman")
    assert podman["extrahosts"] == '["h:1.1.1.1","i:::1"]'
    assert podman["ulimits"] == '["nofile=5:5"]'
    assert podman["labels"] == '["l=m"]'
    assert build_tags(spec, "x:1") == ["x:2"]
    assert build_tags(spec, None) == ["x:2"]
    assert build_query(spec, None, "docker")["t"] == "x:1"
    assert build_tags(spec, "y") == ["x:1", "x:2"]


def test_a_bare_build() -> None:
    assert build_query(build(), None, "podman") == {"rm": "1", "forcerm": "1"}


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    "members",
    [
        {"cache_to": ["c"]}, {"platforms": ["linux/arm64"]}, {"entitlements": ["e"]}, {"privileged": True}, {"isolation": "process"},
    ],
)  # fmt: skip
def test_what_no_build_api_knows_is_refused(flavour: str, members: dict[str, Any]) -> None:
    with pytest.raises(Unsupported) as caught:
        build_query(build(**members), None, flavour)  # type: ignore[arg-type]
    assert caught.value.details["member"] == f"BuildSpec.{next(iter(members))}"


def test_podman_takes_no_ssh_agent() -> None:
    with pytest.raises(Unsupported, match=r"^BuildSpec\.ssh"):
        build_query(build(ssh=["default"]), None, "podman")


@pytest.mark.parametrize("network", ["none", "bridge", "default", "n1"])
def test_podman_is_not_asked_for_a_network_that_it_would_not_use(network: str) -> None:
    with pytest.raises(Unsupported, match=r"^BuildSpec\.network"):
        build_query(build(network=network), None, "podman")
    assert build_query(build(network=network), None, "docker")["networkmode"] == network


def test_two_dockerfiles_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"^BuildSpec\.dockerfile_inline"):
        build(dockerfile="D", dockerfile_inline="FROM scratch")


def test_logs() -> None:
    plain = {"stdout": "1", "stderr": "1", "follow": "0", "timestamps": "0", "tail": "all"}
    assert log_query(decode(LogOptions, "{}"), 0, follow=False) == plain
    assert log_query(decode(LogOptions, '{"tail":-1}'), 0, follow=False) == plain
    options = decode(LogOptions, '{"tail":0,"since":"10s","until":"1970-01-01T00:01:00Z","timestamps":true}')
    assert log_query(options, 15 * 10**9, follow=True) == {
        "stdout": "1", "stderr": "1", "follow": "1", "timestamps": "1", "tail": "0",
        "since": "5.000000000", "until": "60.000000000",
    }  # fmt: skip


def test_an_exec() -> None:
    body = exec_payload(["-c", ""], decode(ExecOptions, '{"env":{"A":"-b"},"workdir":"/w","user":"1","stdin":""}'))
    assert body == {
        "Cmd": ["-c", ""], "AttachStdin": True, "AttachStdout": True, "AttachStderr": True, "Tty": False,
        "Env": ["A=-b"], "WorkingDir": "/w", "User": "1",
    }  # fmt: skip
    assert exec_payload(["a"], ExecOptions())["AttachStdin"] is False
