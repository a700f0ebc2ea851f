"""What a look at a service and its tasks tells of what it is waited for to be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from perry_ffi.backends.contract.service_definition import RestartRule
from perry_ffi.backends.contract.service_records import ServiceState, TaskState, UpdateState
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.readiness import Expected, Verdict, judge_service, judge_task

NEW, OLD = {identity.CONFIG_HASH: "new"}, {identity.CONFIG_HASH: "old"}
STATE = ServiceState("s", "p_s", 1, labels=NEW, wanted=1)
ONCE, AGAIN, ALWAYS = RestartRule("none"), RestartRule("on-failure"), RestartRule("any")


def task(state: Any, slot: int = 1, **more: Any) -> TaskState:
    return TaskState(f"t{slot}-{state}", "s", slot, state, **{"labels": NEW, **more})


def verdict(condition: str, *tasks: TaskState, state: ServiceState = STATE, **more: Any) -> Verdict:
    return judge_service(condition, state, tasks, Expected("new", **{"restart": AGAIN, **more}))


@pytest.mark.parametrize(
    ("condition", "state", "checked", "reached"),
    [
        ("started", "running", False, True),
        ("started", "starting", True, False),
        ("started", "complete", False, True),
        ("healthy", "running", True, True),
        ("healthy", "starting", True, False),
        ("completed", "running", False, False),
        ("completed", "complete", False, True),
        ("ready", "running", False, True),
        ("ready", "complete", False, True),
        ("ready", "preparing", False, False),
    ],
)
def test_one_task(condition: str, state: Any, checked: bool, reached: bool) -> None:
    found = judge_task(condition, task(state), checked)
    assert (found.reached, found.failure) == (reached, None)


def test_healthy_needs_a_check() -> None:
    assert "no health check" in (judge_task("healthy", task("running"), None).failure or "")
    assert judge_task("healthy", task("running", has_check=True), None).reached
    assert "before it was healthy" in (judge_task("healthy", task("complete"), True).failure or "")


def test_tasks_of_another_version_say_nothing() -> None:
    assert not verdict("started", task("running", labels=OLD)).reached
    assert verdict("started", task("running", labels=OLD), task("running")).reached


def test_all_places_count() -> None:
    two = replace(STATE, wanted=2)
    assert not verdict("started", task("running"), task("preparing", 2), state=two, replicas=2).reached
    assert verdict("started", task("running"), task("running", 2), state=two, replicas=2).reached


def test_one_on_each_node() -> None:
    three = replace(STATE, wanted=3, everywhere=True)
    rows = [replace(task("running", 0), id=f"t{node}", node=f"n{node}") for node in range(3)]
    assert verdict("ready", *rows, state=three, replicas=None).reached
    assert not verdict("ready", *rows[:2], state=three, replicas=None).reached
    none = replace(three, wanted=0)
    assert verdict("ready", state=none, replicas=None).stuck == "there is no node that takes a task of it"


@pytest.mark.parametrize("condition", ["completed", "ready", "started"])
def test_on_each_node_what_has_ended_well_is_wanted_no_more(condition: str) -> None:
    """An engine counts then that none is to run; seen on docker 20.10."""
    ended = [task("complete", slot, wanted=False) for slot in (1, 2)]
    none = replace(STATE, wanted=0, everywhere=True)
    assert verdict(condition, *ended, state=none, replicas=None).reached
    one = replace(none, wanted=1)
    assert not verdict(condition, ended[0], task("preparing", 2), state=one, replicas=None).reached


def test_the_first_failure_is_final_where_nothing_follows() -> None:
    failed = task("failed", exit_code=7, wanted=False)
    assert verdict("completed", failed, restart=ONCE).failure == "it ended with exit code 7"
    assert verdict("completed", failed, restart=AGAIN) == Verdict()


@pytest.mark.parametrize("state", ["preparing", "running", "stopped"])
def test_what_was_given_up_is_final_where_nothing_follows(state: Any) -> None:
    gone = task(state, wanted=False, node_name="n3")
    assert verdict("completed", gone, restart=ONCE).failure == "it was given up on the node n3 before it ended"
    assert verdict("completed", gone, restart=AGAIN) == Verdict()
    assert verdict("completed", gone, task("starting"), restart=ONCE) == Verdict()
    assert verdict("completed", replace(gone, labels=OLD), restart=ONCE) == Verdict()


def test_three_failures_in_one_place_are_too_many() -> None:
    failed = task("rejected", error="No such image: x", wanted=False)
    assert verdict("ready", failed, failed, task("preparing")).failure is None
    told = verdict("ready", failed, failed, failed, task("preparing"))
    assert told.failure == "it keeps failing (3 times so far): No such image: x"
    spread = [replace(failed, slot=slot) for slot in (1, 2, 3)]
    assert verdict("ready", *spread).failure is None


def test_a_bound_of_tries_is_kept() -> None:
    rule = RestartRule("on-failure", max_attempts=1)
    failed = task("failed", exit_code=1, wanted=False)
    assert verdict("completed", failed, restart=rule).failure is None
    assert verdict("completed", failed, failed, restart=rule).failure == "it ended with exit code 1, the last of 2 tries"


def test_what_ended_well_at_last_did_not_fail() -> None:
    failed = task("failed", exit_code=1, wanted=False)
    assert verdict("completed", failed, failed, failed, task("complete")).reached


def test_what_ended_well_and_begins_again_has_ended_well() -> None:
    assert verdict("completed", task("complete", wanted=False), task("preparing"), restart=ALWAYS).reached


@pytest.mark.parametrize("state", ["rolling_back", "rolled_back"])
def test_what_the_engine_puts_back_has_failed(state: Any) -> None:
    back = replace(STATE, labels=OLD, update=UpdateState(state, "task t failed"))
    told = verdict("ready", task("failed"), task("running", labels=OLD), state=back)
    assert told.failure == "its update failed, and the engine puts it back: task t failed"


def test_what_somebody_else_changed_has_failed() -> None:
    assert "somebody else" in (verdict("started", task("running"), state=replace(STATE, labels=OLD)).failure or "")


def test_an_update_that_was_given_up_has_failed() -> None:
    told = verdict("ready", task("running"), state=replace(STATE, update=UpdateState("paused", "why")))
    assert told.failure == "its update was given up: why"


def test_ready_waits_for_the_update_and_started_does_not() -> None:
    moving = replace(STATE, update=UpdateState("updating"))
    assert not verdict("ready", task("running"), state=moving).reached
    assert verdict("started", task("running"), state=moving).reached
    assert verdict("ready", task("complete"), state=moving).reached
    assert verdict("ready", task("running"), state=replace(STATE, update=UpdateState("completed"))).reached


def test_what_no_node_takes_is_stuck() -> None:
    told = verdict("started", task("pending", error="no suitable node (scheduling constraints not satisfied on 3 nodes)"))
    assert (told.failure, told.stuck) == (None, "no suitable node (scheduling constraints not satisfied on 3 nodes)")


def test_what_was_stopped_in_favour_of_another_says_nothing() -> None:
    assert verdict("started", task("stopped", wanted=False), task("running")).reached
    assert not verdict("started", task("running", wanted=False)).reached
