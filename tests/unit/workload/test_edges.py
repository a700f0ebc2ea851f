"""What nodes wait for, whoever says so."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.workload.graph import Edge
from tests.support.workloads import checked, ref, refusal


def edges(of: str, nodes: dict[str, Any], **more: Any) -> tuple[Edge, ...]:
    return checked(nodes, **more).nodes[of].edges


def test_the_default_is_ready_of_a_service_and_succeeded_of_a_job() -> None:
    nodes = {"s": {}, "j": {"kind": "job"}, "a": {"depends_on": ["s", "j"]}}
    assert edges("a", nodes) == (Edge("a", "s", "ready"), Edge("a", "j", "succeeded"))


@pytest.mark.parametrize(
    ("target", "condition", "kind"),
    [
        ({}, "completed", "job"), ({}, "succeeded", "job"), ({}, "service_completed_successfully", "job"),
        ({}, "failed", "job"),
        ({"restart": "always"}, "failed", "service"), ({"keep": False}, "failed", "service"),
        ({"healthcheck": {"test": ["CMD", "x"]}}, "failed", "service"), ({"ready": {"log": "x"}}, "failed", "service"),
        ({}, "ready", "service"), ({}, None, "service"), ({"outputs": {"x": {}}}, None, "job"), ({"kind": "job"}, "started", "job"),
        ({"kind": "service"}, "failed", "service"),
    ],
)  # fmt: skip
def test_a_node_is_a_job_if_it_says_so_or_somebody_waits_for_its_end(
    target: dict[str, Any], condition: str | None, kind: str
) -> None:
    graph = checked({"t": target, "a": {"depends_on": {"t": {"condition": condition}}}})
    assert graph.nodes["t"].kind == kind


def test_a_failure_is_a_services_where_others_need_it_to_run() -> None:
    alarm = {"depends_on": {"t": {"condition": "failed"}}}
    for user in (
        {"env": {"T": ref("t", "host")}},
        {"depends_on": {"t": {"condition": "ready"}}},
        {"env": {"T": ref("t", "hostEndpoint")}},
    ):
        assert checked({"t": {"ports": ["80"]}, "alarm": alarm, "user": user}).nodes["t"].kind == "service"
    graph = checked({"t": {}, "alarm": alarm, "next": {"depends_on": ["t"]}})
    assert (graph.nodes["t"].kind, graph.nodes["next"].edges[0].condition) == ("job", "succeeded")


@pytest.mark.parametrize("projection", ["output", "exitCode"])
def test_a_node_is_a_job_whose_output_or_code_is_read(projection: str) -> None:
    graph = checked({"t": {}, "a": {"env": {"T": ref("t", projection)}}})
    assert graph.nodes["t"].kind == "job"


@pytest.mark.parametrize(
    ("projection", "condition"),
    [
        ("host", "ready"), ("endpoint", "ready"), ("internalUrl", "ready"), ("ip", "ready"), ("hostEndpoint", "ready"),
        ("hostUrl", "ready"), ("containerId", "started"), ("containerName", "started"), ("output", "succeeded"),
        ("exitCode", "completed"),
    ],
)  # fmt: skip
def test_a_reference_is_an_edge(projection: str, condition: str) -> None:
    (edge,) = edges("a", {"t": {"ports": ["80"]}, "a": {"cmd": [ref("t", projection)]}})
    assert (edge.condition, edge.required, edge.origin) == (condition, True, ("ref",))


def test_an_address_of_a_job_is_there_when_it_has_started() -> None:
    (edge,) = edges("a", {"t": {"kind": "job", "ports": ["80"]}, "a": {"cmd": [ref("t", "endpoint")]}})
    assert edge.condition == "started"


@pytest.mark.parametrize(
    ("one", "other", "strongest"),
    [("started", "ready", "ready"), ("ready", "healthy", "healthy"), ("started", "healthy", "healthy"), ("succeeded", "completed", "succeeded"),
     ("started", "completed", "completed"), ("started", "failed", "failed"), ("completed", "failed", "failed")],
)  # fmt: skip
def test_the_stronger_of_two_conditions_holds(one: str, other: str, strongest: str) -> None:
    for first, second in ((one, other), (other, one)):
        nodes = {"t": {}, "a": {"depends_on": {"t": {"condition": first}}}}
        (edge,) = edges("a", nodes, edges=[{"from": "a", "to": "t", "condition": second}])
        assert (edge.condition, edge.origin) == (strongest, ("depends_on", "edge"))


@pytest.mark.parametrize("other", ["succeeded", "ready", "healthy"])
def test_conditions_that_never_hold_together_are_refused(other: str) -> None:
    nodes = {"t": {}, "a": {"depends_on": {"t": {"condition": "failed"}}}}
    error = refusal(nodes, edges=[{"from": "a", "to": "t", "condition": other}])
    assert error.details["path"] == "WorkloadGraph.nodes.a.depends_on.t"


def test_what_failed_gives_no_output_but_a_code() -> None:
    nodes = {"t": {}, "a": {"depends_on": {"t": {"condition": "failed"}}, "env": {"T": ref("t", "exitCode")}}}
    assert edges("a", nodes)[0].condition == "failed"
    refusal({**nodes, "a": {**nodes["a"], "env": {"T": ref("t", "output")}}})


def test_an_edge_is_required_if_one_source_says_so_or_its_value_is_late() -> None:
    optional = {"t": {"required": False}}
    assert not edges("a", {"t": {}, "a": {"depends_on": optional}})[0].required
    assert not edges("a", {"t": {}, "a": {"depends_on": optional, "cmd": [ref("t", "host")]}})[0].required
    assert edges("a", {"t": {}, "a": {"depends_on": optional, "cmd": [ref("t", "ip")]}})[0].required
    assert edges("a", {"t": {}, "a": {"depends_on": optional}}, edges=[{"from": "a", "to": "t"}])[0].required


@pytest.mark.parametrize(
    ("nodes", "more", "path"),
    [
        ({"a": {"depends_on": ["dbs"]}, "db": {}}, {}, "WorkloadGraph.nodes.a.depends_on.dbs"),
        ({"a": {}, "db": {}}, {"edges": [{"from": "a", "to": "dbs"}]}, "WorkloadGraph.edges[0].to"),
        ({"a": {}, "db": {}}, {"edges": [{"from": "dbs", "to": "a"}]}, "WorkloadGraph.edges[0].from"),
        ({"a": {"env": {"X": ref("dbs", "host")}}, "db": {}}, {}, "WorkloadGraph.nodes.a.env.X.nodeId"),
        (
            {"a": {"cmd": ["x", {"concat": ["y", ref("dbs", "host")]}]}, "db": {}},
            {},
            "WorkloadGraph.nodes.a.cmd[1].concat[1].nodeId",
        ),
    ],
)
def test_a_node_that_is_not_there_is_told_with_the_one_that_is_meant(
    nodes: dict[str, Any], more: dict[str, Any], path: str
) -> None:
    error = refusal(nodes, **more)
    assert (error.details["path"], error.details["meant"], error.details["candidates"]) == (path, "db", ["a", "db"])
    assert "is 'db' meant?" in error.message


@pytest.mark.parametrize(
    ("nodes", "more", "path"),
    [
        ({"a": {"depends_on": ["a"]}}, {}, "WorkloadGraph.nodes.a.depends_on.a"),
        ({"a": {"env": {"X": ref("a", "host")}}}, {}, "WorkloadGraph.nodes.a.env.X"),
        ({"a": {}}, {"edges": [{"from": "a", "to": "a"}]}, "WorkloadGraph.edges[0]"),
        ({"a": {"depends_on": {"j": {"condition": "ready"}}}, "j": {"kind": "job"}}, {}, "WorkloadGraph.nodes.a.depends_on.j.condition"),
        ({"a": {"depends_on": {"j": {"condition": "healthy"}}}, "j": {"kind": "job"}}, {}, "WorkloadGraph.nodes.a.depends_on.j.condition"),
        ({"a": {}, "s": {"kind": "service"}}, {"edges": [{"from": "a", "to": "s", "condition": "succeeded"}]}, "WorkloadGraph.edges[0].condition"),
        ({"a": {}, "s": {"kind": "service"}}, {"edges": [{"from": "a", "to": "s", "condition": "completed"}]}, "WorkloadGraph.edges[0].condition"),
    ],
)  # fmt: skip
def test_what_can_never_hold_is_refused(nodes: dict[str, Any], more: dict[str, Any], path: str) -> None:
    assert refusal(nodes, **more).details["path"] == path
