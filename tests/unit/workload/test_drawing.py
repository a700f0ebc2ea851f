"""Graphs as rows, DOT and Mermaid."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perry_ffi.workload.drawing import dot, graph_document, mermaid
from perry_ffi.workload.graph import Edge, Kind
from tests.support.workloads import checked

EDGE = Edge("api", "db", "ready", False, ("depends_on", "ref"))


def test_a_graph_and_its_drawings() -> None:
    graph = checked({"db": {}, "api": {"depends_on": {"db": {"required": False}, "end": {}}}, "end": {"kind": "job"}})
    edges = [edge for node in graph.nodes.values() for edge in node.edges]
    found = graph_document(graph.name, {name: node.kind for name, node in graph.nodes.items()}, edges)
    assert found["nodes"] == ["db", "api", "end"]
    assert found["edges"] == [
        {"from": "api", "to": "db", "condition": "ready", "required": False, "origin": ["depends_on"]},
        {"from": "api", "to": "end", "condition": "succeeded", "required": True, "origin": ["depends_on"]},
    ]
    assert found["dot"] == (
        'digraph "g" {\n  rankdir=LR;\n  node [fontname=sans];\n  "db" [shape=ellipse];\n  "api" [shape=ellipse];\n'
        '  "end" [shape=box];\n  "api" -> "db" [label="ready", style=dashed];\n  "api" -> "end" [label="succeeded"];\n}\n'
    )
    assert found["mermaid"] == (
        'flowchart LR\n  n0("db")\n  n1("api")\n  n2["end"]\n  n1 -.->|ready| n0\n  n1 -->|succeeded| n2\n'
    )


@given(st.lists(st.text(min_size=1), min_size=2, max_size=4, unique=True))
def test_any_name_is_quoted(names: list[str]) -> None:
    """Labels that somebody else wrote may hold anything."""
    kinds: dict[str, Kind] = dict.fromkeys(names, "job")
    edges = [Edge(names[0], names[1], "ready")]
    quoted = r'"(?:[^"\\\n]|\\\\|\\")*"'
    for line in dot(names[0], kinds, edges).splitlines()[3:-1]:
        assert re.fullmatch(rf"  {quoted}(?: -> {quoted})? \[[^\]]*\];", line)
    for line in mermaid(kinds, edges).splitlines()[1:]:
        assert re.fullmatch(r'  n\d+(?:\["[^"<>&`]*"\]| -->\|ready\| n\d+)', line)


def test_an_edge_to_a_node_that_is_not_there_is_drawn() -> None:
    assert 'n1("db")' in mermaid({"api": "service"}, [EDGE])


@pytest.mark.skipif(
    shutil.which("dot") is None and os.environ.get("CI") != "true", reason="Graphviz is not installed (apt-get install graphviz)"
)
@settings(max_examples=10)
@given(st.text(min_size=1))
def test_graphviz_reads_it(name: str) -> None:
    text = dot(name, {name: "job", "db": "service"}, [Edge(name, "db", "ready")])
    subprocess.run(["dot", "-Tsvg"], input=text.encode("utf-8", "replace"), check=True, capture_output=True, timeout=60)
