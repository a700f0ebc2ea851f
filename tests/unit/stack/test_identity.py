"""Names, labels and hashes of what belongs to a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.stack import identity
from tests.unit.stack.rig import Rig, project

SERVICE: dict[str, Any] = {"image": "i", "environment": {"A": "1", "B": "2"}, "ports": [{"target": 80}]}


UNORDERED: dict[str, list[Any]] = {
    "cap_add": ["A", "B"], "expose": ["1", "2"], "tmpfs": ["/a", "/b"], "ports": [{"target": 80}, {"target": 81}],
    "volumes": [{"type": "volume", "source": "v", "target": "/v"}, {"type": "volume", "target": "/w"}],
    "configs": [{"source": "a"}, {"source": "b"}],
}  # fmt: skip


ORDERED: dict[str, list[Any]] = {"command": ["a", "b"], "dns": ["1.1.1.1", "2.2.2.2"], "volumes_from": ["a", "b"]}


def test_names() -> None:
    assert identity.container_name("p", "s", 2) == "p-s-2"
    assert identity.container_name("p", "s", 1, "own") == "own"
    assert identity.one_off_name("p", "s", "abc") == "p-s-run-abc"
    assert identity.image_name("p", "s") == "p-s"


def test_the_labels_of_docker_compose_stand_beside_ours() -> None:
    needs = {"db": {"condition": "service_healthy", "restart": True}, "a": {}}
    found = identity.container_labels("p", "s", 2, digest="d", peer_digest="e", image_id="i", depends_on=needs, transaction="t")
    for ours, theirs in (("project", "project"), ("service", "service"), ("number", "container-number")):
        assert found["perry.compose." + ours] == found["com.docker.compose." + theirs]
    assert (found["perry.compose.config-hash"], found["com.docker.compose.config-hash"]) == ("d", "e")
    assert found["com.docker.compose.depends_on"] == "a:service_started:false,db:service_healthy:true"
    assert (found["com.docker.compose.oneoff"], found["perry.compose.transaction"]) == ("False", "t")
    assert identity.read_depends_on(found[identity.DEPENDS_ON])["db"] == {
        "condition": "service_healthy", "restart": True, "required": True,
    }  # fmt: skip
    assert identity.label({"com.docker.compose.service": "s"}, identity.SERVICE) == "s"
    assert identity.read_depends_on("garbage,,a:b:c:d,:x")["a"]["condition"] == "b"


@pytest.mark.parametrize("change", [
    {"scale": 3}, {"pull_policy": "always"}, {"build": {"context": "/x"}}, {"depends_on": {"x": {}}}, {"profiles": ["x"]},
    {"develop": {"watch": []}}, {"deploy": {"replicas": 3}}, {"deploy": {"update_config": {"parallelism": 1}}},
    {"environment": {"B": "2", "A": "1"}}, {"attach": False}, {"#extensions": {"x-own": 1}}, {"deploy": {"resources": {}}},
    {"ports": [{"target": 80, "#extensions": {"x-own": 1}}]}, {"deploy": {"labels": {"a": "b"}}},
])  # fmt: skip
def test_what_does_not_change_the_hash(change: dict[str, Any]) -> None:
    assert identity.config_hash({**SERVICE, **change}) == identity.config_hash(SERVICE)


@pytest.mark.parametrize("change", [
    {"image": "j"}, {"environment": {"A": "1"}}, {"ports": [{"target": 81}]}, {"command": ["x"]}, {"labels": {"a": "b"}},
    {"deploy": {"resources": {"limits": {"memory": "1g"}}}}, {"restart": "always"}, {"stop_grace_period": "1s"},
    {"networks": {"n": {"aliases": ["a"]}}}, {"volumes": [{"type": "volume", "source": "v", "target": "/v"}]},
])  # fmt: skip
def test_what_changes_the_hash(change: dict[str, Any]) -> None:
    assert identity.config_hash({**SERVICE, **change}) != identity.config_hash(SERVICE)


@pytest.mark.parametrize("member", [*UNORDERED, *ORDERED])
def test_only_an_order_that_means_something_is_in_the_hash(member: str) -> None:
    rows = {**UNORDERED, **ORDERED}[member]
    same = identity.config_hash({member: rows}) == identity.config_hash({member: rows[::-1]})
    assert same is (member in UNORDERED)


def test_networks_and_volumes_count_by_their_names_in_the_engine() -> None:
    service = {"networks": {"n": {"aliases": ["a", "b"]}}, "volumes": [{"type": "volume", "source": "v", "target": "/v"}]}
    first = identity.config_hash(service, networks={"n": "p_n"}, volumes={"v": "p_v"})
    assert first != identity.config_hash(service, networks={"n": "p_n"}, volumes={"v": "other"})
    assert first != identity.config_hash(service, networks={"n": "other"}, volumes={"v": "p_v"})
    renamed = {"networks": {"m": {"aliases": ["b", "a"]}}, "volumes": service["volumes"]}
    assert first == identity.config_hash(renamed, networks={"m": "p_n"}, volumes={"v": "p_v"})


def test_contents_change_the_hash_and_their_order_does_not() -> None:
    one, two = ("/a", "1"), ("/b", "2")
    assert identity.config_hash(SERVICE, [one, two]) == identity.config_hash(SERVICE, [two, one])
    assert identity.config_hash(SERVICE, [one]) != identity.config_hash(SERVICE, [("/a", "2")])


def test_a_networks_hash_is_not_about_its_name() -> None:
    assert identity.resource_hash({"name": "a", "internal": True}) == identity.resource_hash({"name": "b", "internal": True})
    assert identity.resource_hash({"internal": True}) != identity.resource_hash({"internal": False})
    assert identity.resource_hash({"#extensions": {"x-own": 1}}) == identity.resource_hash({})


def test_hashes_are_those_that_containers_bear() -> None:
    """Another one would replace what every earlier version made."""
    service = {
        "image": "i:1", "command": ["serve", "--all"], "environment": {"A": "1", "B": None}, "hostname": "h", "init": True,
        "ports": [{"target": 80, "published": "8080", "protocol": "tcp", "mode": "ingress"}], "restart": "always",
        "healthcheck": {"test": ["CMD", "true"], "interval": "5s"}, "networks": {"n": {"aliases": ["a"], "priority": 1}},
        "volumes": [{"type": "volume", "source": "v", "target": "/named", "volume": {}}, {"type": "volume", "target": "/anonymous"}],
        "deploy": {"resources": {"limits": {"memory": "67108864"}}}, "stop_grace_period": "5s", "labels": {"l": "m"},
    }  # fmt: skip
    found = identity.config_hash(service, [("/run/secrets/s", "ab")], networks={"n": "p_n"}, volumes={"v": "p_v"})
    assert found == "7078096d5aef9958e9fb208e96a8677a25b27445ee366ef0c014ff0da4fd4c58"
    network = {"name": "p_n", "driver": "bridge", "ipam": {"config": [{"subnet": "10.1.0.0/24"}]}, "labels": {"a": "b"}}
    assert identity.resource_hash(network) == "aba8063cabc1ccc54f92a0f32f75a49305b01a2819516f5d2d711a4a402fb1ab"


@pytest.mark.anyio
async def test_names_as_version_1_had_them(tmp_path: Path) -> None:
    """Containers and images alike; networks and volumes always had an underscore. What is there under its old name goes on."""
    rig = Rig(tmp_path)
    wanted = project({"web": {"links": ["db"]}, "db": {}})
    with identity.with_underscores():
        await rig.up(wanted)
        assert set(rig.names()) == {"p_web_1", "p_db_1"} and identity.image_name("p", "web") == "p_web"
    assert identity.container_name("p", "web", 1) == "p-web-1"
    before = {box.id for box in rig.world.boxes.values()}
    assert (await rig.up(wanted)).idle or {box.id for box in rig.world.boxes.values()} == before
