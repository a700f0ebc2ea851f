"""What the labels of a container tell another process."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.model.workload_values import CONDITIONS
from perry_ffi.stack import identity
from perry_ffi.workload import labels as own
from perry_ffi.workload.graph import Edge
from tests.support.workloads import checked, ref

NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True)
EDGES = st.builds(
    lambda target, condition, required, origin: Edge("me", target, condition, required, tuple(origin)),
    NAMES, st.sampled_from(CONDITIONS), st.booleans(), st.lists(st.sampled_from(["depends_on", "edge", "ref"]), unique=True, min_size=1),
)  # fmt: skip
GRAPH = checked(
    {
        "db": {"ports": ["5432"]},
        "key": {"outputs": {"key": {"sensitive": True}}},
        "a": {
            "env": {"SECRET": "s3cret", "KEY": ref("key", "output", name="key"), "DB": ref("db", "endpoint")},
            "depends_on": {"db": {"condition": "healthy", "required": False}},
            "policy": {"tier": "hardened"}, "retry": {"limit": 3}, "keep": False,
        },
    }
)  # fmt: skip


def labels(node: str = "a", **more: str) -> dict[str, str]:
    refs = {"key": "0123456789abcdef"}
    found = GRAPH.nodes[node]
    return own.node_labels(GRAPH, found, 2, digest="d", image_id="i", refs=refs, transaction="t") | more


def test_what_is_written_is_read() -> None:
    assert own.read(labels()) == own.Labelled(
        "g", "a", 2, "service", "hardened", 4, False, GRAPH.nodes["a"].edges, "", {"key": "0123456789abcdef"}
    )
    key = own.read(labels("key"))
    assert key is not None
    assert (key.kind, len(key.outputs), key.edges) == ("job", 16, ())


def test_it_is_a_container_of_a_project() -> None:
    found = labels()
    assert identity.is_of(found, "g")
    assert identity.is_ours(found)
    assert (identity.label(found, identity.SERVICE), identity.number_of(found)) == ("a", 2)
    assert identity.read_depends_on(found[identity.DEPENDS_ON]).keys() == {"db", "key"}
    assert found[identity.DEPENDS_ON] == "db:service_healthy:false,key:service_completed_successfully:false"


def test_no_value_is_in_a_label() -> None:
    assert "s3cret" not in str(labels())
    assert "5432" not in str(labels())


@given(st.lists(EDGES, max_size=5))
def test_edges_survive(edges: list[Edge]) -> None:
    assert own.read_edges("me", own.edges_label(edges)) == tuple(edges)


@given(st.text(st.sampled_from("ab:,+-1required")) | st.text())
def test_a_forged_label_is_read_as_far_as_it_can_be(text: str) -> None:
    forged = dict.fromkeys((own.EDGES, own.ATTEMPTS, own.KEEP, own.KIND, own.TIER, own.REFS, own.OUTPUTS, own.ISOLATION), text)
    found = own.read(labels(**forged))
    assert found is not None
    assert found.kind in ("service", "job")
    assert found.attempts >= 0
    assert all(edge.target for edge in found.edges)


@pytest.mark.parametrize(
    "changed", [{own.GRAPH: ""}, {own.GRAPH: "other"}, {own.NODE: ""}, {own.NODE: "b"}, {identity.PROJECT: "other"}]
)
def test_labels_that_contradict_each_other_tell_of_no_graph(changed: dict[str, str]) -> None:
    assert own.read({**labels(), **changed}) is None
    assert own.read({}) is None


def test_a_container_of_a_project_is_of_no_graph() -> None:
    project = identity.container_labels("g", "a", 1, digest="d", image_id="i", depends_on={})
    assert own.read(project) is None


def test_the_digest_of_outputs_is_of_where_they_are_read() -> None:
    def digest(outputs: object) -> str:
        return own.outputs_digest(checked({"j": {"kind": "job", "outputs": outputs}}).nodes["j"])

    assert digest({"a": {}}) == digest({"a": {"from": "stdout", "sensitive": True}})
    assert (
        len(
            {
                digest({}),
                digest({"a": {}}),
                digest({"b": {}}),
                digest({"a": {"json": True}}),
                digest({"a": {"from": "file", "path": "/x"}}),
            }
        )
        == 5
    )


def test_the_nodes_of_a_run_are_read_as_they_are_written() -> None:
    nodes = {
        "db": {}, "test": {"kind": "job", "depends_on": ["db"]}, "undo": {"kind": "job", "depends_on": {"test": {"condition": "failed"}}},
        "tell": {"kind": "job", "depends_on": ["undo"]},
        "sweep": {"kind": "job", "depends_on": {"db": {}, "undo": {"condition": "completed", "required": False}}},
    }  # fmt: skip
    label = own.nodes_label(checked(nodes))
    assert label == "db:service,test:job,undo:job?,tell:job?,sweep:job"
    kinds, spare = own.read_nodes(label)
    assert list(kinds) == list(nodes) and kinds["db"] == "service" and spare == {"undo", "tell"}


@pytest.mark.parametrize("label", ["", ",", "a", "a:", ":job", "a:wasm", "a:?", "a:job??"])
def test_a_label_that_somebody_else_wrote_names_no_nodes(label: str) -> None:
    assert own.read_nodes(label) == ({}, frozenset())
