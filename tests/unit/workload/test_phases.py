"""Phases: where each may lead, what programs hear, and what an edge makes of them."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from perry_ffi.model.workload_status import Phase
from perry_ffi.model.workload_values import CONDITIONS
from perry_ffi.workload.phases import ALLOWED, FINAL, holds, word
from perry_ffi.workload.records import Record
from tests.unit.workload.runners import node

EVERY: tuple[Phase, ...] = get_args(Phase)


def by(kind: Any, *phases: Any) -> Record:
    """A node that has gone through phases."""
    record = Record(node("a", kind))
    for phase in phases:
        record.becomes(phase)
    return record


JOB = {
    "waiting": ("waiting",), "running": ("waiting", "running"), "succeeded": ("waiting", "running", "succeeded"),
    "failed": ("waiting", "running", "failed"), "never started": ("waiting", "starting", "failed"),
    "retrying": ("waiting", "running", "retrying"), "skipped": ("waiting", "skipped"), "cancelled": ("waiting", "cancelled"),
    "killed": ("waiting", "running", "cancelled"), "put back": ("waiting", "running", "succeeded", "rolledBack"),
}  # fmt: skip
SERVICE = {
    "ready": ("waiting", "running", "ready"), "ended well": ("waiting", "running", "ready", "stopped"),
    "ended": ("waiting", "running", "ready", "failed"), "tried again": ("waiting", "running", "ready", "retrying"),
    "tried anew": ("waiting", "running", "ready", "retrying", "waiting", "starting"),
    "ready anew": ("waiting", "running", "ready", "retrying", "waiting", "starting", "ready"),
    "never ready": ("waiting", "running", "failed"), "not begun": ("waiting", "cancelled"),
}  # fmt: skip
# The verdicts of started, ready, healthy, succeeded, completed, failed.
VERDICTS = {
    "waiting": "??????", "running": "1?????", "succeeded": "11011 0", "failed": "100011", "never started": "000011",
    "retrying": "1?????", "skipped": "000010", "cancelled": "000000", "killed": "100000", "put back": "100000",
    "ready": "111???", "ended well": "111010", "ended": "100011", "tried again": "1?????", "tried anew": "1?????",
    "ready anew": "111???", "never ready": "100011", "not begun": "000000",
}  # fmt: skip


@pytest.mark.parametrize("story", [*JOB, *SERVICE])
def test_what_an_edge_makes_of_every_story(story: str) -> None:
    record = by("job", *JOB[story]) if story in JOB else by("service", *SERVICE[story])
    words = {True: "1", False: "0", None: "?"}
    assert "".join(words[holds(condition, record)] for condition in CONDITIONS) == VERDICTS[story].replace(" ", "")  # type: ignore[arg-type]


def test_every_phase_leads_somewhere_or_is_an_end() -> None:
    assert set(ALLOWED) == set(EVERY)
    for phase, to in ALLOWED.items():
        assert (to <= {"rolledBack"}) == (phase in FINAL), phase
        assert phase not in to, phase


def test_every_phase_is_reached() -> None:
    assert set().union(*ALLOWED.values()) == set(EVERY) - {"pending"}


def test_nothing_comes_after_an_end() -> None:
    record = by("job", "waiting", "running", "succeeded")
    with pytest.raises(AssertionError):
        record.becomes("running")


def test_the_words_of_programs() -> None:
    told = {phase: word(phase) for phase in EVERY}
    assert {phase for phase, said in told.items() if said == "running"} == {"running", "ready"}
    assert {phase for phase, said in told.items() if said == "failed"} == {"failed"}
    assert {phase for phase, said in told.items() if said == "stopped"} == FINAL - {"failed"}
    assert set(told.values()) == {"running", "failed", "stopped", "pending"}
