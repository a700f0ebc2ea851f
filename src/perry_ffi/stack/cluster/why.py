"""Why a service of a cluster is as it is: what ``up`` would do to it and because of which members, and what keeps its tasks. Only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import ContainerError
from perry_ffi.stack import identity
from perry_ffi.stack.cluster import service_actions
from perry_ffi.stack.cluster.evidence import evidence
from perry_ffi.stack.cluster.made_from import parts
from perry_ffi.stack.cluster.observe import read_tasks
from perry_ffi.stack.cluster.readiness import FAILED, Expected, Verdict, judge_service, reason_of
from perry_ffi.stack.cluster.rows import engine_with, node_of, place_of, present, task_info, task_name
from perry_ffi.stack.cluster.up import look
from perry_ffi.stack.conditions import CONDITIONS
from perry_ffi.stack.differences import differences
from perry_ffi.stack.observed import replica
from perry_ffi.stack.options import Up
from perry_ffi.stack.services import require_services
from perry_ffi.stack.why import steps_of, told_step

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.service_records import ServiceState, TaskState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.compose.project import Project
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.why import MemberChange, Waited, WhyContainer, WhyReport
    from perry_ffi.runtime.plan import Step
    from perry_ffi.stack.cluster.observe import ClusterObserved
    from perry_ffi.stack.cluster.wanted import Wanted, WantedService
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.edges import Edge
    from perry_ffi.stack.looked import Looked

_REPLACES = (service_actions.UpdateService, service_actions.ReplaceService, service_actions.RestartTasks)
_TOLD_OTHERWISE = ("container_name", "restart", "ports", "networks", "network_mode", "volumes")
"""Members that a task's container has in the cluster's words, which are not the file's."""
_WAITS: Mapping[str, str] = {
    "new": "the cluster has not allotted it yet: where that lasts, its network may have no address left",
    "pending": "no node has taken it yet",
    "preparing": "its node fetches its image and prepares it",
    "starting": "it starts",
    "stopped": "it was stopped",
    "lost": "its node does not answer",
}


@dataclass(frozen=True)
class _Seen:
    """What is asked for and there. tasks: by the services' names in the file."""

    backend: Backend
    services: Services
    project: str
    found: Looked[Wanted, ClusterObserved]
    tasks: Mapping[str, tuple[TaskState, ...]]

    def state(self, service: str) -> ServiceState | None:
        return self.found.observed.services.get(service)

    def verdict(self, service: str, condition: str) -> Verdict:
        """Of what is there, in the version that it has."""
        state = self.state(service)
        assert state is not None
        wanted = self.found.wanted.services.get(service)
        checked = None if wanted is None else wanted.service.has_healthcheck
        replicas = None if state.everywhere else state.wanted
        expected = Expected(state.labels.get(identity.CONFIG_HASH, ""), None, replicas, checked)
        return judge_service(condition, state, self.tasks[service], expected)


async def why(context: StackContext, services: Services, project: Project, names: Sequence[str]) -> list[WhyReport]:
    """As ``stack.why.why``: a service is a row where its tasks would be replaced, and each of its tasks is one."""
    require_services(names, project.services)
    found = await look(context, project, Up())
    tasks = await read_tasks(services, found.observed.services)
    seen = _Seen(context.backend, services, project.name, found, tasks)
    return [await _report(seen, found.wanted.services[name]) for name in names or found.wanted.services]


async def _report(seen: _Seen, wanted: WantedService) -> WhyReport:
    found, state = seen.found, seen.state(wanted.key)
    steps = steps_of(found.plan, wanted.key)
    rows: list[WhyContainer] = []
    missing = True
    if state is not None:
        shown = await _tasks(seen, wanted, state)
        missing = len(shown) < state.wanted
        rows = [*await _service(seen, wanted, state, steps), *shown]
    waits = [await _waited(seen, name, edge) for name, edge in wanted.service.depends_on.items()]
    fine = not steps and not missing and found.error is None and not any(row["notReady"] or row["recreate"] for row in rows)
    return {
        "project": seen.project, "service": wanted.key, "asItShouldBe": fine, "steps": [told_step(step) for step in steps],
        "containers": rows, "waitsFor": waits,
        "error": None if found.error is None else found.error.message,
    }  # fmt: skip


# -- the service --------------------------------------------------------------------------------------


async def _service(seen: _Seen, wanted: WantedService, state: ServiceState, steps: Sequence[Step]) -> list[WhyContainer]:
    """A row where ``up`` would replace its tasks, or where its latest change was given up."""
    cause = next((step.cause for step in steps if isinstance(step.action, _REPLACES)), None)
    verdict = seen.verdict(wanted.key, "ready")
    reason = verdict.failure if verdict.task is None else None
    if cause is None and reason is None:
        return []
    changes, unknown = await _changes(seen, wanted, state) if cause else ([], None)
    status = state.update.state if state.update else "running"
    return [
        {
            "name": state.name, "status": status, "health": None, "recreate": cause, "changes": changes, "unknown": unknown,
            "notReady": reason, "evidence": {},
        }
    ]  # fmt: skip


async def _changes(seen: _Seen, wanted: WantedService, state: ServiceState) -> tuple[list[MemberChange], str | None]:
    """Which members differ; what they were is told by the container of a task, where its node can be reached."""
    info = await _container(seen, state, seen.tasks[wanted.key])
    told = info is not None
    if info is None:
        info = task_info(state, seen.tasks[wanted.key][-1]) if seen.tasks[wanted.key] else None
    if info is None:
        return [], None
    labelled = info.model_copy(
        update={"labels": {**info.labels, **state.labels}, "image": state.labels.get(identity.REFERENCE, info.image)}
    )
    changes, unknown = differences(parts(wanted), labelled)
    return [_in_words(change, told) for change in changes], unknown


def _in_words(change: MemberChange, told: bool) -> MemberChange:
    member = change["path"].partition(".")[0]
    known = member == "image" or (told and member not in _TOLD_OTHERWISE)
    return change if known else {**change, "old": None}


async def _container(seen: _Seen, state: ServiceState, tasks: Sequence[TaskState]) -> ContainerInfo | None:
    for task in present(state, tasks):
        if task.container:
            with suppress(ContainerError):
                row = replica(seen.backend, task_info(state, task))
                return await (await engine_with(seen.services, row)).inspect_container(row.id)
    return None


# -- its tasks ----------------------------------------------------------------------------------------


async def _tasks(seen: _Seen, wanted: WantedService, state: ServiceState) -> list[WhyContainer]:
    tasks = seen.tasks[wanted.key]
    verdict = seen.verdict(wanted.key, "ready")
    found: list[WhyContainer] = []
    for task in present(state, tasks):
        reason, meant = _why_not_ready(task, tasks)
        if verdict.failure and verdict.task is not None and place_of(verdict.task) == place_of(task):
            reason, meant = verdict.failure, verdict.task
        info = task_info(state, task)
        found.append({
            "name": task_name(state, task), "status": info.status, "health": info.health, "recreate": None, "changes": [],
            "unknown": None, "notReady": reason, "evidence": await _evidence(seen, wanted.key, state, meant) if reason else {},
        })  # fmt: skip
    return found


def _why_not_ready(task: TaskState, tasks: Sequence[TaskState]) -> tuple[str | None, TaskState]:
    """What keeps it, and the task that shows it: one that failed before it in its place says more than that it starts. Pure."""
    if task.state in ("running", "complete"):
        return None, task
    if task.state in FAILED:
        return reason_of(task), task
    before = [one for one in tasks if place_of(one) == place_of(task) and one.state in FAILED and one.created <= task.created]
    if before and task.wanted:
        return f"{reason_of(before[-1])}, and another one takes its place", before[-1]
    if task.state == "starting" and task.has_check:
        return "its health check has not passed yet", task
    said = _WAITS.get(task.state, f"it is {task.state}")
    return (f"{said}: {task.error}" if task.error else said), task


async def _evidence(seen: _Seen, service: str, state: ServiceState, task: TaskState) -> dict[str, Any]:
    """With the last probe that failed, where the node of the task can be reached."""
    found = {name: value for name, value in (await evidence(seen.services, service, task)).items() if value is not None}
    if not task.has_check or not task.container or node_of(task) == "":
        return found
    with suppress(ContainerError):
        row = replica(seen.backend, task_info(state, task))
        engine = await engine_with(seen.services, row)
        failed = [probe for probe in await engine.health_log(row.id) if probe.exit_code]
        check = (await engine.inspect_container(row.id)).health_check
        if failed and check is not None:
            found["probe"] = {**failed[-1].model_dump(by_alias=True), "test": check.test}
    return found


# -- what it waits for --------------------------------------------------------------------------------


async def _waited(seen: _Seen, name: str, edge: Edge) -> Waited:
    state = seen.state(name)
    reason: str | None = "it is not there"
    shown: dict[str, Any] = {}
    if state is not None:
        reason, task = _unmet(seen, name, state, CONDITIONS.get(edge.condition, "started"))
        if reason and task is not None:
            shown = await _evidence(seen, name, state, task)
    return {"service": name, "condition": edge.condition, "required": edge.required, "why": reason, "evidence": shown}


def _unmet(seen: _Seen, name: str, state: ServiceState, condition: str) -> tuple[str | None, TaskState | None]:
    """Why its tasks do not meet a condition, and the one that shows it."""
    rows = present(state, seen.tasks[name])
    if not rows:
        return "it has no task", None
    verdict = seen.verdict(name, condition)
    if verdict.reached:
        return None, None
    if verdict.failure or verdict.stuck:
        said = f"{task_name(state, verdict.task)}: " if verdict.task else ""
        return f"{said}{verdict.failure or verdict.stuck}", verdict.task
    for task in rows:
        reason, meant = _why_not_ready(task, seen.tasks[name])
        if reason is None and condition == "completed" and task.state == "running":
            reason = "it runs, and has not ended yet"
        if reason is not None:
            return f"{task_name(state, task)}: {reason}", meant
    return "its change is still under way", None


__all__ = ["why"]
