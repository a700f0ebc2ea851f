"""Takes a project on a cluster down: dependents first, a wave at a time, until nothing of it is left on any node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from perry_ffi.advice import Advice, Option
from perry_ffi.errors import BackendNotAvailable, Timeout
from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.runtime.actions.containers import Wait
from perry_ffi.runtime.plan import Plan, PlanBuilder
from perry_ffi.runtime.rollout import Skipped
from perry_ffi.stack import identity
from perry_ffi.stack.cluster import actions, object_actions, service_actions
from perry_ffi.stack.cluster.observe import OBJECTS, ClusterObserved, newest_tasks, observe, read_tasks
from perry_ffi.stack.cluster.undo import ClusterUndo
from perry_ffi.stack.cluster.volumes import remove_images, remove_volumes
from perry_ffi.stack.cluster.watch import PATIENCE_SECONDS, watching_services
from perry_ffi.stack.elsewhere import refuse_elsewhere
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.order import Dependents, Edges, waves
from perry_ffi.stack.order import edges_of as of_containers
from perry_ffi.stack.services import require_services

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceState, TaskState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.plan import Step
    from perry_ffi.stack.cluster.watch import ClusterWatch
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.options import Down

GONE_SECONDS = 600.0
"""How long the tasks of a service may take to end: no grace is longer."""
UNLISTED_SECONDS = 60.0
"""How long a network that was removed may stay listed."""
LOOK_SECONDS = 0.25
_ENDS = "tasks of "
LOOKS = 3
"""How often it is looked for what is there: a call of a killed ``up`` may still be carried out meanwhile."""


async def down(context: StackContext, name: str, project: Project | None, options: Down) -> CleanupReport:
    """As ``stack.down.down``; volumes and images go on the nodes whose engines can be reached, and the others are told."""
    services = _services(context)
    async with context.locked(name):
        counts = {"containers_removed": 0, "networks_removed": 0, "volumes_removed": 0}
        failed: dict[str, str] = {}
        tried: set[str] = set()
        notes: tuple[str, ...] = ()
        for _ in range(LOOKS):
            plan = await (_plan if tried else plan_down)(context, name, project, options)
            there = {ident for step in plan.steps if (ident := _ident(step)) and not ident.startswith(_ENDS)}
            failed = {ident: line for ident, line in failed.items() if ident in there or ident.startswith(_ENDS)}
            if not there - tried:
                break
            tried |= there
            ending = {ident: line for ident, line in failed.items() if ident.startswith(_ENDS)}
            failed, notes = {**ending, **await _carry_out(context, services, name, plan, counts)}, plan.notes
        await _unlisted(services, name, tried - failed.keys())
        errors = list(failed.values())
        if options.volumes:
            errors += await remove_volumes(context, services, name, project, counts, options.services)
        if options.images:
            errors += await remove_images(context, services, name, project, options.images, options.services)
        if options.timeout is not None and tried:
            notes = (*notes, Advice("{}: the cluster gives each task its own stop_grace_period", Option("timeout")))
        for note in notes:
            context.bus.tell("warning", message=note)
        return CleanupReport(**counts, errors=errors)


def _services(context: StackContext) -> Services:
    assert context.backend.services is not None, "an engine that keeps services"
    return context.backend.services


async def plan_down(context: StackContext, name: str, project: Project | None, options: Down) -> Plan:
    """What ``down`` would do to services and what they need. Changes nothing. Raises Conflict where the project is elsewhere."""
    plan = await _plan(context, name, project, options)
    if plan.empty:
        await refuse_elsewhere(context, name)
    return plan


async def _plan(context: StackContext, name: str, project: Project | None, options: Down) -> Plan:
    services = _services(context)
    observed = await observe(context.backend, services, name)
    known = None if project is None else set(project.all_services)
    one_off = await _one_off(services, name) if options.services is None else {}
    there = {**observed.services, **one_off}
    stays = {key for key in observed.services if known is not None and key not in known and not options.remove_orphans}
    others = _others(observed, known, options) - stays
    goes = {key: state for key, state in there.items() if key not in stays | others}
    tasks = await read_tasks(services, goes)
    builder = PlanBuilder(name, SERVICES)
    for key in sorted(stays):
        text = "{}: an orphan, it stays; {} takes it away"
        builder.note(Advice(text, observed.services[key].name, Option("removeOrphans")))
    ended = _add_services(builder, goes, tasks, edges_of(project, observed))
    _add_objects(builder, name, observed, {key: observed.services[key] for key in stays | others}, ended, options)
    return builder.build()


async def _one_off(services: Services, name: str) -> dict[str, ServiceState]:
    """Those of ``run``, which nobody is with any more; by their names in the engine."""
    found = await services.services({identity.PROJECT: name})
    return {state.name: state for state in found if state.labels.get(identity.ONE_OFF, "").lower() == "true"}


def _others(observed: ClusterObserved, known: set[str] | None, options: Down) -> set[str]:
    """The services that stay because only others are asked for. Raises NotFound for one that nobody knows."""
    if options.services is None:
        return set()
    there = set(observed.services)
    require_services(options.services, there, known or set())
    unknown = there - known if known is not None and options.remove_orphans else set[str]()
    return there - set(options.services) - unknown


def edges_of(project: Project | None, observed: ClusterObserved) -> Edges:
    """Who depends on whom: by the model, and by their labels."""
    edges = of_containers(project, ())
    for key, state in observed.services.items():
        told = identity.read_depends_on(state.labels.get(identity.DEPENDS_ON, ""))
        edges.setdefault(key, {name: str(edge["condition"]) for name, edge in told.items()})
    return edges


def _add_services(
    builder: PlanBuilder, goes: Mapping[str, ServiceState], tasks: Mapping[str, tuple[TaskState, ...]], edges: Edges
) -> list[int]:
    """Removes services, each after the tasks of those that depend on it have ended; gives the numbers of the waits."""
    dependents = Dependents(edges)
    for wave in reversed(waves(edges, goes)):
        for key in wave:
            state = goes[key]
            count = len(newest_tasks(tasks.get(key, ())))
            action = service_actions.RemoveService(state.name, key, state.id, count)
            step = builder.add(action, "down", dependents.of(key))
            wait = Wait(f"{state.name} gone", key, (state.id,), "gone")
            dependents.add(key, builder.add(wait, "until no task is left", [step]))
    return dependents.steps


def _add_objects(
    builder: PlanBuilder,
    project: str,
    observed: ClusterObserved,
    kept: Mapping[str, ServiceState],
    ended: list[int],
    options: Down,
) -> None:
    """kept: the services that stay, and with them what they use."""
    files, networks = set[str](), set[str]()
    for state in kept.values():
        rows = state.labels.get(identity.CLUSTER_FILES, "").split(",")
        files |= {name for row in rows for name in row.partition("=")[2].split("+")}
        networks |= set(state.labels.get(identity.CLUSTER_NETWORKS, "").split(","))
    for kind in OBJECTS:
        if kind == "network" and not options.networks:
            continue
        for row in observed.of_kind(kind):
            used = row.id in networks if kind == "network" else row.name in files
            if not used:
                builder.add(object_actions.REMOVALS[kind](row.name, None, row.id, kind), "down", ended)


# -- carrying out -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Removal:
    """How the steps are carried out."""

    run: actions.ClusterRun
    watch: ClusterWatch
    count: Callable[[Step], None]
    gone: set[str] = field(default_factory=set)
    """The ids of the services that were removed: nobody waits for the tasks of one that could not be."""

    async def perform(self, step: Step) -> None:
        if isinstance(step.action, Wait):
            if not self.gone.issuperset(step.action.containers):
                raise Skipped
            for ident in step.action.containers:
                await self._ended(step.target, ident)
            return
        await self.run.perform(step)
        self.gone.add(_ident(step))
        self.count(step)

    async def _ended(self, target: str, ident: str) -> None:
        """Raises BackendNotAvailable where nothing is left but on nodes that do not answer, Timeout after ``GONE_SECONDS``."""
        left: Sequence[TaskState] = ()

        def look(state: ServiceState | None, tasks: Sequence[TaskState]) -> bool | None:
            nonlocal left
            left = tasks
            return None if state is not None or tasks else True

        with anyio.move_on_after(GONE_SECONDS) as scope:
            while True:
                with anyio.move_on_after(PATIENCE_SECONDS):
                    await self.watch.until(ident, look)
                    return
                silent = {node.id: node.name for node in await self.run.services.nodes() if not node.up}
                if left and all(task.node in silent for task in left):
                    names = ", ".join(sorted({silent[task.node] for task in left}))
                    raise BackendNotAvailable(
                        f"{names} does not answer: what runs there ends when it comes back", waitedFor=target
                    )
        if scope.cancelled_caught:
            raise Timeout(f"{target}: its tasks did not end within {GONE_SECONDS:g} s", waitedFor=target, seconds=GONE_SECONDS)


async def _carry_out(context: StackContext, services: Services, name: str, plan: Plan, counts: dict[str, int]) -> dict[str, str]:
    """Carries the plan out as far as it can, counts what went, and gives what failed, by the id of what it was about."""
    from perry_ffi.runtime.executor import Execution
    from perry_ffi.runtime.run import Run

    def count(step: Step) -> None:
        if isinstance(step.action, service_actions.RemoveService):
            counts["containers_removed"] += step.action.tasks
        elif isinstance(step.action, object_actions.RemoveClusterNetwork):
            counts["networks_removed"] += 1

    # Nothing of it is ever put back.
    undo = ClusterUndo(context.backend, services, name, "")
    run = actions.ClusterRun(Run(context.backend, undo, context.bus, SERVICES), services, undo)
    async with watching_services(services, {identity.PROJECT: name}) as watch:
        execution = Execution(plan, _Removal(run, watch, count).perform, context.bus, context.places)
        failed = await execution.run_through()
    return {_ident(step): f"{step.action.name} {step.target}: {error.message}" for step, error in failed}


def _ident(step: Step) -> str:
    match step.action:
        case service_actions.RemoveService(ident=ident) | object_actions.RemoveObject(ident=ident):
            return ident
        case Wait(containers=(ident,)):
            return _ENDS + ident
    return ""


async def _unlisted(services: Services, name: str, removed: set[str]) -> None:
    """Waits until nobody lists the networks that were removed: one that is made under such a name would be taken for them."""
    with anyio.move_on_after(UNLISTED_SECONDS):
        while True:
            if all(row.id not in removed for row in await services.objects("network", {identity.PROJECT: name})):
                return
            await anyio.sleep(LOOK_SECONDS)


__all__ = ["down", "plan_down"]
