"""From documents to graphs: what is refused, with its path, and what comes out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.errors import DependencyCycle, ValidationError
from tests.support.workloads import checked, lattice, ref, refusal

JOB = {"kind": "job"}


def test_levels_and_kinds_of_a_whole_graph() -> None:
    graph = checked(
        {
            "db": {"ports": ["5432"]},
            "migrate": {"kind": "job", "env": {"URL": ref("db", "endpoint")}, "retry": {"limit": 3}, "timeout": "2m"},
            "api": {"depends_on": ["migrate"], "ports": ["8080"]},
            "smoke": {"cmd": ["check", ref("api", "internalUrl")], "outputs": {"report": {"json": True}}},
            "undo": {"depends_on": {"smoke": {"condition": "failed"}}},
        }
    )
    assert graph.levels == (("db",), ("migrate",), ("api",), ("smoke",), ("undo",))
    assert {name: node.kind for name, node in graph.nodes.items()} == {
        "db": "service", "migrate": "job", "api": "service", "smoke": "job", "undo": "service",
    }  # fmt: skip
    assert [node.level for node in graph.nodes.values()] == [0, 1, 2, 3, 4]
    migrate = graph.nodes["migrate"]
    assert (migrate.attempts, migrate.timeout, migrate.late) == (4, 120.0, False)


def test_a_node_is_late_that_is_given_what_only_a_start_or_an_end_tells() -> None:
    graph = checked({"a": {"ports": ["80"]}, "b": {"env": {"A": ref("a", "ip")}}, "c": {"env": {"A": ref("a", "host")}}})
    assert {name: node.late for name, node in graph.nodes.items()} == {"a": False, "b": True, "c": False}


@pytest.mark.parametrize("name", ["", "Web", "web app", "-web", "_web", "ü", "a" * 129, "web\n"])
def test_a_graph_is_called_as_a_project_is(name: str) -> None:
    assert refusal({"a": {}}, name=name).details["path"] == "WorkloadGraph.name"


def test_an_empty_graph_is_one() -> None:
    assert checked({}).levels == ()


def test_a_cycle_is_told_in_its_order_and_with_its_place() -> None:
    error = refusal({"a": {"depends_on": ["b"]}, "b": {"cmd": [ref("c", "host")]}, "c": {}}, edges=[{"from": "c", "to": "a"}])
    assert isinstance(error, DependencyCycle)
    assert error.details == {"cycle": ["a", "b", "c", "a"], "path": "WorkloadGraph.nodes.a.depends_on.b"}


def test_the_place_of_a_cycle_is_a_reference_or_an_edge_as_well() -> None:
    assert (
        refusal({"a": {"cmd": [ref("b", "host")]}, "b": {"depends_on": ["a"]}}).details["path"] == "WorkloadGraph.nodes.a.cmd[0]"
    )
    rows = [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]
    assert refusal({"a": {}, "b": {}}, edges=rows).details["path"] == "WorkloadGraph.edges[0]"


def test_a_health_check_that_is_turned_off_never_passes() -> None:
    off = {"healthcheck": {"disable": True}}
    error = refusal({"db": off, "api": {"depends_on": {"db": {"condition": "healthy"}}}})
    assert error.details["path"] == "WorkloadGraph.nodes.api.depends_on.db.condition"
    error = refusal({"db": off, "api": {}}, edges=[{"from": "api", "to": "db", "condition": "service_healthy"}])
    assert error.details["path"] == "WorkloadGraph.edges[0].condition"
    checked({"db": {}, "api": {"depends_on": {"db": {"condition": "healthy"}}}})


def test_what_has_no_effect_is_warned_of() -> None:
    graph = checked(
        {
            "a": {"keep": False},
            "b": {"policy": {"egress": False}, "ports": ["80"]},
            "c": {"keep": False},
            "j": {**JOB, "depends_on": ["c"]},
        }
    )
    assert [text.partition(":")[0] for text in graph.warnings] == ["WorkloadGraph.nodes.a.keep", "WorkloadGraph.nodes.b.ports"]


def test_an_address_of_what_has_ended_is_warned_of() -> None:
    graph = checked({"j": {"kind": "job", "ports": ["80"]}, "a": {"depends_on": ["j"], "env": {"J": ref("j", "endpoint")}}})
    assert graph.warnings == ("WorkloadGraph.nodes.a: it is given an address of j, which has ended when it starts",)


def test_a_large_graph_is_whole() -> None:
    graph = checked(lattice()["nodes"])
    assert len(graph.nodes) == 500
    assert [len(wave) for wave in graph.levels] == [20] * 25


@pytest.mark.parametrize(
    "nodes",
    [None, [], 7, "", "null", "[]", '{"a": 1', {"a": None}, {"a": []}, {"a": "x"}, {"a": '"{}"'}, {"a": {"env": 3}}, {"a": {"env": {"A": [1]}}},
     {"a": {"cmd": [[1]]}}, {"a": {"depends_on": 5}}, {"a": {"depends_on": [5]}}, {"a": {"depends_on": {"b": "x"}}}, {"a\0": {}},
     {"a": {"labels": {"a\0": "b"}}}, {"a": {"env": {"A": "b\0"}}}, {"a": {"env": {"": "b"}}}, {"a": {"timeout": 1e300}}, {"a" * 100_000: {}},
     {"a": {"retry": {"limit": -1}}}, {"a": {"retry": {"limit": 10**9}}}, {"a": {"runtime": 3}}, {"a": {"runtime": {"type": "vm"}}}],
)  # fmt: skip
def test_hostile_nodes_are_refused_with_a_path(nodes: Any) -> None:
    error = refusal(nodes)
    assert isinstance(error, ValidationError)
    assert len(error.message) < 4100


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = {"concat": [value]}
    return value


@pytest.mark.parametrize("levels", [2, 50, 200])
def test_a_value_is_not_nested(levels: int) -> None:
    assert refusal({"a": {"env": {"A": deep(levels)}}}).details["path"].startswith("WorkloadGraph.nodes.a.env.A")


def test_no_error_shows_a_value() -> None:
    secret = "s3cr3t"
    for value in ({"nodeId": "b", "projection": secret}, {secret: 1}, {"concat": [{"nodeId": "b", "projection": "host", "port": secret}]},
                  {"concat": secret}, [secret], {"nodeId": "b", "projection": "internalUrl", "scheme": f"{secret} "}):  # fmt: skip
        for node in ({"env": {"A": value}}, {"cmd": [value]}):
            error = refusal({"a": node, "b": {}})
            assert secret not in str(error.to_dict())


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    """Nodes of which each says of some before it that it waits for them, in any of the three ways."""
    nodes: dict[str, Any] = {}
    edges: list[dict[str, str]] = []
    for number in range(draw(st.integers(1, 12))):
        node: dict[str, Any] = {"ports": ["80"], "depends_on": [], "cmd": []}
        for target in draw(st.lists(st.sampled_from(list(nodes)), unique=True, max_size=4)) if nodes else []:
            match draw(st.sampled_from(["depends_on", "edge", "ref", "late"])):
                case "depends_on":
                    node["depends_on"].append(target)
                case "edge":
                    edges.append({"from": f"n{number}", "to": target})
                case "ref":
                    node["cmd"].append(ref(target, "endpoint"))
                case _:
                    node["cmd"].append({"concat": ["=", ref(target, "ip")]})
        nodes[f"n{number}"] = node
    return {"nodes": dict(sorted(nodes.items(), reverse=draw(st.booleans()))), "edges": edges}


@given(graphs())
def test_every_edge_that_is_said_is_there_and_leads_down(document: dict[str, Any]) -> None:
    graph = checked(document["nodes"], edges=document["edges"])
    wanted = {(edge["from"], edge["to"]) for edge in document["edges"]}
    for name, node in document["nodes"].items():
        wanted |= {(name, target) for target in node["depends_on"]}
        wanted |= {(name, (value.get("concat") or [None, value])[1]["nodeId"]) for value in node["cmd"]}
    found = [(edge.node, edge.target) for node in graph.nodes.values() for edge in node.edges]
    assert sorted(found) == sorted(wanted)
    assert all(graph.nodes[one].level > graph.nodes[other].level for one, other in found)
    assert sorted(name for wave in graph.levels for name in wave) == sorted(document["nodes"])
    assert {name for name, node in graph.nodes.items() if node.late} == {
        name for name, node in document["nodes"].items() if any("concat" in value for value in node["cmd"])
    }
