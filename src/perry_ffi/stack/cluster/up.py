"""``up`` on an engine that keeps services, as a transaction over the whole cluster: it converges, or it puts back what was there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perry_ffi.advice import Advice, Option
from perry_ffi.errors import Conflict, ContainerError, NotFound, one_line
from perry_ffi.runtime.plan import Plan, PlanBuilder
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.carrying_out import carry_out, fetch_images
from perry_ffi.stack.cluster.observe import ClusterObserved
from perry_ffi.stack.cluster.planning import Planned, check, made_by, planned_for, whole_plan
from perry_ffi.stack.cluster.undo import ClusterUndo
from perry_ffi.stack.cluster.work import Work, asked_for, first_look, look_again
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.promise import Promise, model_digests, promise
from perry_ffi.stack.verify import NO_DEMANDS

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_definition import ServiceDefinition
    from perry_ffi.compose.project import Project
    from perry_ffi.stack.cluster.wanted import Wanted
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.looked import Looked
    from perry_ffi.stack.options import Up

ATTEMPTS = 3
"""How often it is tried where somebody else changes the project meanwhile."""


async def look(context: StackContext, project: Project, options: Up) -> Looked[Wanted, ClusterObserved]:
    """For those who want to know more than the plan. Only reads. Raises as ``promised`` does before it plans."""
    from perry_ffi.stack.looked import looked

    work = await asked_for(context, project, options)
    observed = await first_look(work)
    return looked(work.wanted, observed, lambda: whole_plan(work, observed).plan)


async def promised(context: StackContext, project: Project, options: Up) -> tuple[Plan, Promise]:
    """What ``up`` would do, building included, and what it can be held to later. Only reads."""
    work = await asked_for(context, project, options)
    planned = whole_plan(work, await first_look(work))
    if not planned.plan.idle:
        await check(work, planned)
    return planned.plan, _promise(work, planned)


def _promise(work: Work, planned: Planned) -> Promise:
    model = model_digests(work.project, work.document, work.contents)
    return promise(work.context.engine, model, planned.observed.digests(), planned.plan)


async def up(context: StackContext, project: Project, options: Up, given: Promise | None = None) -> Plan:
    """As ``stack.up.up``; waits until every service that it changes stands, on whichever node, and every change is completed."""
    work = await asked_for(context, project, options)
    async with context.locked(project.name):
        observed = await first_look(work)
        planned = whole_plan(work, observed)
        if given is not None:
            given.hold(_promise(work, planned))
        if not planned.plan.idle:
            await check(work, planned)
        steps = planned.plan
        if not steps.empty:
            steps = await (_converge(work, observed) if given is None else _attempt(work, observed, given))
        for note in [*_left_out(options, steps), *steps.notes]:
            context.bus.tell("warning", message=one_line(note))
        return steps


def _left_out(options: Up, steps: Plan) -> list[str]:
    """What was asked for and says nothing to a cluster."""
    if options.timeout is None or not made_by(steps):
        return []
    return [Advice("{}: the cluster gives each task its own stop_grace_period", Option("timeout"))]


async def _converge(work: Work, observed: ClusterObserved) -> Plan:
    """Plans and carries out; anew where the cluster was changed meanwhile, or where a network that was listed had been removed."""
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            return await _attempt(work, observed)
        except (Conflict, NotFound) as error:
            before = observed
            work = _without_ghosts(work, observed, error)
            observed = await look_again(work)
            changed = replace(observed, images=before.images) != before
            if not attempts_left or error.details.get("rolledBack") is False or not changed:
                raise
            message = f"the cluster was changed meanwhile, so it is planned anew: {error.message}"
            work.context.bus.tell("warning", message=message)
    raise AssertionError("the last attempt gives its plan or raises")


def _without_ghosts(work: Work, observed: ClusterObserved, error: ContainerError) -> Work:
    """Where the engine does not find a network that it lists, that one was removed, and its name is free for another."""
    if not isinstance(error, NotFound) or "network" not in error.message:
        return work
    own = [row for row in observed.of_kind("network") if row.labels.get(identity.PROJECT) == work.project.name]
    return replace(work, ghosts=work.ghosts.union(row.id for row in own if row.id in error.message or row.name in error.message))


async def _attempt(work: Work, observed: ClusterObserved, given: Promise | None = None) -> Plan:
    """One transaction: the images, then the services that are made from what they turn out to be. given: see ``up``."""
    import secrets

    transaction = secrets.token_hex(8)
    context = work.context
    undo = ClusterUndo(
        context.backend, work.services, work.project.name, transaction, context.urgent,
        lambda message: context.bus.tell("warning", message=one_line(message)),
    )  # fmt: skip
    try:
        fetched, observed = await fetch_images(work, observed, undo)
        planned = planned_for(
            work, observed, PlanBuilder(work.project.name, SERVICES, len(fetched.steps)), transaction=transaction
        )
        steps = planned.plan
        if given is not None:
            given.hold_steps(steps)
        await carry_out(work, planned, undo)
        return replace(steps, steps=(*fetched.steps, *steps.steps))
    except BaseException as error:
        if work.options.rollback:
            from perry_ffi.runtime.putting_back import put_back

            await put_back(undo, work.context.bus, error)
        raise


async def definition_of(context: StackContext, project: Project, service: str, options: Up) -> ServiceDefinition:
    """What ``service`` is made from, where its networks, configs and secrets are there. Raises as ``promised``, and
    VerificationFailed where its image has to be signed and is not.
    """
    work = await asked_for(context, project, options)
    planned = planned_for(replace(work, demands=NO_DEMANDS), await look_again(work), PlanBuilder(project.name, SERVICES))
    definition = planned.definitions.of(service)
    if (demand := work.demands.of.get(work.wanted.services[service].service.image)) is not None:
        from perry_ffi.trust.admit import look as look_at_image

        reference = definition.container.image
        await demand.in_force.admit(reference, None if "@" in reference else await look_at_image(context.backend, reference))
    return definition


__all__ = ["definition_of", "look", "promised", "up"]
