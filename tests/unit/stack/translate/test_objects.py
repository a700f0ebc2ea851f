"""Networks and volumes of a project."""

from __future__ import annotations

import pytest

from perry_ffi.backends.declared import of_engine
from perry_ffi.errors import ValidationError
from perry_ffi.model.network import Ipam, NetworkSpec, Subnet
from perry_ffi.model.volume import VolumeSpec
from perry_ffi.stack.translate.objects import network_spec, volume_spec

NETWORK = {
    "name": "demo_n", "driver": "bridge", "driver_opts": {"a": "1"}, "internal": True, "attachable": True,
    "enable_ipv6": True, "enable_ipv4": False, "labels": {"own": "x", "both": "own"},
    "ipam": {"driver": "default", "options": {"o": "1"}, "config": [
        {"subnet": "10.9.0.0/16", "ip_range": "10.9.1.0/24", "gateway": "10.9.0.1", "aux_addresses": {"h": "10.9.0.9"}}]},
}  # fmt: skip


def test_a_network() -> None:
    name, spec = network_spec({"name": "demo", "networks": {"n": NETWORK}}, "n", {"both": "ours"})
    assert name == "demo_n" and spec is not None
    assert spec == NetworkSpec(
        driver="bridge", driver_opts={"a": "1"}, internal=True, attachable=True, enable_ipv4=False, enable_ipv6=True,
        labels={"own": "x", "both": "ours"},
        ipam=Ipam("default", (Subnet("10.9.0.0/16", "10.9.1.0/24", "10.9.0.1", {"h": "10.9.0.9"}),), {"o": "1"}),
    )  # fmt: skip


def test_a_network_less_what_the_engine_lacks() -> None:
    project = {"name": "demo", "networks": {"n": NETWORK}}
    spec = network_spec(project, "n", capabilities=of_engine("podman", (1, 41)))[1]
    assert spec is not None and spec.ipam is not None
    assert (spec.attachable, spec.enable_ipv4, spec.ipam.options) == (False, None, {})
    assert spec.ipam.config == (Subnet("10.9.0.0/16", "10.9.1.0/24", "10.9.0.1"),)
    docker = network_spec(project, "n", capabilities=of_engine("docker", (1, 41)))[1]
    assert docker is not None and docker.ipam is not None
    assert (docker.attachable, docker.enable_ipv4, docker.ipam.options) == (True, None, {"o": "1"})


def test_the_default_network_of_a_canonical_document() -> None:
    assert network_spec({"name": "demo", "networks": {"default": {"name": "demo_default", "ipam": {}}}}, "default") == (
        "demo_default", NetworkSpec(),
    )  # fmt: skip


def test_external_objects_have_no_spec() -> None:
    project = {"name": "demo", "networks": {"nn": {"external": True}, "m": {"name": "real", "external": True}},
               "volumes": {"v": {"external": True, "name": "there"}}}  # fmt: skip
    assert network_spec(project, "nn") == ("nn", None)
    assert network_spec(project, "m") == ("real", None)
    assert volume_spec(project, "v") == ("there", None)


def test_a_volume() -> None:
    project = {
        "name": "demo",
        "volumes": {"v": {"driver": "local", "driver_opts": {"size": 1}, "labels": {"a": "b"}}, "w": None},
    }
    assert volume_spec(project, "v", {"l": "1"}) == (
        "demo_v", VolumeSpec(driver="local", driver_opts={"size": "1"}, labels={"a": "b", "l": "1"}),
    )  # fmt: skip
    assert volume_spec(project, "w") == ("demo_w", VolumeSpec())
    with pytest.raises(ValidationError, match=r"volumes\.gone"):
        volume_spec(project, "gone")


@pytest.mark.parametrize("name", ["../x", "-x", "a/b", "a\nb", "a\0b"])
def test_a_hostile_name_of_an_object_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=r"volumes\.v\.name"):
        volume_spec({"name": "demo", "volumes": {"v": {"name": name}}}, "v")
