"""Documents of graphs in which anything stands in the place of something: each is refused with a code and a path, or is a graph."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perry_ffi.errors import ContainerError, InternalError, one_line
from perry_ffi.model.base import decode
from perry_ffi.model.workload import GraphLogOptions, RunGraphOptions, WaitGraphOptions, WorkloadGraph
from perry_ffi.workload.check import check
from perry_ffi.workload.plan import static_plan
from tests.support.workloads import ref

Path = tuple[Any, ...]

WHOLE: dict[str, Any] = {
    "name": "g",
    "nodes": {
        "db": {
            "image": "app:1", "env": {"A": "1"}, "ports": ["127.0.0.1::5432"], "expose": [80], "volumes": ["data:/data", "/scratch"],
            "healthcheck": {"test": ["CMD", "true"], "interval": "1s"}, "policy": {"tier": "hardened", "isolation": "container"}, "keep": False,
            "ready": {"log": "up", "timeout": "5s"}, "resources": {"cpu": 0.5, "memory": "64m"}, "networks": ["default", "back"],
        },
        "build": {
            "image": "app:1", "kind": "job", "retry": {"limit": 2, "delay": "1s", "factor": 2, "maxDelay": 5, "jitter": 0, "exitCodes": [1]},
            "timeout": "2m", "outputs": {"tag": {"from": "file", "path": "/tag"}, "said": {"from": "stdout", "json": True, "sensitive": True}},
            "runtime": {"type": "oci"}, "labels": {"a": "b"}, "id": "build", "name": "build",
        },
        "use": {
            "image": "app:1", "cmd": ["sh", ref("db", "endpoint", port=5432)], "entrypoint": [{"concat": ["/", ref("db", "host")]}],
            "env": {"TAG": ref("build", "output", name="tag"), "URL": {"concat": ["x", ref("db", "internalUrl", port="80", scheme="tcp")]}},
            "depends_on": {"build": {"condition": "succeeded", "required": True}}, "kind": "job",
        },
        "undo": {"image": "app:1", "dependsOn": ["db"], "policy": {"seccomp": True}},
    },
    "edges": [{"from": "undo", "to": "use", "condition": "failed", "required": False}],
    "networks": {"back": {}},
    "volumes": {"data": {}},
}  # fmt: skip

OPTIONS: dict[str, Any] = {
    "strategy": "sequential", "onFailure": "haltGraph", "parallel": 3, "timeout": "5m", "until": "started", "resume": True,
    "only": ["db"], "stopRunning": True, "strict": True, "pull": "never",
}  # fmt: skip

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.sampled_from([0, -1, 65536, 10**400, 1e308, -0.5, "", " ", "0", "-1", "1e9", "\x00", "\ud800",
    "a\nb", "..", "/", "$", "${x}", "%s", "{", "db", "use", "nobody", "host", "none", "container:db", "é", "a" * 70]) | st.text(max_size=6)
)  # fmt: skip
KEYS = st.sampled_from([
    "image", "name", "id", "kind", "condition", "required", "nodeId", "projection", "port", "concat", "from", "to", "path", "type", "tier",
    "limit", "db", "build", "use", "undo", "", "a.b", "x" * 70, "depends_on", "dependsOn", "external", "driver", "internal", "ipam",
])  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every place of a document, itself too."""
    yield at
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*at, index))


def replaced(document: Any, at: Path, value: Any) -> Any:
    if not at:
        return value
    found = copy.deepcopy(document)
    inner = found
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return found


@st.composite
def spoilt(draw: st.DrawFn, document: Any) -> bytes:
    """The document with up to two places in which something else stands, or to which a member was added."""
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.sampled_from(list(places(document))))
        value = draw(ANYTHING)
        inner = document
        for key in at:
            inner = inner[key]
        if isinstance(inner, dict) and draw(st.booleans()):
            value = {**inner, draw(KEYS | st.text(max_size=3)): value}
        document = replaced(document, at, value)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def told(error: ContainerError) -> None:
    """The error of something that was refused: short, coded, with a place, and one that a program can read."""
    assert not isinstance(error, InternalError), error
    assert error.code in (400, 404, 422, 501), error
    assert 0 < len(error.message) < 1000, error
    text = json.dumps(error.to_dict())
    assert len(text) < 5000
    if error.code == 400:
        path = error.details["path"]
        assert path and error.message.startswith((f"{one_line(path)}: ", one_line(path)[:40])), error


def test_the_whole_document_is_a_graph() -> None:
    graph = check(decode(WorkloadGraph, json.dumps(WHOLE)))
    found = static_plan(graph, decode(RunGraphOptions, json.dumps(OPTIONS)))
    assert set(found["nodes"]) == set(WHOLE["nodes"]) and found["plan"]


@settings(max_examples=1500, suppress_health_check=list(HealthCheck))
@given(document=spoilt(WHOLE))
def test_anything_in_the_place_of_something(document: bytes) -> None:
    try:
        graph = check(decode(WorkloadGraph, document))
        found = static_plan(graph, decode(RunGraphOptions, b"{}"))
    except ContainerError as error:
        told(error)
    else:
        json.dumps(found)
        assert {name for wave in found["levels"] for name in wave} == set(graph.nodes) == set(found["phases"])


@pytest.mark.parametrize(
    ("model", "document"),
    [
        (RunGraphOptions, OPTIONS),
        (WaitGraphOptions, {"timeout": "5s"}),
        (GraphLogOptions, {"nodes": ["a"], "attempts": True, "tail": 5, "since": 1, "until": 2, "timestamps": True}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_anything_in_the_place_of_an_option(model: Any, document: dict[str, Any], data: st.DataObject) -> None:
    try:
        decode(model, data.draw(spoilt(document)))
    except ContainerError as error:
        told(error)
