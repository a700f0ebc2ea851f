"""When a service is what others wait for, told from its tasks: started, healthy, completed, ready; and when it never will be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.runtime.readiness import CRASHES
from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_definition import RestartRule
    from perry_ffi.backends.contract.service_records import ServiceState, TaskState

FAILED = ("failed", "rejected")
PLACELESS = ("no suitable node", "insufficient resources")
"""In an engine's words: nothing takes the task, which may pass."""


@dataclass(frozen=True)
class Expected:
    """What a service shall have become. version: the hash that its tasks carry. replicas: ``None`` one on each node. checked: whether
    its tasks have a health check; ``None`` where only they tell. ends: its tasks are to end. restart: ``None`` where nobody knows it:
    a failure is final then where the engine has no other task follow. restarted: its tasks are being replaced by others of the same
    version, so that a way back is a failure too. former: the ids of such tasks, where they are known: what became of them says nothing.
    """

    version: str
    restart: RestartRule | None
    replicas: int | None = 1
    checked: bool | None = None
    ends: bool = False
    restarted: bool = False
    former: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """What a look tells. failure: why it never will be. stuck: why it is not yet, where that may never pass. task: which one is meant.

    running: the ids of the tasks that it rests on.
    """

    reached: bool = False
    failure: str | None = None
    stuck: str | None = None
    task: TaskState | None = None
    running: frozenset[str] = frozenset()
    settled: bool = True
    """Whether what is reached needs no second look: a health check told it, or it ended."""


def is_placeless(task: TaskState) -> bool:
    """Whether it waits for a node that takes it."""
    return task.state == "pending" and any(text in task.error for text in PLACELESS)


def judge_task(condition: str, task: TaskState, checked: bool | None) -> Verdict:
    """Whether the newest task of a place meets ``condition`` (started, healthy, completed, ready). Its failure is not judged here."""
    has_check = task.has_check if checked is None else checked
    if task.state == "complete":
        if condition == "healthy":
            return Verdict(failure="it ended (exit code 0) before it was healthy", task=task)
        return Verdict(reached=True)
    if task.state == "running":
        if condition == "completed":
            return Verdict()
        if condition == "healthy" and not has_check:
            return Verdict(failure="it has no health check, neither in the file nor in its image", task=task)
        return Verdict(reached=True, running=frozenset((task.id,)), settled=has_check or condition == "started")
    if is_placeless(task):
        return Verdict(stuck=task.error, task=task)
    return Verdict()


def judge_service(condition: str, state: ServiceState, tasks: Iterable[TaskState], expected: Expected) -> Verdict:
    """Whether the tasks of ``expected.version`` meet ``condition``, all that there shall be. tasks: oldest first."""
    if replaced := _replaced(state, expected):
        return replaced
    tasks = [task for task in tasks if task.id not in expected.former]
    places = _places(tasks, expected.version)
    for place in places.values():
        if failure := _crashed(place, expected.restart):
            return failure
    if state.update is not None and state.update.state in ("paused", "rollback_paused"):
        return Verdict(failure=_told("its update was given up", state), task=_last_failed(places))
    verdicts = [judge_task(condition, _decisive(place), expected.checked) for place in places.values()]
    if failed := next((verdict for verdict in verdicts if verdict.failure), None):
        return failed
    if expected.replicas is None and not state.wanted and not places:
        return Verdict(stuck="there is no node that takes a task of it")
    # Of one on each node an engine counts those that shall run: what has ended well is wanted no more.
    wanted = max(state.wanted, len(places)) if expected.replicas is None else expected.replicas
    if len(places) < wanted and (abandoned := _abandoned(tasks, places, expected)):
        return abandoned
    reached = [verdict for verdict in verdicts if verdict.reached]
    if len(reached) < wanted or not _updated(condition, state, places):
        return next((verdict for verdict in verdicts if verdict.stuck), Verdict())
    running = frozenset(ident for verdict in reached for ident in verdict.running)
    return Verdict(reached=True, running=running, settled=all(verdict.settled for verdict in reached))


def _replaced(state: ServiceState, expected: Expected) -> Verdict | None:
    """Where the engine put the service back, or it is of another version by now, for somebody else changed it."""
    same = state.labels.get(identity.CONFIG_HASH) == expected.version
    if same and not expected.restarted:
        return None
    if state.update is not None and state.update.state in ("rolling_back", "rolled_back", "rollback_paused"):
        return Verdict(failure=_told("its update failed, and the engine puts it back", state))
    return None if same else Verdict(failure="it was changed by somebody else meanwhile")


def _told(what: str, state: ServiceState) -> str:
    message = state.update.message if state.update else ""
    return f"{what}: {message}" if message else what


def _places(tasks: Iterable[TaskState], version: str) -> dict[str, list[TaskState]]:
    """The tasks of one version by their places, oldest first; what was stopped in favour of another, or never began, says nothing."""
    found: dict[str, list[TaskState]] = {}
    for task in tasks:
        if task.labels.get(identity.CONFIG_HASH) != version:
            continue
        if task.wanted or task.state in (*FAILED, "complete"):
            found.setdefault(_place(task), []).append(task)
    return found


def _place(task: TaskState) -> str:
    return str(task.slot) if task.slot else f"on {task.node or task.id}"


def _abandoned(tasks: Iterable[TaskState], places: Mapping[str, Sequence[TaskState]], expected: Expected) -> Verdict | None:
    """Whether a task that is started no more was given up before it ended: its node went away, or takes no tasks any more."""
    if expected.restart is None or expected.restart.condition != "none":
        return None
    for task in tasks:
        if task.labels.get(identity.CONFIG_HASH) == expected.version and not task.wanted and _place(task) not in places:
            return Verdict(failure=f"it was given up on the node {task.node_name or task.node} before it ended", task=task)
    return None


def _decisive(place: Sequence[TaskState]) -> TaskState:
    """The newest; of one that ended well and was followed by another the one that did, for it does what it was told to."""
    newest = place[-1]
    ended = [task for task in place if task.state == "complete"]
    return ended[-1] if ended and newest.state not in (*FAILED, "running") else newest


def _crashed(place: Sequence[TaskState], rule: RestartRule | None) -> Verdict | None:
    """Whether its newest task failed for good: no other one follows, or too many did already."""
    newest = place[-1]
    failed = [task for task in place if task.state in FAILED]
    if not failed or any(task.state == "complete" for task in place[place.index(failed[-1]) :]):
        return None
    if newest.state in FAILED and (not newest.wanted if rule is None else rule.condition == "none"):
        return Verdict(failure=reason_of(newest), task=newest)
    if newest.state in FAILED and rule is not None and rule.max_attempts and len(failed) > rule.max_attempts:
        return Verdict(failure=f"{reason_of(newest)}, the last of {len(failed)} tries", task=newest)
    if len(failed) >= CRASHES:
        return Verdict(failure=f"it keeps failing ({len(failed)} times so far): {reason_of(failed[-1])}", task=failed[-1])
    return None


def reason_of(task: TaskState) -> str:
    """The engine's words, or the exit code where it has none."""
    if task.error and task.exit_code is None:
        return task.error
    ended = f"it ended with exit code {task.exit_code}"
    return f"{ended} ({task.error})" if task.error else ended


def _last_failed(places: Mapping[str, Sequence[TaskState]]) -> TaskState | None:
    failed = [task for place in places.values() for task in place if task.state in FAILED]
    return max(failed, key=lambda task: task.changed, default=None)


def last_failure(tasks: Iterable[TaskState], version: str) -> TaskState | None:
    """The task of a version that failed last: the evidence where the engine says no more than that an update failed."""
    return _last_failed(_places(tasks, version))


def _updated(condition: str, state: ServiceState, places: Mapping[str, Sequence[TaskState]]) -> bool:
    """Whether no change is under way any more, where that is waited for; what ended well was not to stay, whatever the engine says."""
    if condition != "ready" or all(place[-1].state == "complete" for place in places.values()):
        return True
    return state.update is None or state.update.state not in ("updating", "rolling_back")


__all__ = [
    "FAILED", "Expected", "Verdict", "is_placeless", "judge_service", "judge_task", "last_failure", "reason_of",
]  # fmt: skip
