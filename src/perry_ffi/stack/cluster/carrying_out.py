"""Carries out the plan of an ``up`` on a cluster: first the images, then what is made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perry_ffi.runtime.actions.containers import Wait
from perry_ffi.runtime.plan import Plan, PlanBuilder
from perry_ffi.stack import identity
from perry_ffi.stack.cluster import actions, fetching, service_actions
from perry_ffi.stack.cluster.definitions import Definitions
from perry_ffi.stack.cluster.observe import ClusterObserved, resolve
from perry_ffi.stack.cluster.planning import Planned, made_by, services_with
from perry_ffi.stack.cluster.readiness import Expected
from perry_ffi.stack.naming import SERVICES

if TYPE_CHECKING:
    from perry_ffi.runtime.executor import Execution
    from perry_ffi.runtime.run import Run
    from perry_ffi.stack.cluster.undo import ClusterUndo
    from perry_ffi.stack.cluster.waiting import ServiceReadiness
    from perry_ffi.stack.cluster.watch import ClusterWatch
    from perry_ffi.stack.cluster.work import Work
    from perry_ffi.stack.project_run import ProjectRun


async def fetch_images(work: Work, observed: ClusterObserved, undo: ClusterUndo) -> tuple[Plan, ClusterObserved]:
    """Builds, pushes and verifies; gives what was done, and what the references stand for afterwards."""
    builder = PlanBuilder(work.project.name, SERVICES)
    built = fetching.add_images(builder, work.wanted, observed, work.options)
    backend = work.context.backend
    making = builder.build()
    if not making.empty:
        there = frozenset(info.id for info in await backend.list_images())
        run = _run(work, undo, project=_project_run(work, undo, there))
        await _execution(work, making, run).run()
        images = {image: await resolve(backend, work.services, image) for image in built}
        unresolved = {image: error for image, error in observed.unresolved.items() if image not in images}
        observed = replace(observed, images={**observed.images, **images}, unresolved=unresolved)
    if not work.demands.of:
        return making, observed
    verifying = PlanBuilder(work.project.name, SERVICES, len(making.steps))
    fetching.add_verifications(verifying, work.demands, {})
    definitions = Definitions(work.document, work.wanted, observed.images, work.demands, work.project.working_dir)
    looking = verifying.build()
    await _execution(work, looking, replace(_run(work, undo), definitions=definitions)).run()
    return replace(making, steps=(*making.steps, *looking.steps)), observed


async def carry_out(work: Work, planned: Planned, undo: ClusterUndo) -> None:
    steps = planned.plan
    if steps.empty:
        return
    from perry_ffi.stack.cluster.watch import watching_services

    run = replace(_run(work, undo), definitions=planned.definitions)
    if not any(isinstance(step.action, Wait) for step in steps.steps):
        return await _run_to_its_end(work, steps, run)
    async with watching_services(work.services, {identity.PROJECT: work.project.name}) as watch:
        readiness = _readiness(work, planned, watch)
        await _run_to_its_end(work, steps, replace(run, readiness=readiness))


async def _run_to_its_end(work: Work, steps: Plan, run: actions.ClusterRun) -> None:
    execution = _execution(work, steps, run)
    try:
        await execution.run()
    finally:
        if execution.committed:
            run.undo.close()


def _execution(work: Work, steps: Plan, run: actions.ClusterRun) -> Execution:
    from perry_ffi.runtime.executor import Execution

    return Execution(steps, run.perform, work.context.bus, work.context.places)


def _readiness(work: Work, planned: Planned, watch: ClusterWatch) -> ServiceReadiness:
    from perry_ffi.stack.cluster.waiting import ServiceReadiness

    definitions, observed = planned.definitions, planned.observed
    made, restarted = set(made_by(planned.plan)), set(services_with(planned.plan, service_actions.RestartTasks))
    anew = restarted | {
        step.owner
        for step in planned.plan.steps
        if isinstance(step.action, service_actions.UpdateService) and step.action.restart
    }

    def expected(key: str) -> Expected:
        made_of, service = definitions.of(key), work.wanted.services[key]
        state = None if key in made else observed.services.get(key)
        version = state.labels.get(identity.CONFIG_HASH, "") if state else definitions.version(key)
        checked = service.service.has_healthcheck
        former = frozenset(task.id for task in observed.tasks.get(key, ()) if key in anew)
        return Expected(version, made_of.restart, made_of.replicas, checked, service.one_shot, key in restarted, former)

    return ServiceReadiness(
        work.context.backend, work.services, watch, work.context.bus, expected,
        idents=lambda key: definitions.idents["service", work.wanted.services[key].name],
        images=lambda key: definitions.reference(work.wanted.desired.services[key].image),
    )  # fmt: skip


def _run(work: Work, undo: ClusterUndo, *, project: ProjectRun | None = None) -> actions.ClusterRun:
    from perry_ffi.runtime.run import Run

    context = work.context
    run: Run = (
        project.run if project else Run(context.backend, undo, context.bus, SERVICES, wait_timeout=work.options.wait_timeout)
    )
    return actions.ClusterRun(run, work.services, undo, project=project)


def _project_run(work: Work, undo: ClusterUndo, there: frozenset[str]) -> ProjectRun:
    """For the building of images, which is as on one machine. there: the ids of those that were there before."""
    from perry_ffi.runtime.abilities import EngineAbilities
    from perry_ffi.runtime.run import Run
    from perry_ffi.stack.project_run import ProjectRun
    from perry_ffi.stack.specs import ProjectSpecs

    context = work.context
    specs = ProjectSpecs(
        backend=context.backend, document=work.document, desired=work.wanted.desired, images={}, transaction=undo.transaction,
        working_dir=work.project.working_dir, files=(), copied={}, abilities=EngineAbilities.of(context.backend), removed={},
        demands=work.demands,
    )  # fmt: skip
    run = Run(context.backend, undo, context.bus, SERVICES, specs)
    return ProjectRun(run, specs, {}, work.project.contents, there)


__all__ = ["carry_out", "fetch_images"]
