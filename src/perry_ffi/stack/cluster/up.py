"""``up`` on an engine that keeps services, as a transaction over the whole cluster: it converges, or it puts back what was there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from perry_ffi.advice import Advice, Option
from perry_ffi.errors import Conflict, ContainerError, NotFound, Unsupported, ValidationError, one_line
from perry_ffi.runtime.actions.containers import Wait
from perry_ffi.runtime.plan import Plan, PlanBuilder
from perry_ffi.stack import identity
from perry_ffi.stack.check import named
from perry_ffi.stack.cluster import actions, addresses, fetching, policies
from perry_ffi.stack.cluster.check import shortfalls
from perry_ffi.stack.cluster.definition import Relations, notes
from perry_ffi.stack.cluster.definitions import Definitions, known_idents
from perry_ffi.stack.cluster.files import cluster_files
from perry_ffi.stack.cluster.observe import ClusterObserved, newest_tasks, observe, resolve
from perry_ffi.stack.cluster.readiness import Expected
from perry_ffi.stack.cluster.reconcile import keeps_networks, plan_up
from perry_ffi.stack.cluster.undo import ClusterUndo
from perry_ffi.stack.cluster.wanted import Wanted, wanted
from perry_ffi.stack.desired import Desired, desired
from perry_ffi.stack.elsewhere import refuse_elsewhere
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.promise import Promise, model_digests, promise
from perry_ffi.stack.verify import NO_DEMANDS, Demands, demands

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_definition import ServiceDefinition
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.executor import Execution
    from perry_ffi.runtime.run import Run
    from perry_ffi.stack.cluster.files import ClusterFile
    from perry_ffi.stack.cluster.waiting import ServiceReadiness
    from perry_ffi.stack.cluster.watch import ClusterWatch
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.options import Up
    from perry_ffi.stack.project_run import ProjectRun

ATTEMPTS = 3
"""How often it is tried where somebody else changes the project meanwhile."""


@dataclass(frozen=True)
class _Work:
    """One ``up``: what is asked for, and where. document: the resolved project. ghosts: the ids of networks that are going."""

    context: StackContext
    services: Services
    project: Project
    options: Up
    wanted: Wanted
    files: Mapping[str, list[ClusterFile]]
    document: dict[str, Any]
    demands: Demands = NO_DEMANDS
    ghosts: frozenset[str] = frozenset()

    @property
    def contents(self) -> dict[str, list[tuple[str, str]]]:
        """The target and the name, which tells the content, of each config and secret of a service."""
        return {name: [(file.target, file.name) for file in rows] for name, rows in self.files.items()}


@dataclass(frozen=True)
class _Planned:
    """plan: what would be done. definitions: what services would be made from."""

    plan: Plan
    definitions: Definitions
    observed: ClusterObserved = field(repr=False)


@dataclass(frozen=True)
class Looked:
    """What is wanted of a project, what is there, and what ``up`` would do; error: why nothing can be planned."""

    wanted: Wanted
    observed: ClusterObserved
    plan: Plan | None = None
    error: ContainerError | None = None


async def look(context: StackContext, project: Project, options: Up) -> Looked:
    """For those who want to know more than the plan. Only reads. Raises as ``promised`` does before it plans."""
    work = await _work(context, project, options)
    observed = await _first_look(work)
    try:
        steps = _whole_plan(work, observed).plan
    except ContainerError as error:
        return Looked(work.wanted, observed, error=error)
    return Looked(work.wanted, observed, steps)


async def promised(context: StackContext, project: Project, options: Up) -> tuple[Plan, Promise]:
    """What ``up`` would do, building included, and what it can be held to later. Only reads."""
    work = await _work(context, project, options)
    planned = _whole_plan(work, await _first_look(work))
    if not planned.plan.idle:
        await _check(work, planned)
    return planned.plan, _promise(work, planned)


def _promise(work: _Work, planned: _Planned) -> Promise:
    model = model_digests(work.project, work.document, work.contents)
    return promise(work.context.engine, model, planned.observed.digests(), planned.plan)


async def up(context: StackContext, project: Project, options: Up, given: Promise | None = None) -> Plan:
    """As ``stack.up.up``; waits until every service that it changes stands, on whichever node, and every change is completed."""
    work = await _work(context, project, options)
    async with context.locked(project.name):
        observed = await _first_look(work)
        planned = _whole_plan(work, observed)
        if given is not None:
            given.hold(_promise(work, planned))
        if not planned.plan.idle:
            await _check(work, planned)
        steps = planned.plan
        if not steps.empty:
            steps = await (_converge(work, observed) if given is None else _attempt(work, observed, given))
        for note in [*_left_out(options, steps), *steps.notes]:
            context.bus.tell("warning", message=one_line(note))
        return steps


def _left_out(options: Up, steps: Plan) -> list[str]:
    """What was asked for and says nothing to a cluster."""
    if options.timeout is None or not _made(steps):
        return []
    return [Advice("{}: the cluster gives each task its own stop_grace_period", Option("timeout"))]


async def _converge(work: _Work, observed: ClusterObserved) -> Plan:
    """Plans and carries out; anew where the cluster was changed meanwhile, or where a network that was listed had been removed."""
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            return await _attempt(work, observed)
        except (Conflict, NotFound) as error:
            before = observed
            work = _without_ghosts(work, observed, error)
            observed = await _look(work)
            changed = replace(observed, images=before.images) != before
            if not attempts_left or error.details.get("rolledBack") is False or not changed:
                raise
            message = f"the cluster was changed meanwhile, so it is planned anew: {error.message}"
            work.context.bus.tell("warning", message=message)
    raise AssertionError("the last attempt gives its plan or raises")


def _without_ghosts(work: _Work, observed: ClusterObserved, error: ContainerError) -> _Work:
    """Where the engine does not find a network that it lists, that one was removed, and its name is free for another."""
    if not isinstance(error, NotFound) or "network" not in error.message:
        return work
    own = [row for row in observed.of_kind("network") if row.labels.get(identity.PROJECT) == work.project.name]
    return replace(work, ghosts=work.ghosts.union(row.id for row in own if row.id in error.message or row.name in error.message))


async def _attempt(work: _Work, observed: ClusterObserved, given: Promise | None = None) -> Plan:
    """One transaction: the images, then the services that are made from what they turn out to be. given: see ``up``."""
    import secrets

    transaction = secrets.token_hex(8)
    context = work.context
    undo = ClusterUndo(
        context.backend, work.services, work.project.name, transaction, context.urgent,
        lambda message: context.bus.tell("warning", message=one_line(message)),
    )  # fmt: skip
    try:
        fetched, observed = await _fetch_images(work, observed, undo)
        planned = _plan(work, observed, PlanBuilder(work.project.name, SERVICES, len(fetched.steps)), transaction=transaction)
        steps = planned.plan
        if given is not None:
            given.hold_steps(steps)
        await _carry_out(work, planned, undo)
        return replace(steps, steps=(*fetched.steps, *steps.steps))
    except BaseException as error:
        if work.options.rollback:
            from perry_ffi.runtime.putting_back import put_back

            await put_back(undo, work.context.bus, error)
        raise


# -- what is asked for, and what is there -----------------------------------------------------------


async def _work(context: StackContext, project: Project, options: Up) -> _Work:
    services = context.backend.services
    assert services is not None, "an engine that keeps services"
    document = project.to_dict()
    files = await anyio.to_thread.run_sync(cluster_files, project, document, abandon_on_cancel=True)
    found = desired(project, options, {})
    asked = await demands(context, project, found)
    _refuse_scale(found, options)
    relations = Relations.of(document)
    whole = wanted(found, files, relations.waited_for, relations.linked)
    return _Work(context, services, project, options, whole, files, document, asked)


def _refuse_scale(found: Desired, options: Up) -> None:
    for name in options.scale:
        service = found.services.get(name)
        if service is not None and policies.replicas(service, f"services.{name}") is None:
            raise Unsupported(
                f"scale.{name}: the service runs once on each node", path=f"scale.{name}", member=f"scale.{name}", service=name,
                remedy=f"write mode: replicated at services.{name}.deploy",
            )  # fmt: skip


async def _first_look(work: _Work) -> ClusterObserved:
    """What is there. Raises Conflict where it is on another engine."""
    observed = await _look(work)
    if observed.empty:
        await refuse_elsewhere(work.context, work.project.name)
    return observed


async def _look(work: _Work) -> ClusterObserved:
    networks = frozenset(row.name for row in work.wanted.desired.all_networks.values() if row.external)
    external = {"network": networks}
    for kind in ("config", "secret"):
        external[kind] = frozenset(name for of, name in work.wanted.external if of == kind)
    found = await observe(
        work.context.backend,
        work.services,
        work.project.name,
        images=fetching.asked_images(work.wanted),
        external=external,
        count_nodes=fetching.counts_nodes(work.wanted.desired) or addresses.counts_nodes(work.wanted),
    )
    kept = tuple(row for row in found.of_kind("network") if row.id not in work.ghosts)
    return replace(found, objects={**found.objects, "network": kept})


# -- planning ---------------------------------------------------------------------------------------


def _whole_plan(work: _Work, observed: ClusterObserved) -> _Planned:
    """With the building and verifying, for a plan that is only to be looked at."""
    builder = PlanBuilder(work.project.name, SERVICES)
    built = fetching.add_images(builder, work.wanted, observed, work.options)
    first = fetching.add_verifications(builder, work.demands, built)
    return _plan(work, observed, builder, built=built, first=first)


def _plan(
    work: _Work, observed: ClusterObserved, builder: PlanBuilder, *, built: Mapping[str, int] | None = None,
    first: Sequence[int] = (), transaction: str = "",
) -> _Planned:  # fmt: skip
    images = fetching.settled_images(work.wanted, observed, builder, built or {})
    definitions = Definitions(
        document=work.document,
        wanted=work.wanted,
        images=images,
        demands=work.demands,
        working_dir=work.project.working_dir,
        compose_files=tuple(str(name) for name in work.project.files),
        transaction=transaction,
        parked=not work.options.start,
        ended=_ended(observed),
        idents=known_idents(work.wanted, observed, keep=keeps_networks(work.options)),
        nodes=observed.nodes,
    )
    steps = plan_up(work.wanted, observed, work.options, definitions, builder=builder, built=built, first=first)
    return _Planned(_noted(work, steps, observed.nodes), definitions, observed)


def _noted(work: _Work, steps: Plan, nodes: int | None) -> Plan:
    """With what is to be known of the services that are made or changed."""
    said = [note for key in _made(steps) for note in notes(work.document, work.wanted.desired.services[key], nodes)]
    return replace(steps, notes=tuple(dict.fromkeys([*steps.notes, *said])))


def _made(steps: Plan) -> list[str]:
    """The services that a plan makes or changes."""
    return _with(steps, actions.CreateService, actions.UpdateService)


def _with(steps: Plan, *kinds: type[actions.ClusterAction]) -> list[str]:
    """The services that a plan has such steps of."""
    return list(dict.fromkeys(step.owner for step in steps.steps if isinstance(step.action, kinds) and step.owner))


def _ended(observed: ClusterObserved) -> frozenset[str]:
    """The services whose last tasks ended well."""
    newest = {key: newest_tasks(rows).values() for key, rows in observed.tasks.items()}
    return frozenset(key for key, rows in newest.items() if rows and all(task.state == "complete" for task in rows))


async def _check(work: _Work, planned: _Planned) -> None:
    """Warns by name of what is left out, and tries what the plan makes on the engine's own rules. Raises what making it would raise."""
    backend = work.context.backend
    found = shortfalls(
        work.document, work.services.capabilities, backend=backend.name, services=list(work.wanted.services),
        working_dir=work.project.working_dir or None, strict=work.options.strict,
    )  # fmt: skip
    for warning in found:
        message = one_line(str(warning))
        work.context.bus.tell("warning", code="unsupported", message=message, member=warning.member)
    for step in planned.plan.steps:
        if isinstance(step.action, actions.CreateFile):
            await _check_file(work, step.action.file)
    looked_at = replace(planned.definitions, demands=NO_DEMANDS)
    for key in _made(planned.plan):
        with named(f"services.{key}"):
            await work.services.check_service(looked_at.of(key))


async def _check_file(work: _Work, file: ClusterFile) -> None:
    where = f"{file.kind}s.{file.key}"
    try:
        await work.services.check_file(file.kind, file.name, file.content or b"")
    except ValidationError as error:
        raise ValidationError(f"{where}: {error.message}", **{**error.details, "path": where}) from None


# -- carrying out -----------------------------------------------------------------------------------


async def _fetch_images(work: _Work, observed: ClusterObserved, undo: ClusterUndo) -> tuple[Plan, ClusterObserved]:
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


async def _carry_out(work: _Work, planned: _Planned, undo: ClusterUndo) -> None:
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


async def _run_to_its_end(work: _Work, steps: Plan, run: actions.ClusterRun) -> None:
    execution = _execution(work, steps, run)
    try:
        await execution.run()
    finally:
        if execution.committed:
            run.undo.close()


def _execution(work: _Work, steps: Plan, run: actions.ClusterRun) -> Execution:
    from perry_ffi.runtime.executor import Execution

    return Execution(steps, run.perform, work.context.bus, work.context.places)


def _readiness(work: _Work, planned: _Planned, watch: ClusterWatch) -> ServiceReadiness:
    from perry_ffi.stack.cluster.waiting import ServiceReadiness

    definitions, observed = planned.definitions, planned.observed
    made, restarted = set(_made(planned.plan)), set(_with(planned.plan, actions.RestartTasks))

    def expected(key: str) -> Expected:
        made_of, service = definitions.of(key), work.wanted.services[key]
        state = None if key in made else observed.services.get(key)
        version = state.labels.get(identity.CONFIG_HASH, "") if state else definitions.version(key)
        checked = service.service.has_healthcheck
        return Expected(version, made_of.restart, made_of.replicas, checked, service.one_shot, key in restarted)

    return ServiceReadiness(
        work.context.backend, work.services, watch, work.context.bus, expected,
        idents=lambda key: definitions.idents["service", work.wanted.services[key].name],
        images=lambda key: definitions.reference(work.wanted.desired.services[key].image),
    )  # fmt: skip


def _run(work: _Work, undo: ClusterUndo, *, project: ProjectRun | None = None) -> actions.ClusterRun:
    from perry_ffi.runtime.run import Run

    context = work.context
    run: Run = (
        project.run if project else Run(context.backend, undo, context.bus, SERVICES, wait_timeout=work.options.wait_timeout)
    )
    return actions.ClusterRun(run, work.services, undo, project=project)


def _project_run(work: _Work, undo: ClusterUndo, there: frozenset[str]) -> ProjectRun:
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


async def definition_of(context: StackContext, project: Project, service: str, options: Up) -> ServiceDefinition:
    """What ``service`` is made from, where its networks, configs and secrets are there. Raises as ``promised``, and
    VerificationFailed where its image has to be signed and is not.
    """
    work = await _work(context, project, options)
    planned = _plan(replace(work, demands=NO_DEMANDS), await _look(work), PlanBuilder(project.name, SERVICES))
    definition = planned.definitions.of(service)
    if (demand := work.demands.of.get(work.wanted.services[service].service.image)) is not None:
        from perry_ffi.trust.admit import look

        reference = definition.container.image
        await demand.in_force.admit(reference, None if "@" in reference else await look(context.backend, reference))
    return definition


__all__ = ["definition_of", "promised", "up"]
