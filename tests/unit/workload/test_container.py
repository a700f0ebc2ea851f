"""The specification of a node's container: what the node says, and what its policy takes away."""

from __future__ import annotations

from typing import Any

from perry_ffi.model.image_info import ImageDetails
from perry_ffi.model.service import ServiceSpec
from perry_ffi.workload.container import Values, container_spec
from perry_ffi.workload.isolation import Isolation
from perry_ffi.workload.placement import Placement
from tests.unit.workload.rig import graph

IMAGE = ImageDetails(id="sha256:1", size=0, created="", volumes=["/var/lib/db", "/tmp", "/cache/"])


def spec(**members: Any) -> ServiceSpec:
    wanted = graph({"a": members}, volumes={"data": {}})
    node, placement = wanted.nodes["a"], Placement(wanted)
    return container_spec(
        node, name="g-a-1", image="app@sha256:1", values=Values({"A": "1"}, ["x"]), mounts=placement.mounts(node), labels={"l": "1"},
        place=placement.of["a"], isolation=Isolation(), architecture="amd64", details=IMAGE,
    )  # fmt: skip


def test_what_a_node_says() -> None:
    found = spec(
        resources={"cpu": 0.5, "memory": "64m"}, volumes=["data:/d"], restart="always", labels={"own": "1"}, user="7", expose=["80"],
        healthcheck={"test": "true"}, aliases=["other"],
    )  # fmt: skip
    assert (found.image, found.name, found.env, found.cmd, found.pull_policy) == (
        "app@sha256:1",
        "g-a-1",
        {"A": "1"},
        ["x"],
        "never",
    )
    assert (found.cpus, found.memory, found.user, found.expose) == (0.5, 64 << 20, "7", ["80/tcp"])
    assert found.volumes[0].source == "g_data" and found.restart == ("always", 0) and found.labels == {"own": "1", "l": "1"}
    assert [(one.name, one.aliases) for one in found.networks] == [("g_default", ("a", "other"))] and found.healthcheck
    assert not found.read_only and not found.tmpfs and found.seccomp is None


def test_the_volumes_of_an_image_lie_in_memory_under_a_root_that_is_only_read() -> None:
    found = spec(policy={"readOnlyRoot": True}, volumes=["data:/var/lib/db"])
    assert found.read_only and found.tmpfs == {"/cache": "mode=1777", "/tmp": "mode=1777"}
    assert spec(policy={"readOnlyRoot": True}, tmpfs={"/cache": "size=1m"}).tmpfs["/cache"] == "size=1m"


def test_a_job_is_started_again_by_nobody_else() -> None:
    assert spec(kind="job").restart is None


def test_where_nodes_are() -> None:
    wanted = graph(
        {"a": {"networks": {"back": {"aliases": ["x"]}}}, "b": {"networks": ["back", "default"]}, "c": {"network": "host"},
         "d": {"policy": {"noNetwork": True}}, "e": {"policy": {"egress": False}, "depends_on": ["b"]}},
        networks={"back": {"name": "their-back"}},
    )  # fmt: skip
    placement = Placement(wanted)
    assert {name: (place.names, place.mode) for name, place in placement.of.items()} == {
        "a": (("their-back",), None), "b": (("their-back", "g_default", "g_inner"), None), "c": ((), "host"), "d": ((), "none"),
        "e": (("g_inner",), None),
    }  # fmt: skip
    assert placement.of["a"].attachments[0].aliases == ("a", "x") and placement.shared("b", "e") == ["g_inner"]
    assert placement.networks({"a": wanted.nodes["a"]}) == ["back"]
