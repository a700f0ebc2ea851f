"""The plan of an ``up`` on a cluster: made of what is asked for and what is there, and tried on the engine's own rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from perry_ffi.errors import ValidationError, one_line
from perry_ffi.runtime.plan import Plan, PlanBuilder
from perry_ffi.stack.check import named
from perry_ffi.stack.cluster import actions, fetching, object_actions, service_actions
from perry_ffi.stack.cluster.check import shortfalls
from perry_ffi.stack.cluster.definition import notes
from perry_ffi.stack.cluster.definitions import Definitions, known_idents
from perry_ffi.stack.cluster.observe import ClusterObserved, newest_tasks
from perry_ffi.stack.cluster.ports import refuse_taken
from perry_ffi.stack.cluster.reconcile import keeps_networks, plan_up
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.verify import NO_DEMANDS

if TYPE_CHECKING:
    from perry_ffi.stack.cluster.files import ClusterFile
    from perry_ffi.stack.cluster.work import Work


@dataclass(frozen=True)
class Planned:
    """plan: what would be done. definitions: what services would be made from."""

    plan: Plan
    definitions: Definitions
    observed: ClusterObserved = field(repr=False)


def whole_plan(work: Work, observed: ClusterObserved) -> Planned:
    """With the building and verifying, for a plan that is only to be looked at."""
    builder = PlanBuilder(work.project.name, SERVICES)
    built = fetching.add_images(builder, work.wanted, observed, work.options)
    first = fetching.add_verifications(builder, work.demands, built)
    return planned_for(work, observed, builder, built=built, first=first)


def planned_for(
    work: Work, observed: ClusterObserved, builder: PlanBuilder, *, built: Mapping[str, int] | None = None,
    first: Sequence[int] = (), transaction: str = "",
) -> Planned:  # fmt: skip
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
        ended=_ended(work, observed),
        idents=known_idents(work.wanted, observed, keep=keeps_networks(work.options)),
        nodes=observed.nodes,
    )
    steps = plan_up(work.wanted, observed, work.options, definitions, builder=builder, built=built, first=first)
    return Planned(_noted(work, steps, observed.nodes), definitions, observed)


def _noted(work: Work, steps: Plan, nodes: int | None) -> Plan:
    """With what is to be known of the services that are made or changed."""
    said = [note for key in made_by(steps) for note in notes(work.document, work.wanted.desired.services[key], nodes)]
    return replace(steps, notes=tuple(dict.fromkeys([*steps.notes, *said])))


def made_by(steps: Plan) -> list[str]:
    """The services that a plan makes or changes."""
    return services_with(steps, service_actions.CreateService, service_actions.UpdateService)


def services_with(steps: Plan, *kinds: type[actions.ClusterAction]) -> list[str]:
    """The services that a plan has such steps of."""
    return list(dict.fromkeys(step.owner for step in steps.steps if isinstance(step.action, kinds) and step.owner))


def _ended(work: Work, observed: ClusterObserved) -> frozenset[str]:
    """The services whose last tasks ended well, and may do so again."""
    newest = {key: newest_tasks(rows).values() for key, rows in observed.tasks.items()}
    ended = {key for key, rows in newest.items() if rows and all(task.state == "complete" for task in rows)}
    return frozenset(ended - {key for key, service in work.wanted.services.items() if service.stays})


async def check(work: Work, planned: Planned) -> None:
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
        if isinstance(step.action, object_actions.CreateFile):
            await _check_file(work, step.action.file)
    looked_at, published = replace(planned.definitions, demands=NO_DEMANDS), {}
    for key in made_by(planned.plan):
        with named(f"services.{key}"):
            definition = looked_at.of(key)
            await work.services.check_service(definition)
        published[key] = definition.ports
    own = planned.observed.services
    refuse_taken(work.document, published, [*own.values(), *planned.observed.beside], own)


async def _check_file(work: Work, file: ClusterFile) -> None:
    where = f"{file.kind}s.{file.key}"
    try:
        await work.services.check_file(file.kind, file.name, file.content or b"")
    except ValidationError as error:
        raise ValidationError(f"{where}: {error.message}", **{**error.details, "path": where}) from None


__all__ = ["Planned", "check", "made_by", "planned_for", "services_with", "whole_plan"]
