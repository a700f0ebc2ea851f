"""What a run would do: rows with their causes, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import NoBackendFound
from perry_ffi.model.base import validate
from perry_ffi.model.workload import RunGraphOptions
from perry_ffi.workload.plan import plan_graph, static_plan
from tests.unit.workload.rig import JOB, GraphRig, graph

pytestmark = pytest.mark.anyio


def ref(node: str, projection: str, **more: Any) -> dict[str, Any]:
    return {"nodeId": node, "projection": projection, **more}


def pipeline(version: str = "1") -> Any:
    return graph({
        "db": {"volumes": ["data:/d"]},
        "build": {"env": {"V": version}, "outputs": {"tag": {"from": "stdout"}}},
        "api": {"image": "far:1", "env": {"TAG": ref("build", "output", name="tag")}, "depends_on": ["db"]},
        "test": {"kind": "job", "depends_on": ["api"]},
    }, volumes={"data": {}})  # fmt: skip


async def rows(rig: GraphRig, wanted: Any, **options: Any) -> list[str]:
    before = len(rig.backend.writes)
    found = await plan_graph(rig.context, wanted, validate(RunGraphOptions, options))
    assert len(rig.backend.writes) == before and found["errors"] == {} and found["healthy"]
    return [_line(row) for row in found["plan"]]


def _line(row: Any) -> str:
    after = "  after " + " ".join(map(str, row["after"])) if row["after"] else ""
    return f"{row['step']} {row['action']} {row['target']}: {row['cause']}{after}"


async def test_a_graph_that_is_new(rig: GraphRig) -> None:
    assert await rows(rig, pipeline()) == [
        "1 create network g_default: missing",
        "2 create volume g_data: missing",
        "3 create container g-build-1: missing  after 1 2",
        "4 run job g-build-1: it waits for nobody  after 3",
        "5 create container g-db-1: missing  after 1 2",
        "6 start container g-db-1: it waits for nobody  after 5",
        "7 wait g-db-1: until it is ready  after 6",
        "8 pull image far:1: missing",
        "9 create container g-api-1: missing  after 1 2 4 7 8",
        "10 start container g-api-1: db ready, build succeeded  after 4 7 9",
        "11 wait g-api-1: until it is ready  after 10",
        "12 create container g-test-1: missing  after 1 2",
        "13 run job g-test-1: api ready  after 11 12",
    ]


async def test_a_graph_that_was_run(rig: GraphRig) -> None:
    rig.world.remote.add("far:1")
    rig.tries = {"build": Behaviour(exit_code=0, stdout="v1\n"), "test": JOB}
    await rig.run(pipeline())
    assert await rows(rig, pipeline(), resume=True) == [
        "1 keep container g-build-1: succeeded, unchanged",
        "2 keep container g-db-1: unchanged",
        "3 keep container g-api-1: unchanged  after 1 2",
        "4 keep container g-test-1: succeeded, unchanged  after 3",
    ]
    assert await rows(rig, pipeline("2"), resume=True) == [
        "1 create container g-build-1: its definition changed",
        "2 run job g-build-1: it waits for nobody  after 1",
        "3 keep container g-db-1: unchanged",
        "4 create container g-api-1: input of build changes  after 2 3",
        "5 start container g-api-1: db ready, build succeeded  after 2 3 4",
        "6 wait g-api-1: until it is ready  after 5",
        "7 create container g-test-1: api runs anew  after 6",
        "8 run job g-test-1: api ready  after 6 7",
        "9 remove container g-build-1: replaced: its definition changed  after 2",
        "10 remove container g-api-1: replaced: input of build changes  after 6",
        "11 remove container g-test-1: replaced: api runs anew  after 8",
    ]


async def test_without_an_engine_the_rest_is_told() -> None:
    found = static_plan(pipeline(), validate(RunGraphOptions, {}), NoBackendFound("no engine answered"))
    assert found["errors"] == {"engine": "no engine answered"} and not found["healthy"]
    assert found["levels"][0] == ["build", "db"] or set(found["levels"][0]) == {"build", "db"}
    assert {row["action"] for row in found["plan"]} >= {"create network", "create container", "run job"}
    assert set(found["nodes"].values()) == {"pending"}


async def test_what_an_engine_cannot_isolate_is_told(rig: GraphRig) -> None:
    found = await plan_graph(rig.context, graph({"a": {"policy": {"tier": "untrusted"}}}), validate(RunGraphOptions, {}))
    assert "no runtime that gives it own kernel" in found["errors"]["a"]
    assert found["isolation"]["a"] == {
        "tier": "untrusted",
        "wanted": "own kernel",
        "runtime": None,
        "level": None,
        "notEnforced": {},
    }


async def test_a_module_is_told_and_the_rest_is_planned(rig: GraphRig) -> None:
    wanted = graph({"a": {"image": None, "runtime": {"type": "wasm", "module": "a.wasm"}}, "b": {}})
    found = await plan_graph(rig.context, wanted, validate(RunGraphOptions, {}))
    assert list(found["errors"]) == ["a"] and "WebAssembly" in found["errors"]["a"]
    assert {row["node"] for row in found["plan"]} >= {"a", "b"}
