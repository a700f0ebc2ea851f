"""What programs say of workload graphs: every spelling that was in circulation, and what is no graph."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.errors import ContainerError, ValidationError
from perry_ffi.model.base import decode, encode, validate
from perry_ffi.model.workload import GraphLogOptions, RunGraphOptions, WaitGraphOptions, WorkloadGraph, WorkloadNode
from perry_ffi.model.workload_values import Ref, Text
from perry_ffi.workload.check import check
from perry_ffi.workload.graph import Graph

WRITTEN: dict[str, Any] = {
    "name": "app",
    "nodes": {
        "db": {"image": "postgres:16", "ports": ["5432"], "healthcheck": {"test": ["CMD", "pg_isready"]}},
        "seed": {"image": "seed:1", "depends_on": {"db": {"condition": "healthy"}}},
        "api": {
            "image": "api:1",
            "cmd": ["serve"],
            "env": {"DB": {"nodeId": "db", "projection": "internalUrl", "port": 5432}},
            "depends_on": {"db": {}, "seed": {"condition": "succeeded"}},
            "resources": {"cpu": 0.5, "memory": "64m"},
            "runtime": {"type": "microVm"},
            "policy": {"tier": "default", "noNetwork": False, "readOnlyRoot": True, "isolation": "microvm"},
        },
    },
}


def changed(node: str, **members: Any) -> dict[str, Any]:
    """The document with members of a node in another spelling; None takes one out."""
    nodes = {**WRITTEN["nodes"], node: {**WRITTEN["nodes"][node], **members}}
    nodes[node] = {name: value for name, value in nodes[node].items() if value is not None}
    return {**WRITTEN, "nodes": nodes}


def as_text(*names: str) -> dict[str, Any]:
    return {**WRITTEN, "nodes": {name: json.dumps(row) if name in names else row for name, row in WRITTEN["nodes"].items()}}


def without(graph: dict[str, Any], node: str, *targets: str, **more: Any) -> dict[str, Any]:
    """Edges of ``edges`` in place of those of ``depends_on``."""
    left = {name: row for name, row in graph["nodes"][node]["depends_on"].items() if name not in targets}
    return {**changed(node, depends_on=left), **more}


def ref(**members: Any) -> dict[str, Any]:
    return changed("api", env={"DB": {"nodeId": "db", "projection": "internalUrl", "port": 5432, **members}})


SPELLINGS: dict[str, dict[str, Any]] = {
    "each node a JSON text": as_text("db", "seed", "api"),
    "some nodes JSON texts": as_text("api"),
    "all nodes one JSON text": {**WRITTEN, "nodes": json.dumps(WRITTEN["nodes"])},
    "texts in a text": {**WRITTEN, "nodes": json.dumps(as_text("db")["nodes"])},
    "no edges, networks and volumes": {**WRITTEN, "edges": [], "networks": {}, "volumes": {}},
    "null is absent": {**changed("db", env=None), "edges": None, "networks": None, "volumes": None},
    "id and name": changed("db", id="db", name="db"),
    "what Perry requires": changed("seed", id="seed", name="seed", ports=[], env={}, runtime={"type": "auto"}, policy={"tier": "default"}),
    "dependsOn": changed("api", depends_on=None, dependsOn=WRITTEN["nodes"]["api"]["depends_on"]),
    "a null dependency": changed("api", depends_on={"db": None, "seed": {"condition": "succeeded", "required": None}}),
    "a list, and the end in an edge": {
        **changed("api", depends_on=["db", "seed"]), "edges": [{"from": "api", "to": "seed", "condition": "succeeded"}],
    },
    "service_ words": changed("api", depends_on={"db": {}, "seed": {"condition": "service_completed_successfully"}}),
    "service_healthy": changed("seed", depends_on={"db": {"condition": "service_healthy"}}),
    "conditions in capitals": changed("seed", depends_on={"db": {"condition": "Healthy"}}),
    "an edge": without(WRITTEN, "seed", "db", edges=[{"from": "seed", "to": "db", "condition": "healthy"}]),
    "an edge by its other names": without(WRITTEN, "seed", "db", edges=[{"source": "seed", "target": "db", "condition": "healthy"}]),
    "internal_url": ref(projection="internal_url"),
    "internal-url": ref(projection="internal-url"),
    "a port as text": ref(port="5432"),
    "a port with its protocol": ref(port="5432/tcp"),
    "no port": ref(port=None),
    "the scheme that is meant": ref(scheme="http"),
    "node_id": changed("api", env={"DB": {"node_id": "db", "projection": "internalUrl"}}),
    "a concat of a reference": changed("api", env={"DB": {"concat": [WRITTEN["nodes"]["api"]["env"]["DB"]]}}),
    "a concat with empty text": changed("api", env={"DB": {"concat": ["", WRITTEN["nodes"]["api"]["env"]["DB"], ""]}}),
    "microvm": changed("api", runtime={"type": "microvm"}),
    "micro-vm": changed("api", runtime={"type": "micro-vm"}),
    "micro_vm": changed("api", runtime={"type": "micro_vm", "config": {"any": [1]}}),
    "snake flags": changed("api", policy={"read_only_root": True, "no_network": False, "isolation": "microVm"}),
    "a tier in capitals": changed("api", policy={"tier": "DEFAULT", "readOnlyRoot": True, "isolation": "micro-vm"}),
    "resources as text": changed("api", resources={"cpu": "0.5", "memory": 64 * 1024 * 1024}),
    "limits of a container": changed("api", resources=None, cpus=0.5, memory="64m"),
}  # fmt: skip


def graph(document: dict[str, Any]) -> Graph:
    return check(decode(WorkloadGraph, json.dumps(document)))


def told(document: dict[str, Any]) -> Any:
    """What a graph is, whatever it was written like."""
    from perry_ffi.workload import refs
    from perry_ffi.workload.hashing import node_hash

    found = graph(document)
    return {
        name: (
            node.kind, node.level, node.enforcement, node_hash(found, node), sorted((edge.target, edge.condition) for edge in node.edges),
            [refs.static(found, value) for _, value in refs.values(node.spec)],
        )
        for name, node in found.nodes.items()
    }  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_the_same_graph(spelling: str) -> None:
    assert told(SPELLINGS[spelling]) == told(WRITTEN)


def test_the_least_of_a_graph() -> None:
    found = graph({"name": "app", "nodes": {"db": {"image": "x"}}})
    assert list(found.nodes) == ["db"]
    with pytest.raises(ValidationError) as refused:
        decode(WorkloadGraph, None)
    assert refused.value.details["path"] == "WorkloadGraph"


# -- options ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "meant"),
    [("sequential", "sequential"), ("maxParallel", "maxParallel"), ("max-parallel", "maxParallel"), ("max_parallel", "maxParallel"),
     ("dependencyAware", "dependencyAware"), ("dependency-aware", "dependencyAware"), ("parallelSafe", "parallelSafe"),
     ("parallel-safe", "parallelSafe"), ("PARALLEL_SAFE", "parallelSafe")],
)  # fmt: skip
def test_words_for_strategies(word: str, meant: str) -> None:
    assert decode(RunGraphOptions, json.dumps({"strategy": word})).strategy == meant


@pytest.mark.parametrize("member", ["onFailure", "on_failure"])
@pytest.mark.parametrize(
    ("word", "meant"),
    [("rollbackAll", "rollbackAll"), ("rollback-all", "rollbackAll"), ("rollback_all", "rollbackAll"), ("haltGraph", "haltGraph"),
     ("halt-graph", "haltGraph"), ("partialContinue", "partialContinue"), ("partial-continue", "partialContinue")],
)  # fmt: skip
def test_words_for_failures(member: str, word: str, meant: str) -> None:
    assert decode(RunGraphOptions, json.dumps({member: word})).on_failure == meant


@pytest.mark.parametrize("text", [None, "", "null", "undefined", "{}"])
def test_the_documented_call_needs_no_options(text: str | None) -> None:
    found = decode(RunGraphOptions, text)
    assert (found.strategy, found.on_failure, found.until, found.resume) == ("dependencyAware", "rollbackAll", "settled", False)


@pytest.mark.parametrize(
    ("model", "options", "path"),
    [
        (RunGraphOptions, {"strategy": "fast"}, "strategy"),
        (RunGraphOptions, {"parallel": 0}, "parallel"),
        (RunGraphOptions, {"parallel": 10_001}, "parallel"),
        (RunGraphOptions, {"timeout": "x"}, "timeout"),
        (RunGraphOptions, {"only": "db"}, "only"),
        (RunGraphOptions, {"only": [3]}, "only[0]"),
        (RunGraphOptions, {"until": "done"}, "until"),
        (RunGraphOptions, {"resume": 1}, "resume"),
        (RunGraphOptions, {"onfailure": "haltGraph"}, "onfailure"),
        (WaitGraphOptions, {"timeout": -1}, "timeout"),
        (GraphLogOptions, {"nodes": ["a", None]}, "nodes[1]"),
        (GraphLogOptions, {"tail": "x"}, "tail"),
    ],
)
def test_other_options_are_refused(model: Any, options: Any, path: str) -> None:
    with pytest.raises(ValidationError) as refused:
        decode(model, json.dumps(options))
    assert refused.value.details["path"] == f"{model.__name__}.{path}"


# -- what is no graph ---------------------------------------------------------------------------------


def refusal(nodes: Any, **more: Any) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        decode(WorkloadGraph, json.dumps({"name": "app", "nodes": nodes, **more}))
    return refused.value


@pytest.mark.parametrize(
    ("node", "path", "meant"),
    [
        ({"imgae": "x"}, "imgae", "image"),
        ({"dependson": []}, "dependson", "depends_on"),
        ({"policy": {"noNetwrk": True}}, "policy.noNetwrk", "noNetwork"),
        ({"retry": {"limit": 1, "maxdelay": 3}}, "retry.maxdelay", "maxDelay"),
        ({"resources": {"mem": 1}}, "resources.mem", None),
        ({"resources": {"memroy": 1}}, "resources.memroy", "memory"),
        ({"outputs": {"tag": {"sensitve": True}}}, "outputs.tag.sensitve", "sensitive"),
        ({"depends_on": {"db": {"conditon": "ready"}}}, "depends_on.db.conditon", "condition"),
        ({"runtime": {"typ": "oci"}}, "runtime.typ", "type"),
        ({"ready": {"lgo": "x"}}, "ready.lgo", "log"),
    ],
)
def test_a_member_that_is_not_known_is_told_with_the_one_that_is_meant(node: Any, path: str, meant: str | None) -> None:
    error = refusal({"a": {"image": "x", **node}})
    assert error.details["path"] == f"WorkloadGraph.nodes.a.{path}"
    assert (f"is {meant!r} meant?" in error.message) == (meant is not None)
    written = refusal({"a": json.dumps({"image": "x", **node})})
    assert written.details["path"] == error.details["path"]


def test_members_of_the_graph_and_of_edges() -> None:
    error = refusal({}, egdes=[])
    assert "is 'edges' meant?" in error.message
    assert refusal({}, edges=[{"from": "a", "to": "b", "conditon": "x"}]).details["path"] == "WorkloadGraph.edges[0].conditon"
    assert refusal({}, edges=[{"from": "a"}]).details["path"] == "WorkloadGraph.edges[0].to"


@pytest.mark.parametrize(
    ("node", "path"),
    [
        ({"image": 3}, "image"),
        ({"kind": "cron"}, "kind"),
        ({"depends_on": {"b": {"condition": "done"}}}, "depends_on.b.condition"),
        ({"depends_on": [], "dependsOn": []}, "dependsOn"),
        ({"env": {"A": {"concat": "x"}}}, "env.A.concat"),
        ({"env": {"A": {"concat": [None]}}}, "env.A.concat[0]"),
        ({"env": {"A": {"concat": [], "x": 1}}}, "env.A"),
        ({"env": {"A=B": {"concat": []}}}, "env.(name)"),
        ({"cmd": "sh -c x"}, "cmd"),
        ({"cmd": [{"nodeId": "b"}]}, "cmd[0].projection"),
        ({"entrypoint": "x"}, "entrypoint"),
        ({"expose": ["x"]}, "expose[0]"),
        ({"expose": ["70000"]}, "expose[0]"),
        ({"runtime": "wasm"}, "runtime"),
        ({"runtime": "microvm"}, "runtime"),
        ({"runtime": ""}, "runtime"),
        ({"policy": {"tier": "paranoid"}}, "policy.tier"),
        ({"policy": {"isolation": "vm"}}, "policy.isolation"),
        ({"policy": {"noNetwork": "yes"}}, "policy.noNetwork"),
        ({"policy": "hardened"}, "policy"),
        ({"resources": {"cpu": 0}}, "resources.cpu"),
        ({"resources": {"memory": "much"}}, "resources.memory"),
        ({"retry": {}}, "retry.limit"),
        ({"retry": {"limit": 1001}}, "retry.limit"),
        ({"retry": {"limit": 1, "factor": 0.5}}, "retry.factor"),
        ({"retry": {"limit": 1, "jitter": 2}}, "retry.jitter"),
        ({"retry": {"limit": 1, "exitCodes": [256]}}, "retry.exitCodes[0]"),
        ({"retry": {"limit": 1, "delay": "soon"}}, "retry.delay"),
        ({"outputs": {"x": {"from": "stderr"}}}, "outputs.x.from"),
        ({"outputs": {"x": {"from": "file", "path": "x"}}}, "outputs.x.path"),
        ({"outputs": ["x"]}, "outputs"),
        ({"aliases": ["x"], "network": "host"}, "aliases"),
        ({"networks": ["a"], "network": "b"}, "network"),
    ],
)
def test_values_that_are_none(node: Any, path: str) -> None:
    assert refusal({"a": {"image": "x", **node}}).details["path"] == f"WorkloadGraph.nodes.a.{path}"


@pytest.mark.parametrize(
    ("nodes", "path"),
    [
        ("{", "WorkloadGraph.nodes"),
        ('"x"', "WorkloadGraph.nodes"),
        ("", "WorkloadGraph.nodes"),
        ('{"a": {"image": NaN}}', "WorkloadGraph.nodes"),
        ({"a": "{"}, "WorkloadGraph.nodes.a"),
        ({"a": '{"image": "x\\u0000"}'}, "WorkloadGraph.nodes.a.image"),
        ({"a": '{"image": "\\ud800"}'}, "WorkloadGraph.nodes.a.image"),
        ({"a": "[" * 100_000}, "WorkloadGraph.nodes.a"),
        ({"a": json.dumps(json.dumps({"image": "x"}))}, "WorkloadGraph.nodes.a"),
        ({"b-c": "[]"}, 'WorkloadGraph.nodes["b-c"]'),
    ],
)
def test_texts_that_hold_no_nodes(nodes: Any, path: str) -> None:
    assert refusal(nodes).details["path"] == path


def test_a_graph_is_bounded_before_its_nodes_are_read() -> None:
    error = refusal({str(number): 3 for number in range(10_001)})
    assert (error.details["path"], error.details["expected"]) == ("WorkloadGraph.nodes", "at most 10,000 nodes")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = sorted({*WorkloadNode.model_fields, "dependsOn"})


@given(
    st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4),
    st.dictionaries(st.sampled_from(["edges", "networks", "volumes", "name"]), JSON),
)
def test_any_json_is_a_graph_or_is_refused_with_a_path(node: dict[str, Any], more: dict[str, Any]) -> None:
    document = {"name": "app", "nodes": {"a": {"image": "x", **node}, "b": {"image": "y"}}, **more}
    try:
        check(decode(WorkloadGraph, encode(document)))
    except ContainerError as error:
        assert error.kind in ("ValidationError", "DependencyCycle")
        assert str(error.details["path"]).startswith("WorkloadGraph")


@pytest.mark.parametrize(
    ("member", "value"),
    list(
        product(
            ["id", "kind", "env", "cmd", "runtime", "policy", "depends_on", "outputs", "image"],
            ["\0", "\ud800", b"x", object(), {1: 2}, [object()]],
        )
    ),
)  # fmt: skip
def test_a_python_host_may_hand_over_anything(member: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        check(validate(WorkloadGraph, {"name": "app", "nodes": {"a": {"image": "x", member: value}}}))
    assert refused.value.details["path"].startswith("WorkloadGraph.nodes.a")
    refused.value.message.encode()


def test_a_value_survives_a_second_reading() -> None:
    """A model may be validated again by whoever gets it."""
    once = decode(WorkloadGraph, json.dumps(WRITTEN))
    again = validate(WorkloadGraph, {"name": "app", "nodes": {name: dict(node) for name, node in once.nodes.items()}})
    assert again.nodes["api"].env == once.nodes["api"].env == {"DB": Text((Ref("db", "internalUrl", "5432"),))}
    assert check(again).levels == check(once).levels


def test_a_volume_of_a_node_goes_by_its_key() -> None:
    """One letter is enough for a key; an engine's name has two."""
    for written in ("v:/data", {"type": "volume", "source": "v", "target": "/data"}):
        node = validate(WorkloadNode, {"image": "i", "volumes": [written]})
        assert [(mount.type, mount.source, mount.target) for mount in node.volumes] == [("volume", "v", "/data")]
    with pytest.raises(ValidationError, match=r"volumes\[0\]"):
        validate(WorkloadNode, {"image": "i", "volumes": ["-v:/data"]})
