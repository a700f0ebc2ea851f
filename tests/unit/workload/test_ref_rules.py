"""References that can have no value, each with its path."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.workloads import checked, ref, refusal

AT = "WorkloadGraph.nodes.a.env.X"
ALONE = {"policy": {"noNetwork": True}}


@pytest.mark.parametrize(
    ("target", "value", "path"),
    [
        # ports
        ({"ports": ["80", "443"]}, ref("t", "endpoint"), ".port"),
        ({"ports": ["80"], "expose": ["443"]}, ref("t", "internalUrl"), ".port"),
        ({}, ref("t", "endpoint"), ".port"),
        ({"expose": ["80"]}, ref("t", "hostEndpoint"), ".port"),
        ({"expose": ["80"]}, ref("t", "hostUrl", port=80), ".port"),
        ({"ports": ["80"]}, ref("t", "hostEndpoint", port=81), ".port"),
        ({"ports": ["53/udp"]}, ref("t", "hostEndpoint", port=53), ".port"),
        ({"ports": ["80"]}, ref("t", "endpoint", port="http"), ".port"),
        ({"ports": ["80"]}, ref("t", "endpoint", port=0), ".port"),
        # members that say nothing
        ({}, ref("t", "host", port=80), ".port"),
        ({"ports": ["80"]}, ref("t", "endpoint", scheme="http"), ".scheme"),
        ({}, ref("t", "host", name="x"), ".name"),
        ({}, ref("t", "hots"), ".projection"),
        ({}, {"projection": "host"}, ".nodeId"),
        ({}, {"nodeId": "t"}, ".projection"),
        ({}, {"nodeId": "t", "projection": "host", "prt": 1}, ""),
        # jobs
        ({"kind": "service"}, ref("t", "output"), ".projection"),
        ({"kind": "service"}, ref("t", "exitCode"), ".projection"),
        ({"outputs": {"tag": {}}}, ref("t", "output", name="tga"), ".name"),
        ({}, ref("t", "output", name="stdout"), ".name"),
        ({"outputs": {"tag": {}}}, ref("t", "output", name="tag.x"), ".name"),
        ({"outputs": {"tag": {"json": True}}}, ref("t", "output", name="tag..x"), ".name"),
        # networks
        (ALONE, ref("t", "host"), ".projection"),
        ({"network": "none"}, ref("t", "ip"), ".projection"),
        ({"network": "host"}, ref("t", "host"), ".projection"),
        ({"network": "bridge"}, ref("t", "ip"), ".projection"),
        ({"networks": ["other"]}, ref("t", "host"), ".projection"),
        ({"network": "other"}, ref("t", "host"), ".projection"),
        ({"policy": {"egress": False}, "ports": ["80"]}, ref("t", "hostEndpoint"), ".projection"),
    ],
)  # fmt: skip
def test_what_can_have_no_value_is_refused(target: dict[str, Any], value: Any, path: str) -> None:
    nodes = {"t": target, "a": {"env": {"X": value}}}
    assert refusal(nodes, networks={"other": {}}).details["path"] == AT + path


@pytest.mark.parametrize("who", [ALONE, {"network": "none"}, {"network": "host"}, {"networks": ["other"]}])
def test_a_node_without_the_network_asks_for_no_address(who: dict[str, Any]) -> None:
    nodes = {"t": {"ports": ["80"]}, "a": {**who, "env": {"X": ref("t", "endpoint")}}}
    assert refusal(nodes, networks={"other": {}}).details["path"] == AT + ".projection"


def test_candidates_are_told() -> None:
    error = refusal({"t": {"ports": ["80", "53/udp"], "expose": ["443"]}, "a": {"env": {"X": ref("t", "endpoint")}}})
    assert error.details["candidates"] == ["80", "53/udp", "443"]
    error = refusal({"t": {"outputs": {"tag": {}}}, "a": {"env": {"X": ref("t", "output", name="tga")}}})
    assert (error.details["candidates"], error.details["meant"]) == (["tag"], "tag")


@pytest.mark.parametrize("projection", ["ip", "hostEndpoint", "hostUrl"])
def test_what_has_ended_has_no_address(projection: str) -> None:
    target = {"kind": "job", "ports": ["80"]}
    error = refusal({"t": target, "a": {"depends_on": ["t"], "env": {"X": ref("t", projection)}}})
    assert error.details["path"] == AT + ".projection"
    checked({"t": target, "a": {"env": {"X": ref("t", projection)}}})


@pytest.mark.parametrize(
    ("target", "who", "value"),
    [
        ({"networks": ["other", "default"]}, {}, ref("t", "host")),
        ({"networks": ["other"]}, {"network": "other"}, ref("t", "host")),
        ({"policy": {"egress": False}}, {}, ref("t", "host")),
        ({}, {"policy": {"egress": False}}, ref("t", "host")),
        ({"network": "host", "ports": ["80"]}, {}, ref("t", "hostEndpoint")),
        (ALONE, {}, ref("t", "containerId")),
        (ALONE, ALONE, ref("t", "output")),
        ({}, {}, ref("t", "endpoint", port=1234)),
        ({"outputs": {"tag": {"json": True}}}, {}, ref("t", "output", name="tag.a.0.b")),
    ],
)
def test_what_has_a_value_is_taken(target: dict[str, Any], who: dict[str, Any], value: Any) -> None:
    checked({"t": target, "a": {**who, "env": {"X": value}}}, networks={"other": {}})


def test_a_place_in_a_command_is_told() -> None:
    error = refusal({"t": {}, "a-b": {"entrypoint": ["x", {"concat": ["y", ref("t", "endpoint")]}]}})
    assert error.details["path"] == 'WorkloadGraph.nodes["a-b"].entrypoint[1].concat[1].port'
