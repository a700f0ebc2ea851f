"""What is known of each node, and what programs hear of all."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import ServiceStartupFailed
from perry_ffi.workload.records import Record, status_of
from tests.unit.workload.runners import edge, node


def record(kind: Any, *phases: Any, name: str = "a", **members: Any) -> Record:
    found = Record(node(name, kind), **members)
    for phase in phases:
        found.becomes(phase)
    return found


@pytest.mark.parametrize(
    ("found", "well"),
    [
        (record("job", "waiting", "running", "succeeded"), True), (record("job", "waiting", "running", "failed"), False),
        (record("job", "waiting", "skipped"), False), (record("job", "waiting", "skipped", excused=True), True),
        (record("job", "waiting", "cancelled"), False), (record("job", "waiting", "running"), False),
        (record("service", "waiting", "running", "ready"), True), (record("service", "waiting", "running"), False),
        (record("service", "waiting", "running", "ready", "stopped"), False),
        (record("service", "waiting", "running", "ready", "stopped", released=True), True),
        (record("service", "waiting", "running", "ready", "failed"), False), (record("service"), False),
        (record("service", "waiting", "running", "ready", "rolledBack"), False),
    ],
)  # fmt: skip
def test_health(found: Record, well: bool) -> None:
    assert status_of({"a": found})["healthy"] is well


def test_a_status_says_what_is_waited_for() -> None:
    db, job = Record(node("db", "service")), Record(node("job", "job"))
    edges = [edge("api", "db", "ready"), edge("api", "job", "succeeded"), edge("api", "old", "completed")]
    old = record("job", "waiting", "running", "succeeded", name="old")
    api = Record(node("api", "service", 1, edges))
    found = {"db": db, "job": job, "old": old, "api": api}
    assert status_of(found)["details"]["api"]["waitingFor"] == ["db (ready)", "job (succeeded)"]
    for phase in ("waiting", "running", "ready"):
        db.becomes(phase)  # type: ignore[arg-type]
    assert status_of(found)["details"]["api"]["waitingFor"] == ["job (succeeded)"]
    api.becomes("waiting")
    api.becomes("creating")
    assert status_of(found)["details"]["api"]["waitingFor"] == []


def test_errors_are_those_of_nodes_that_failed_for_good() -> None:
    failed, retrying = record("job", "waiting", "running", "failed"), record("job", "waiting", "running", "retrying")
    failed.reason, retrying.reason = "it ended with exit code 1", "it ended with exit code 2"
    found = {"a": failed, "b": retrying}
    assert status_of(found)["errors"] == {"a": "it ended with exit code 1"}
    failed.becomes("rolledBack")
    retrying.becomes("cancelled")
    retrying.becomes("rolledBack")
    assert status_of(found)["errors"] == {"a": "it ended with exit code 1"}


def test_another_try_begins_with_nothing() -> None:
    found = record("job", "waiting", "running", attempt=1, container="g-a-1", exit_code=3, oom_killed=True, reused=True)
    found.error = ServiceStartupFailed("x")
    found.begins()
    assert (found.attempt, found.container, found.exit_code, found.oom_killed, found.error, found.reused) == (
        2, None, None, None, None, False
    )  # fmt: skip


def test_edges_are_counted_as_their_targets_change() -> None:
    target = Record(node("db", "service"))
    row, second = edge("api", "db", "ready"), edge("api", "job", "succeeded")
    api = Record(node("api", "service", 1, [row, second]))
    seen = [(api.learns(row, target), api.missing, api.lost)]
    for phase in ("waiting", "starting", "ready", "retrying", "waiting", "running", "ready", "failed"):
        target.becomes(phase)  # type: ignore[arg-type]
        seen.append((api.learns(row, target), api.missing, api.lost))
    assert seen == [
        (False, 2, 0), (False, 2, 0), (False, 2, 0), (True, 1, 0), (True, 2, 0), (False, 2, 0), (False, 2, 0), (True, 1, 0),
        (True, 2, 1),
    ]  # fmt: skip
    api.held.add(row)
    assert api.learns(row, target) and (api.missing, api.lost) == (1, 0)
    target.becomes("rolledBack")
    assert not api.learns(row, target)


def test_times_are_of_the_first_start_and_the_end() -> None:
    found = record("job", "waiting", "running")
    began = found.started_at
    assert began is not None and found.finished_at is None
    for phase in ("retrying", "waiting", "running", "succeeded"):
        found.becomes(phase)  # type: ignore[arg-type]
    assert found.started_at == began and found.finished_at is not None and found.finished_at >= began
