"""What makes another container of a node, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.container_values import Attachment
from perry_ffi.workload.hashing import node_hash
from tests.support.workloads import checked, ref

PEERS: dict[str, Any] = {"db": {"ports": ["5432"]}, "job": {"kind": "job"}}


def of(node: dict[str, Any], peers: dict[str, Any] = PEERS, **more: Any) -> str:
    graph = checked({**peers, "a": node}, volumes={"data": None})
    return node_hash(graph, graph.nodes["a"], **more)


CHANGES: list[dict[str, Any]] = [
    {"image": "alpine:4"}, {"cmd": ["x"]}, {"cmd": []}, {"entrypoint": []}, {"env": {"A": "1"}}, {"labels": {"a": "b"}},
    {"ports": ["80"]}, {"expose": ["80"]}, {"volumes": ["data:/a"]}, {"memory": "1g"}, {"resources": {"cpu": 1}}, {"user": "1"},
    {"stop_timeout": 0}, {"init": False}, {"healthcheck": {"test": ["NONE"]}}, {"restart": "always"}, {"read_only": True},
    {"policy": {"tier": "hardened"}}, {"policy": {"noNetwork": True}}, {"policy": {"seccomp": True}}, {"policy": {"isolation": "gvisor"}},
    {"runtime": "crun"}, {"network": "host"}, {"kind": "job"}, {"aliases": ["x"]}, {"hostname": "h"},
    {"env": {"A": ref("db", "endpoint")}}, {"env": {"A": ref("db", "ip")}}, {"env": {"A": ref("job", "output")}},
]  # fmt: skip


def test_each_change_of_the_container_is_another_hash() -> None:
    hashes = [of({}), *map(of, CHANGES)]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    "node",
    [
        {"id": "a", "name": "a"}, {"depends_on": ["db"]}, {"retry": {"limit": 3}}, {"ready": {"log": "x"}}, {"keep": False},
        {"pull_policy": "always"}, {"policy": {"tier": "default"}}, {"policy": {"isolation": "container"}}, {"runtime": {"type": "auto"}},
        {"kind": "service"}, {"env": {}}, {"ports": []}, {"init": None},
    ],
)  # fmt: skip
def test_when_it_runs_and_what_it_is_called_is_none(node: dict[str, Any]) -> None:
    assert of(node) == of({})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"memory": "1g"}, {"resources": {"memory": 1024**3}}),
        ({"env": {"A": "1", "B": "2"}}, {"env": ["B=2", "A=1"]}),
        ({"ports": ["80", "81"]}, {"ports": [{"target": 81}, {"target": 80}]}),
        ({"env": {"A": ref("db", "endpoint")}}, {"env": {"A": {"concat": ["db:", "5432"]}}}),
        ({"env": {"A": ref("db", "hostEndpoint")}}, {"env": {"A": {"concat": [ref("db", "host_endpoint", port=5432)]}}}),
        ({"policy": {"tier": "hardened"}, "cap_add": ["CHOWN"]}, {"policy": {"tier": "hardened", "readOnlyRoot": True}}),
    ],
)
def test_two_ways_to_say_one_thing(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert of(one) == of(other)


def test_what_is_known_of_other_nodes_when_planned_counts() -> None:
    node = {"env": {"A": ref("db", "endpoint")}}
    assert of(node) != of(node, {**PEERS, "db": {"ports": ["5433"]}})
    late = {"env": {"A": ref("job", "output")}}
    assert of(late) == of(late, {**PEERS, "job": {"kind": "job", "image": "other:1"}})


def test_names_in_the_engine_count() -> None:
    node = {"volumes": ["data:/a"]}
    assert of(node, volumes={"data": "g_data"}) != of(node, volumes={"data": "h_data"}) != of(node)
    assert of({}, networks=[Attachment("g_default")]) != of({}, networks=[Attachment("g_inner")])


def test_every_member_of_a_container_is_hashed_or_said_to_be_none() -> None:
    from perry_ffi.workload import hashing

    assert ContainerSpec.model_fields.keys() >= hashing._NOT_CONFIGURATION
    assert set(hashing._members()) == ContainerSpec.model_fields.keys() - hashing._NOT_CONFIGURATION
