"""What errors of a graph say."""

from __future__ import annotations

from perry_ffi.workload.faults import fault, place, unknown


def test_where_then_what_then_why() -> None:
    error = fault(place("nodes", "a-b", "cmd", 3), "text", "it is a number")
    assert error.message == 'WorkloadGraph.nodes["a-b"].cmd[3]: expected text: it is a number'
    assert error.details == {"path": 'WorkloadGraph.nodes["a-b"].cmd[3]', "expected": "text", "reason": "it is a number"}
    assert fault("x", "text").message == "x: expected text"


def test_what_is_meant_or_what_there_is() -> None:
    assert (
        unknown("x", "a node", "dbs", ["web", "db"]).message == "x: expected a node of this graph, found 'dbs' (is 'db' meant?)"
    )
    error = unknown("x", "a volume", "data", ["logs"], "declare it")
    assert error.message == "x: expected a volume of this graph, found 'data' (there is: logs); declare it"
    assert (error.details["candidates"], error.details["remedy"]) == (["logs"], "declare it")
    assert unknown("x", "a node", "a", []).message.endswith("(there is: none)")


def test_errors_stay_short() -> None:
    error = unknown("x", "a node", "n" * 10_000, [f"other{number}" for number in range(10_000)])
    assert len(error.message) < 400 and len(error.details["candidates"]) == 10
