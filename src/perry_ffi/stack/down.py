"""Takes a project down: dependents first, as much at a time as that allows, and all of it even where a part fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.advice import Advice, Option
from perry_ffi.errors import ContainerError
from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.runtime.executor import Execution, Failure
from perry_ffi.runtime.plan import Action, Plan, PlanBuilder, Step
from perry_ffi.stack import identity
from perry_ffi.stack.anonymous import remove_with, volume_exists
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.desired import joined_services
from perry_ffi.stack.elsewhere import refuse_elsewhere
from perry_ffi.stack.hooks import run_hook
from perry_ffi.stack.observe import Replica, Resource, list_own, read_replicas, read_resources
from perry_ffi.stack.options import Down
from perry_ffi.stack.order import Dependents, Edges, edges_of, waves
from perry_ffi.stack.translate.hooks import hooks

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project


Subject = tuple[str | None, str]
"""What a step is about: its id, if it has one, and its name."""

LOOKS = 3
"""How often it is looked for what is there: a call of a killed ``up`` may still be carried out meanwhile."""


async def down(context: StackContext, name: str, project: Project | None, options: Down) -> CleanupReport:
    """Takes project ``name`` down and reports what went and what did not. Volumes stay unless they are asked for.

    project: its model, if there is one: for orphans, hooks and images. A call that failed is no failure of the report where
    what it was about is gone all the same: its answer was lost, say. An orphan that is to stay is no failure, and neither is the
    network that it is on: both are told.
    """
    async with context.locked(name):
        counts = dict.fromkeys(_COUNTED.values(), 0)
        failed: list[Failure] = []
        tried: set[str] = set()
        notes: tuple[str, ...] = ()
        blind: list[str] = []
        for _ in range(LOOKS):
            try:
                plan = await (_plan if tried else plan_down)(context, name, project, options)
                if tried and not _subjects(plan) - tried:
                    there = {_subject(step) for step in plan.steps}
                    failed = [row for row in failed if await _still_there(context, row[0], there, counts)]
                    break
            except ContainerError as error:
                if not tried:
                    raise
                blind.append(f"what is left could not be looked at: {error.message}")
                break
            tried |= _subjects(plan)
            failed, notes = await _carry_out(context, plan, project, counts), plan.notes
        for note in notes:
            context.hub.tell("warning", message=note)
        lines = [f"{step.action.value} {step.target}: {error.message}" for step, error in failed]
        return CleanupReport(**counts, errors=[*lines, *blind])


async def _still_there(context: StackContext, step: Step, now: set[Subject], counts: dict[str, int]) -> bool:
    """Whether a step that failed left what it was to take away, as a fresh look tells; counts it where it did not."""
    if step.action is Action.RUN_HOOK:
        return True
    if step.action is Action.REMOVE_IMAGE:
        return await context.backend.image_id(step.target) is not None
    if step.arguments.get("anonymous"):
        return await volume_exists(context.backend, step.target)
    there = _subject(step) in now
    if not there:
        _count(step, counts)
    # Volumes that carried its configs and secrets go after it, and no look finds them.
    return there or bool(step.arguments.get("files"))


def _subject(step: Step) -> Subject:
    return step.arguments.get("id"), step.target


def _subjects(plan: Plan) -> set[str]:
    return {step.arguments["id"] for step in plan.steps if "id" in step.arguments} | {""}


async def plan_down(context: StackContext, name: str, project: Project | None, options: Down) -> Plan:
    """What ``down`` would do. Changes nothing. Raises Conflict where the project is on another engine."""
    plan = await _plan(context, name, project, options)
    holds = any(step.action is not Action.REMOVE_IMAGE for step in plan.steps)
    if not holds and not await list_own(context.backend, name):
        await refuse_elsewhere(context, name)
    return plan


async def _plan(context: StackContext, name: str, project: Project | None, options: Down) -> Plan:
    replicas = await read_replicas(context.backend, name)
    networks, volumes = await read_resources(context.backend, name)
    known = None if project is None else {*project.services, *project.disabled_services}
    stays = {r.service for r in replicas if known is not None and r.service not in known and not options.remove_orphans}
    kept = [r for r in replicas if r.service in stays]
    goes = [r for r in replicas if r.service not in stays]
    builder = PlanBuilder(name)
    removed = add_removals(builder, goes, edges_of(project, replicas), project, options)
    for row in kept:
        builder.note(Advice("{}: an orphan, it stays; {} takes it away", row.name, Option("removeOrphans")))
    if options.networks:
        _add_networks(builder, networks, project, removed, {n for row in kept for n in row.networks})
    if options.volumes:
        for volume in _own(volumes, "volumes", project):
            builder.add(Action.REMOVE_VOLUME, volume.name, "down with volumes", removed)
    for image in _images(name, project, goes, options):
        builder.add(Action.REMOVE_IMAGE, image, f"down with {options.images} images", removed)
    return builder.build()


def add_removals(builder: PlanBuilder, rows: list[Replica], edges: Edges, project: Project | None, options: Down) -> list[int]:
    """Stops and removes containers, each after those that depend on it have stopped; gives the removals' numbers.

    Their anonymous volumes go only where volumes are asked for, as Compose has it.
    """
    own: dict[str, list[Replica]] = {}
    for row in rows:
        own.setdefault(row.service, []).append(row)
    stopped, removed = Dependents(edges), Dependents(_joining(project, edges))
    for service in reversed(_flat(edges, own.keys())):
        needs, gone = list(stopped.of(service)), list(removed.of(service))
        for row in own[service]:
            last = _stopped(builder, row, project, needs, options.timeout, "down")
            for step in last:
                stopped.add(service, step)
            after = [*(last or needs), *gone]
            number = builder.add(
                Action.REMOVE_CONTAINER, row.name, "down", after, service,
                id=row.id, volumes=options.volumes, files=row.file_volumes,
            )  # fmt: skip
            removed.add(service, number)
    for row in rows if options.volumes else ():
        for volume in row.inherited:
            builder.add(Action.REMOVE_VOLUME, volume, f"anonymous, of {row.name}", removed.steps, row.service, anonymous=True)
    return removed.steps


def _joining(project: Project | None, edges: Edges) -> dict[str, Iterable[str]]:
    """Of ``edges`` those by which a service may share namespaces or volumes with another, which has to stay longer then."""
    trees: Mapping[str, Any] = {} if project is None else project.services
    return {
        name: set(needed).intersection(joined_services(trees[name])) if name in trees else needed
        for name, needed in edges.items()
    }


def _stopped(
    builder: PlanBuilder, row: Replica, project: Project | None, needs: list[int], timeout: float | None, cause: str
) -> list[int]:
    if not row.running:
        return []
    tree = project.services.get(row.service, {}) if project and row.status == "running" else {}
    for index in range(len(tree.get("pre_stop") or [])):
        which = f"pre_stop[{index}]"
        needs = [builder.add(Action.RUN_HOOK, row.name, which, needs, row.service, id=row.id, index=index)]
    if timeout == 0:
        # Nobody waits for its own end: the removal kills it, in one call.
        return needs
    return [builder.add(Action.STOP_CONTAINER, row.name, cause, needs, row.service, id=row.id, timeout=timeout)]


def _flat(edges: Edges, services: Iterable[str]) -> list[str]:
    return [name for wave in waves(edges, services) for name in wave]


def _own(rows: list[Resource], section: str, project: Project | None) -> list[Resource]:
    """Those of the project that are not external by its model."""
    if project is None:
        return rows
    external = {row.get("name") or key for key, row in getattr(project, section).items() if (row or {}).get("external")}
    return [row for row in rows if row.name not in external]


def _add_networks(
    builder: PlanBuilder, rows: list[Resource], project: Project | None, removed: list[int], used: set[str]
) -> None:
    for network in _own(rows, "networks", project):
        if network.name in used:
            builder.note(f"{network.name}: an orphan is still on it, it stays")
        else:
            builder.add(Action.REMOVE_NETWORK, network.name, "down", removed, id=network.id)


def _images(name: str, project: Project | None, rows: list[Replica], options: Down) -> list[str]:
    """The images to be removed: by the model, else as the containers tell; each once."""
    found: dict[str, bool] = {}  # Whether it has no name of its own.
    if project is not None:
        for service, tree in project.services.items():
            found[tree.get("image") or identity.image_name(name, service)] = not tree.get("image")
    else:
        for row in rows:
            short = row.image.removeprefix("localhost/").removeprefix("docker.io/library/").removesuffix(":latest")
            found[row.image] = short == identity.image_name(name, row.service)
    wanted = options.images
    return [image for image, local in found.items() if image and (wanted == "all" or (wanted == "local" and local))]


# -- carrying out -----------------------------------------------------------------------------------

_COUNTED = {
    Action.REMOVE_CONTAINER: "containers_removed",
    Action.REMOVE_NETWORK: "networks_removed",
    Action.REMOVE_VOLUME: "volumes_removed",
}


async def _carry_out(context: StackContext, plan: Plan, project: Project | None, counts: dict[str, int]) -> list[Failure]:
    """Carries the plan out as far as it can, counts what went, and gives what failed."""

    document: dict[str, Any] = {} if project is None else project.to_dict()

    async def perform(step: Step) -> None:
        await _do(context, step, document)
        _count(step, counts)

    return await Execution(plan, perform, context.hub, context.backend.parallel_calls).run_through()


def _count(step: Step, counts: dict[str, int]) -> None:
    if step.action in _COUNTED and not step.arguments.get("anonymous"):
        counts[_COUNTED[step.action]] += 1


async def _do(context: StackContext, step: Step, document: Mapping[str, Any]) -> None:
    backend, arguments = context.backend, step.arguments
    match step.action:
        case Action.STOP_CONTAINER:
            await backend.stop_container(arguments["id"], arguments["timeout"])
        case Action.REMOVE_CONTAINER:
            await remove_with(backend, step)
        case Action.RUN_HOOK:
            assert step.service is not None
            hook = hooks(document, step.service).pre_stop[arguments["index"]]
            await run_hook(backend, arguments["id"], hook, step.service, step.cause)
        case Action.REMOVE_NETWORK:
            await backend.remove_network(arguments["id"])
        case Action.REMOVE_VOLUME:
            await backend.remove_volume(step.target)
        case Action.REMOVE_IMAGE:
            await backend.remove_image(step.target)
        case _:
            raise ContainerError(f"{step.action.value}: not a step of a removal")
