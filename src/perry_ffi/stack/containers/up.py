"""``up`` on an engine of containers, as a transaction: it converges, or it puts back what was there."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from perry_ffi.errors import Conflict, Unsupported, one_line
from perry_ffi.runtime.abilities import EngineAbilities
from perry_ffi.runtime.actions.containers import CreateContainer, Wait
from perry_ffi.runtime.plan import Plan, Step
from perry_ffi.stack import identity
from perry_ffi.stack.check import check
from perry_ffi.stack.containers.kept import tell_kept
from perry_ffi.stack.containers.network_remaking import followers
from perry_ffi.stack.containers.observe import observe
from perry_ffi.stack.containers.reconcile import plan_images, plan_up
from perry_ffi.stack.containers.steps.files import CopyFiles
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.delivery import refuse_undeliverable, refuse_unreachable
from perry_ffi.stack.desired import Definition, Desired, desired
from perry_ffi.stack.edges import shared_namespaces
from perry_ffi.stack.elsewhere import refuse_elsewhere
from perry_ffi.stack.mounted_files import with_mounted
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.observed import Differs, Observed
from perry_ffi.stack.options import Up
from perry_ffi.stack.promise import Promise, model_digests, observed_digests, promise
from perry_ffi.stack.steps.images import BuildImage
from perry_ffi.stack.translate.archive import digest, read_files
from perry_ffi.stack.translate.files import FileMount, file_mounts
from perry_ffi.stack.verify import NO_DEMANDS, Demands, demands

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.executor import Execution
    from perry_ffi.runtime.removed import Removed
    from perry_ffi.runtime.rollback import UndoLog
    from perry_ffi.runtime.rollout import Perform
    from perry_ffi.runtime.watch import Watch
    from perry_ffi.stack.looked import Looked
    from perry_ffi.stack.project_run import ProjectRun

# Most of the time there is nothing to do: what a plan is carried out with is imported where there is one.


ATTEMPTS = 3
"""How often it is tried where somebody else changes the project meanwhile."""


Mounts = Mapping[str, list[FileMount]]
"""The configs and secrets of each service, with their contents."""

Contents = Mapping[str, list[tuple[str, str]]]
"""The target and digest of each of them."""


@dataclass(frozen=True)
class _Work:
    """One ``up``: what is asked for, and where. document: the resolved project. notes: on members that say nothing, to be told.
    also: services that nobody asked for and that have to follow, as ``desired`` takes them. demands: which images have to be
    verified.
    """

    context: StackContext
    project: Project
    options: Up
    wanted: Desired
    mounts: Mounts
    document: dict[str, Any]
    contents: Contents
    notes: tuple[str, ...] = ()
    also: Mapping[str, int] = field(default_factory=dict)
    demands: Demands = NO_DEMANDS

    def execution(self, steps: Plan, perform: Perform) -> Execution:
        from perry_ffi.runtime.executor import Execution

        return Execution(steps, perform, self.context.bus, self.context.places)


async def promised(context: StackContext, project: Project, options: Up) -> tuple[Plan, Promise]:
    """The plan of ``up``, and what ``up`` can hold it to later. As ``stack.up.promised``."""
    work, observed = await _first_look(await _work(context, project, options))
    steps = plan_up(work.wanted, observed, options, images=True, demands=work.demands)
    if not steps.idle:
        await _check(work, steps)
    return steps, _promise(work, observed, steps)


async def look(context: StackContext, project: Project, options: Up) -> Looked[Desired, Observed]:
    """For those who want to know more than the plan. Only reads. Raises as ``promised`` does before it plans."""
    from perry_ffi.stack.looked import looked

    work, observed = await _first_look(await _work(context, project, options))
    return looked(work.wanted, observed, lambda: plan_up(work.wanted, observed, options, images=True, demands=work.demands))


def _promise(work: _Work, observed: Observed, steps: Plan) -> Promise:
    model = model_digests(work.project, work.document, work.contents)
    return promise(work.context.engine, model, observed_digests(observed), steps)


async def up(context: StackContext, project: Project, options: Up, given: Promise | None = None) -> Plan:
    """Brings ``project`` up and gives the plan that was carried out. As ``stack.up.up``."""
    work = await _work(context, project, options)
    async with context.locked(project.name):
        work, observed = await _first_look(work)
        steps = plan_up(work.wanted, observed, options, images=True, demands=work.demands)
        if given is not None:
            given.hold(_promise(work, observed, steps))
        if not steps.idle:
            await _check(work, steps)
        if options.containers:
            tell_kept(context.bus, project.name, observed.containers, work.wanted.services, steps)
        if not steps.empty:
            steps = await (_converge(work, observed) if given is None else _attempt(work, observed, given))
        _tell_notes(context, steps)
        return steps


async def _converge(work: _Work, observed: Observed) -> Plan:
    """Plans and carries out; anew where the engine was changed meanwhile, by a call of a killed process, say."""
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            return await _attempt(work, observed)
        except Conflict as error:
            before = observed
            work, observed = await _look(work)
            changed = replace(observed, images=before.images, stale=before.stale) != before
            if not attempts_left or not error.details.get("rolledBack") or not changed:
                raise
            message = f"the engine was changed meanwhile, so it is planned anew: {error.message}"
            work.context.bus.tell("warning", message=message)
    raise AssertionError("the last attempt gives its plan or raises")


async def _attempt(work: _Work, observed: Observed, given: Promise | None = None) -> Plan:
    """One transaction: the images, then what depends on what they turn out to be. given: see ``up``."""
    from perry_ffi.runtime.rollback import UndoLog

    undo = UndoLog(work.context.backend, os.urandom(8).hex(), identity.TRANSACTION, work.context.urgent)
    try:
        fetched, observed = await _fetch_images(work, observed, undo)
        if given is not None:
            for image in given.pulls:
                given.hold_pulled(image, (await work.context.backend.inspect_image(image)).digests)
        steps = plan_up(work.wanted, observed, work.options, after=len(fetched.steps))
        if given is not None:
            given.hold_steps(steps)
        await _carry_out(work, observed, steps, undo)
        return replace(steps, steps=(*fetched.steps, *steps.steps))
    except BaseException as error:
        if work.options.rollback:
            from perry_ffi.runtime.putting_back import put_back

            await put_back(undo, work.context.bus, error)
        raise


async def _check(work: _Work, steps: Plan) -> None:
    for note in work.notes:
        work.context.bus.tell("warning", message=one_line(note))
    backend = work.context.backend
    for service in dict.fromkeys(step.owner or "" for step in steps.steps if isinstance(step.action, CreateContainer)):
        refuse_unreachable(backend, work.mounts.get(service, ()))
    folder, services = work.project.working_dir, list(work.wanted.services)
    await check(work.context, work.document, steps, services, working_dir=folder, strict=work.options.strict)
    for service in dict.fromkeys(step.owner or "" for step in steps.steps if isinstance(step.action, CopyFiles)):
        refuse_undeliverable(backend, work.mounts.get(service, ()))
    if not EngineAbilities.of(backend).health:
        for step in steps.steps:
            if isinstance(step.action, Wait) and step.action.condition == "healthy":
                raise _no_health(backend, step)


def _no_health(backend: Backend, step: Step) -> Unsupported:
    reason = backend.capabilities.of("op.health_probes").reason
    return Unsupported(
        f"services.{step.owner}: {backend.name} cannot tell whether it is healthy ({step.cause}): {reason}",
        service=step.owner, member="op.health_probes", backend=backend.name, reason=reason,
        remedy="wait for service_started instead",
    )  # fmt: skip


def _tell_notes(context: StackContext, steps: Plan) -> None:
    for note in steps.notes:
        context.bus.tell("warning", message=one_line(note))


async def _work(context: StackContext, project: Project, options: Up) -> _Work:
    project, notes = await anyio.to_thread.run_sync(with_mounted, project, abandon_on_cancel=True)
    document = project.to_dict()
    mounts = await anyio.to_thread.run_sync(_read_mounts, project, document, abandon_on_cancel=True)
    contents = {name: [(entry.target, digest([entry])) for entry in found] for name, found in mounts.items()}
    wanted = desired(project, options, contents)
    asked = await demands(context, project, wanted)
    return _Work(context, project, options, wanted, mounts, document, contents, tuple(notes), demands=asked)


def _read_mounts(project: Project, document: Mapping[str, Any]) -> dict[str, list[FileMount]]:
    return {
        name: read_files(found) for name in project.services if (found := file_mounts(document, name, contents=project.contents))
    }


async def _first_look(work: _Work) -> tuple[_Work, Observed]:
    """What is there. Raises Conflict where it is on another engine."""
    work, observed = await _look(work)
    if not observed.containers:
        await refuse_elsewhere(work.context, work.project.name)
    return work, observed


async def _look(work: _Work) -> tuple[_Work, Observed]:
    """What is there; and the work, with those too who have to follow because they are on a network that goes."""
    while True:
        observed = await _observe(work)
        found = followers(work.wanted, observed, work.options)
        also = {**work.also, **{name: count for name, count in found.items() if name in work.project.services}}
        if also.keys() == work.also.keys():
            return work, observed
        wanted = desired(work.project, work.options, work.contents, also)
        work = replace(work, also=also, wanted=wanted, demands=await demands(work.context, work.project, wanted))


async def _observe(work: _Work) -> Observed:
    wanted = work.wanted
    return await observe(
        work.context.backend,
        wanted.project,
        networks=_definitions(wanted),
        volumes=[row.name for row in wanted.all_volumes.values()],
        images=[*(service.image for service in [*wanted.services.values(), *wanted.sources.values()]), *work.demands.of],
        refresh=_refresh(wanted),
        joined=_joined(wanted),
        planned={name: service.digest for name, service in wanted.services.items()},
        verified=work.demands.of,
    )


def _definitions(wanted: Desired) -> dict[str, Differs | None]:
    """By the name of each network: whether one with these labels is not as it shall be; ``None`` for an external one."""
    found: dict[str, list[Definition]] = {}
    for row in wanted.all_networks.values():
        found.setdefault(row.name, []).extend([] if row.external else [row])
    return {name: _differs(rows) if rows else None for name, rows in found.items()}


def _differs(rows: list[Definition]) -> Differs:
    return lambda config_hash, peer_hash: all(row.differs(config_hash, peer_hash) for row in rows)


def _refresh(wanted: Desired) -> dict[str, float]:
    """After how many seconds each image is pulled again, where a service says so: the shortest of them."""
    found: dict[str, float] = {}
    for service in wanted.services.values():
        if service.refresh_after is not None:
            found[service.image] = min(service.refresh_after, found.get(service.image, service.refresh_after))
    return found


def _joined(wanted: Desired) -> set[str]:
    """The services that are in others' namespaces, and those others."""
    pairs = {name: shared_namespaces(service.tree) for name, service in wanted.services.items()}
    return {name for name, others in pairs.items() if others}.union(*pairs.values())


async def _fetch_images(work: _Work, observed: Observed, undo: UndoLog) -> tuple[Plan, Observed]:
    """Builds, pulls and verifies; gives what was done, and what the engine holds afterwards."""
    steps = plan_images(work.wanted, observed, work.options, work.demands)
    if steps.empty:
        return steps, observed
    backend = work.context.backend
    builds = any(isinstance(step.action, BuildImage) for step in steps.steps)
    there = frozenset(info.id for info in await backend.list_images()) if builds else frozenset()
    await work.execution(steps, _project_run(work, observed, undo, built_beside=there).perform).run()
    images = dict(observed.images)
    for step in steps.steps:
        if step.action.changes and step.target not in work.demands.admitted:
            images[step.target] = await backend.image_id(step.target)
    # What was verified, and not what its name stands for by now.
    images.update({image: admitted.ident for image, admitted in work.demands.admitted.items()})
    return steps, replace(observed, images=images)


async def _carry_out(work: _Work, observed: Observed, steps: Plan, undo: UndoLog) -> None:
    if steps.empty:
        return
    from perry_ffi.runtime.rollout import Rollouts

    waits = any(isinstance(step.action, Wait) for step in steps.steps)
    async with _watch_if(waits, work.context, work.project.name) as watch:
        run = _project_run(work, observed, undo, watch)
        rollouts = Rollouts(steps.rollouts, run.perform, work.context.backend, work.context.bus, SERVICES)
        execution = work.execution(steps, rollouts.perform)
        try:
            await execution.run()
        finally:
            if execution.committed:
                undo.close()
        if failure := rollouts.failure:
            # What was replaced stays so, and what was not goes on: it is what was asked for.
            undo.close()
            raise failure


@asynccontextmanager
async def _watch_if(needed: bool, context: StackContext, project: str) -> AsyncIterator[Watch | None]:
    if not needed:
        yield None
        return
    from perry_ffi.runtime.watch import watching

    async with watching(context.backend, identity.watched(project)) as watch:
        yield watch


def _project_run(
    work: _Work,
    observed: Observed,
    undo: UndoLog,
    watch: Watch | None = None,
    built_beside: frozenset[str] = frozenset(),
) -> ProjectRun:
    from perry_ffi.runtime.readiness import Readiness
    from perry_ffi.runtime.run import Run
    from perry_ffi.stack.project_run import ProjectRun
    from perry_ffi.stack.specs import ProjectSpecs

    context, project = work.context, work.project
    removed: dict[str, Removed] = {}
    specs = ProjectSpecs(
        backend=context.backend,
        document=work.document,
        desired=work.wanted,
        images=observed.images,
        transaction=undo.transaction,
        working_dir=project.working_dir,
        files=tuple(str(name) for name in project.files),
        copied={name: [entry for entry in found if entry.delivery == "copy"] for name, found in work.mounts.items()},
        abilities=observed.abilities,
        removed=removed,
        demands=work.demands,
    )
    run = Run(
        backend=context.backend,
        undo=undo,
        bus=context.bus,
        naming=SERVICES,
        specs=specs,
        group_labels={identity.PROJECT: work.wanted.project},
        readiness=Readiness(context.backend, watch, SERVICES, context.probed, context.bus) if watch is not None else None,
        wait_timeout=work.options.wait_timeout,
        removed=removed,
    )
    return ProjectRun(run, specs, work.mounts, project.contents, built_beside)
