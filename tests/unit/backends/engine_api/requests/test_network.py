"""Networks and volumes: what is sent, and what is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perry_ffi.backends.engine_api.requests.network import network_payload, volume_payload
from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.model.base import decode, validate
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.volume import VolumeSpec

FLAVOURS = ("docker", "podman")


def network(**members: Any) -> NetworkSpec:
    return decode(NetworkSpec, json.dumps(members))


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
