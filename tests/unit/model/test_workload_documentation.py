"""docs/workloads.md has every word of the models."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from perry_ffi.errors import KINDS
from perry_ffi.model import workload_status, workload_values
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.workload import PolicySpec, Retry, RunGraphOptions, WorkloadGraph, WorkloadNode

DOCS = Path(__file__).resolve().parents[3] / "docs"
TEXT = (DOCS / "workloads.md").read_text()
CODE = set(re.findall(r"[A-Za-z_]\w*", " ".join(re.findall(r"`([^`\n]+)`", TEXT))))

WORDS = {
    "conditions": workload_values.CONDITIONS,
    "projections": workload_values.PROJECTIONS,
    "strategies": workload_values.STRATEGIES,
    "failure strategies": workload_values.FAILURE_STRATEGIES,
    "tiers": get_args(workload_values.Tier),
    "phases": get_args(workload_status.Phase),
    "states": get_args(workload_status.NodeState),
    "members of a status": workload_status.GraphStatus.__annotations__,
    "members of details": workload_status.NodeDetails.__annotations__,
    "members of a retry": {field.alias or name for name, field in Retry.model_fields.items()},
    "flags of a policy": {field.alias or name for name, field in PolicySpec.model_fields.items()} - {"tier"},
    "options": {field.alias or name for name, field in RunGraphOptions.model_fields.items()},
    "members of a graph": WorkloadGraph.model_fields,
    "members of a node": WorkloadNode.model_fields.keys() - ContainerSpec.model_fields.keys(),
}


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_every_word_is_documented(kind: str) -> None:
    assert {word for word in WORDS[kind] if word not in CODE} == set()


def test_errors_are_told_with_their_codes() -> None:
    rows = re.findall(r"^\| (\d{3}) (\w+) \|", TEXT, re.MULTILINE)
    codes = {kind.__name__: str(kind.code) for kind in KINDS}
    assert rows and [(code, name) for code, name in rows if codes[name] != code] == []


def test_what_is_linked_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)", TEXT):
        assert (DOCS / target).exists(), target


def test_the_document_is_a_graph() -> None:
    found = re.search(r"^```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    graph = WorkloadGraph.model_validate_json(found[1])
    assert list(graph.nodes["api"].depends_on) == ["db"] and isinstance(graph.nodes["api"].env["URL"], workload_values.Text)
