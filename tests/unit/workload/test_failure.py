"""Why a run has failed, in words and as errors."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import BackendError, ServiceStartupFailed
from perry_ffi.workload import failure
from perry_ffi.workload.records import Record
from perry_ffi.workload.runner import Result
from tests.unit.workload.runners import node


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Result("failed", 3), "it ended with exit code 3"), (Result("stopped", 0), "it ended with exit code 0"), (Result("ready"), None),
        (failure.failed(BackendError("it is gone")), "it is gone"), (failure.failed(ServiceStartupFailed("x", exitCode=4)), "x"),
    ],
)  # fmt: skip
def test_reasons(result: Result, words: str | None) -> None:
    assert failure.reason(result) == words


def test_an_error_has_the_code_that_it_tells() -> None:
    assert failure.failed(ServiceStartupFailed("x", exitCode=4)).exit_code == 4
    assert failure.failed(ServiceStartupFailed("x", exitCode="4")).exit_code is None


def test_an_error_keeps_what_it_says_and_is_told_where() -> None:
    record = Record(node("a", "job"), attempt=3)
    error = BackendError("it is gone", node="a", attempt=2)
    told = failure.of_node(record, failure.failed(error), "running", {"a": "failed"})
    assert told is error and told.details == {"node": "a", "attempt": 2, "phase": "running", "nodes": {"a": "failed"}}
    made: Any = failure.of_node(record, Result("failed", 9), "starting", {"a": "failed"})
    assert isinstance(made, ServiceStartupFailed) and made.message == "nodes.a: it ended with exit code 9"
    assert made.details == {"exitCode": 9, "node": "a", "attempt": 3, "phase": "starting", "nodes": {"a": "failed"}}


def test_what_is_waited_for_when_time_is_up() -> None:
    told = failure.of_time("g", 2.5, ["b", "a"], {"a": "running", "b": "waiting"})
    assert told.message == "the graph g was not settled within 2.5 s"
    assert told.details == {"waitedFor": "a, b", "seconds": 2.5, "nodes": {"a": "running", "b": "waiting"}}
