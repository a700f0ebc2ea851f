"""Why a service is as it is: what ``up`` would do to it and because of what, and what keeps it from being ready. Only reads."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import ContainerError, NotFound, one_line
from perry_ffi.model.container_values import moment
from perry_ffi.runtime.actions.containers import Wait
from perry_ffi.runtime.health import has_healthcheck
from perry_ffi.runtime.probes import current_health
from perry_ffi.runtime.readiness import judge, last_lines
from perry_ffi.stack.conditions import CONDITIONS
from perry_ffi.stack.differences import differences
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.options import Up
from perry_ffi.stack.services import require_services

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.compose.project import Project
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.why import Waited, WhyContainer, WhyReport
    from perry_ffi.runtime.plan import Plan, Step
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.desired import Desired, Service
    from perry_ffi.stack.edges import Edge
    from perry_ffi.stack.looked import Looked
    from perry_ffi.stack.observed import Observed, Replica


STEADY_SECONDS = 10.0
"""What has run for so long stands, however often it had to be started again before: docker counts anew by the same."""
_KILLED = 137
"""The exit code of what ended by SIGKILL, which is also how a kernel ends what takes too much memory."""


async def why(context: StackContext, project: Project, services: Sequence[str]) -> list[WhyReport]:
    """A report for each of ``services``; none named: for all. Raises NotFound for one that the project does not have."""
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.why import why as of_cluster

        return await of_cluster(context, context.backend.services, project, services)
    from perry_ffi.stack.containers.up import look

    require_services(services, project.services)
    found = await look(context, project, Up())
    return [await _report(context, project, found, found.wanted.services[name]) for name in services or found.wanted.services]


async def _report(context: StackContext, project: Project, found: Looked[Desired, Observed], service: Service) -> WhyReport:
    steps = steps_of(found.plan, service.name)
    rows = found.observed.index.of_service(service.name)
    containers = [one for row in rows if (one := await _container(context.backend, service, row, steps)) is not None]
    waits = [await _waited(context, found, name, edge) for name, edge in service.depends_on.items()]
    missing = len(containers) < service.replicas
    fine = not steps and not missing and found.error is None and not any(one["notReady"] or one["recreate"] for one in containers)
    return {
        "project": project.name,
        "service": service.name,
        "asItShouldBe": fine,
        "steps": [told_step(step) for step in steps],
        "containers": containers,
        "waitsFor": waits,
        "error": None if found.error is None else found.error.message,
    }


def steps_of(plan: Plan | None, service: str) -> list[Step]:
    """What a plan does to a service: the steps that change something. None where there is no plan."""
    steps = plan.steps if plan else ()
    return [step for step in steps if step.owner == service and step.action.changes and not isinstance(step.action, Wait)]


def told_step(step: Step) -> dict[str, Any]:
    """A step as a report has it."""
    return {name: value for name, value in step.to_dict(SERVICES).items() if name in ("action", "target", "cause")}


# -- a container ------------------------------------------------------------------------------------


async def _container(backend: Backend, service: Service, row: Replica, steps: Iterable[Step]) -> WhyContainer | None:
    """None where it went away meanwhile."""
    try:
        info = await _looked_at(backend, row.id)
    except NotFound:
        return None
    cause = _cause(row, steps)
    changes, unknown = differences(service.parts(), info) if row.config_hash != service.digest and cause else ([], None)
    reason = _why_not_ready(info) or _why_unsteady(info)
    return {
        "name": row.name,
        "status": info.status,
        "health": info.health,
        "recreate": cause,
        "changes": changes,
        "unknown": unknown,
        "notReady": reason,
        "evidence": {**await evidence(backend, info), **await _memory(backend, service.tree, info)} if reason else {},
    }


def _cause(row: Replica, steps: Iterable[Step]) -> str | None:
    """Why this very container is made anew."""
    for step in steps:
        if step.action.name.startswith("remove") and step.target == row.name:
            return step.cause.removeprefix("replaced: ")
    return None


async def _looked_at(backend: Backend, ident: str) -> ContainerInfo:
    info = await backend.inspect_container(ident)
    if info.health_check is None or info.status not in ("running", "paused"):
        return info
    return info.model_copy(update={"health": await current_health(backend, info)})


def _why_not_ready(info: ContainerInfo, condition: str = "ready") -> str | None:
    restarts = info.restart_count or 0
    verdict = judge(condition, info, restarts if info.status == "restarting" else 0, ended_well=info.exit_code == 0)
    if verdict.reached:
        return None
    if verdict.failure:
        return verdict.failure
    if info.status == "created":
        return f"it cannot be started: {info.error}" if info.error else "it was created, and never started"
    if info.status in ("restarting", "exited"):
        return f"it ended with exit code {info.exit_code}, and starts again"
    if condition == "completed":
        return "it runs, and has not ended yet"
    if info.health is None:
        return "nobody knows whether it is healthy: this engine runs no health checks, and no one else did lately"
    return "its health check has not passed yet"


def _why_unsteady(info: ContainerInfo) -> str | None:
    """Why one that runs, and that nobody checks, is not to be relied on."""
    if not info.restart_count or info.status != "running" or not info.started_at or has_healthcheck(info):
        return None
    seconds = time.time() - moment(info.started_at).ns / 1e9
    if seconds >= STEADY_SECONDS:
        return None
    return f"it starts again and again ({info.restart_count} times so far), and has run for {max(0.0, seconds):.1f} s"


async def _memory(backend: Backend, tree: Mapping[str, Any], info: ContainerInfo) -> dict[str, Any]:
    """The limit of one that may have taken more memory than it was allowed, where its engine does not say so."""
    limits = ((tree.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    limit = tree.get("mem_limit") or limits.get("memory")
    if info.exit_code != _KILLED or info.oom_killed or not limit or await backend.was_stopped(info.id) is not False:
        return {}
    return {"memoryLimit": int(limit)}


async def evidence(backend: Backend, info: ContainerInfo) -> dict[str, Any]:
    """What there is to be seen of a container that is not ready: its end, its restarts, its last words, its failing probe."""
    found: dict[str, Any] = {"exitCode": info.exit_code, "error": info.error and one_line(info.error)}
    found |= {"oomKilled": True} if info.oom_killed else {}
    found |= {"restarts": info.restart_count} if info.restart_count else {}
    with suppress(ContainerError):
        found["logs"] = await last_lines(backend, info.id)
    with suppress(ContainerError):
        failed = [probe for probe in await backend.health_log(info.id) if probe.exit_code]
        if failed and info.health_check is not None:
            found["probe"] = {**failed[-1].model_dump(by_alias=True), "test": info.health_check.test}
    return {name: value for name, value in found.items() if value is not None}


# -- what it waits for ------------------------------------------------------------------------------


async def _waited(context: StackContext, found: Looked[Desired, Observed], name: str, edge: Edge) -> Waited:
    rows = found.observed.index.of_service(name)
    reason: str | None = None if rows else "it has no container"
    seen: dict[str, Any] = {}
    for row in rows:
        with suppress(NotFound):
            info = await _looked_at(context.backend, row.id)
            if unmet := _why_not_ready(info, CONDITIONS.get(edge.condition, "started")):
                reason, seen = f"{row.name}: {unmet}", await evidence(context.backend, info)
                break
    return {"service": name, "condition": edge.condition, "required": edge.required, "why": reason, "evidence": seen}
