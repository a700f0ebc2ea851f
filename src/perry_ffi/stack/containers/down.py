"""Takes the containers of a project down: dependents first, as much at a time as that allows, and all of it even where a part
fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.advice import Advice, Option
from perry_ffi.errors import Conflict, ContainerError
from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.runtime.action import Action, EngineAction
from perry_ffi.runtime.actions.containers import RemoveContainer, StopContainer
from perry_ffi.runtime.actions.objects import RemoveImage, RemoveNetwork, RemoveVolume
from perry_ffi.runtime.executor import Execution, Failure
from perry_ffi.runtime.plan import Plan, PlanBuilder, Step
from perry_ffi.stack import identity
from perry_ffi.stack.anonymous import volume_exists
from perry_ffi.stack.containers.steps.hooks import HookOf, RunHook
from perry_ffi.stack.containers.steps.removal import EndReplica, RemoveReplica
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.edges import joined_services
from perry_ffi.stack.elsewhere import refuse_elsewhere
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.observe import list_own, read_all
from perry_ffi.stack.observed import Replica, Resource
from perry_ffi.stack.options import Down
from perry_ffi.stack.order import Dependents, Edges, edges_of, waves
from perry_ffi.stack.services import require_services

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project


Subject = tuple[str | None, str]
"""What a step is about: its id, if it has one, and its name."""

LOOKS = 3
"""How often it is looked for what is there: a call of a killed ``up`` may still be carried out meanwhile."""
BUSY_SECONDS = 0.5
"""After which a network that something was on is tried once more: docker counts containers on it that it has removed."""


async def down(context: StackContext, name: str, project: Project | None, options: Down) -> CleanupReport:
    """Takes project ``name`` down and reports what went and what did not. As ``stack.down.down``."""
    async with context.locked(name):
        counts = dict.fromkeys((name for _, name in _COUNTED), 0)
        failed: list[Failure] = []
        tried: set[str] = set()
        notes: tuple[str, ...] = ()
        blind: list[str] = []
        waited = False
        for _ in range(LOOKS):
            try:
                plan = await (_plan if tried else plan_down)(context, name, project, options)
                if tried and not _subjects(plan) - tried and not waited and _busy(failed):
                    waited = True
                    await anyio.sleep(BUSY_SECONDS)
                elif tried and not _subjects(plan) - tried:
                    there = {_subject(step) for step in plan.steps}
                    failed = [row for row in failed if await _still_there(context, row[0], there, counts)]
                    break
            except ContainerError as error:
                if not tried:
                    raise
                blind.append(f"what is left could not be looked at: {error.message}")
                break
            tried |= _subjects(plan)
            hooks = [row for row in failed if isinstance(row[0].action, RunHook)]
            failed, notes = [*hooks, *await _carry_out(context, plan, counts)], plan.notes
        for note in notes:
            context.bus.tell("warning", message=note)
        others = _held_by_others(failed)
        lines = [f"{step.action.name} {step.target}: {error.message}" for step, error in failed if step not in others]
        return CleanupReport(**counts, errors=[*lines, *blind])


def _busy(failed: Sequence[Failure]) -> bool:
    """Whether a network did not go because something was on it, which an engine may believe for a moment too long."""
    others = _held_by_others(failed)
    return any(_is_held(*row) and row[0] not in others for row in failed)


def _is_held(step: Step, error: ContainerError) -> bool:
    return isinstance(step.action, RemoveNetwork) and isinstance(error, Conflict)


def _held_by_others(failed: Sequence[Failure]) -> list[Step]:
    """The removals of networks that stay because others alone are on them, by name: they are theirs as well then, which is told and no
    failure.
    """
    own = {step.target for step, _ in failed if isinstance(step.action, RemoveReplica)}
    held = ((step, error.details.get("containers")) for step, error in failed if _is_held(step, error))
    return [step for step, names in held if names and own.isdisjoint(names)]


async def _still_there(context: StackContext, step: Step, now: set[Subject], counts: dict[str, int]) -> bool:
    """Whether a step that failed left what it was to take away, as a fresh look tells; counts it where it did not."""
    match step.action:
        case RunHook():
            return True
        case RemoveImage():
            return await context.backend.image_id(step.target) is not None
        case RemoveVolume(anonymous=True):
            return await volume_exists(context.backend, step.target)
    there = _subject(step) in now
    if not there:
        _count(step.action, counts)
    # Volumes that carried its configs and secrets go after it, and no look finds them.
    return there or (isinstance(step.action, RemoveReplica) and bool(step.action.files))


def _subject(step: Step) -> Subject:
    match step.action:
        case StopContainer(ident=ident) | RemoveContainer(ident=ident) | RemoveNetwork(ident=ident):
            return ident, step.target
    return None, step.target


def _subjects(plan: Plan) -> set[str]:
    return {ident for ident, _ in map(_subject, plan.steps) if ident is not None} | {""}


async def plan_down(context: StackContext, name: str, project: Project | None, options: Down) -> Plan:
    """What ``down`` would do. As ``stack.down.plan_down``."""
    plan = await _plan(context, name, project, options)
    holds = any(not isinstance(step.action, RemoveImage) for step in plan.steps)
    if not holds and not await list_own(context.backend, name):
        await refuse_elsewhere(context, name)
    return plan


async def _plan(context: StackContext, name: str, project: Project | None, options: Down) -> Plan:
    replicas, networks, volumes = await read_all(context.backend, name)
    known = None if project is None else project.all_services
    stays = {r.service for r in replicas if known is not None and r.service not in known and not options.remove_orphans}
    orphans = [r for r in replicas if r.service in stays]
    others = _others(replicas, project, options) - stays
    goes = [r for r in replicas if r.service not in stays | others]
    kept = [r for r in replicas if r.service in stays | others]
    builder = PlanBuilder(name, SERVICES)
    held = context.backend.held_by_stopped
    off, removed = add_removals(builder, goes, edges_of(project, replicas), project, options, held=held)
    for row in orphans:
        builder.note(Advice("{}: an orphan, it stays; {} takes it away", row.name, Option("removeOrphans")))
    if options.networks:
        used, told = ({n for row in rows for n in row.networks} for rows in (kept, orphans))
        _add_networks(builder, networks, project, off, used, told)
    if options.volumes:
        for volume in _unused(_own(volumes, "volumes", project), project, options):
            builder.add(RemoveVolume(volume.name, None), "down with volumes", removed)
    for image in _images(name, project, goes, options, context.backend.local_registry):
        builder.add(RemoveImage(image, None), f"down with {options.images} images", removed)
    return builder.build()


def _others(replicas: list[Replica], project: Project | None, options: Down) -> set[str]:
    """The services that stay because only others are asked for. Raises NotFound for one that nobody knows."""
    if options.services is None:
        return set()
    there = {row.service for row in replicas}
    known = set[str]() if project is None else set(project.all_services)
    require_services(options.services, there, known)
    unknown = there - known if project is not None and options.remove_orphans else set[str]()
    return there - set(options.services) - unknown


def _unused(rows: list[Resource], project: Project | None, options: Down) -> list[Resource]:
    """Of the project's volumes those that go: with some of its services only what the model gives to no other."""
    if options.services is None:
        return rows
    trees = {} if project is None else project.all_services
    own, others = set[str](), set[str]()
    for name, tree in trees.items():
        keys = {str(row.get("source")) for row in tree.get("volumes") or () if row.get("type") == "volume"}
        (own if name in options.services else others).update(keys)
    return [row for row in rows if row.key in own - others]


def add_removals(
    builder: PlanBuilder, rows: list[Replica], edges: Edges, project: Project | None, options: Down, *, held: bool
) -> tuple[list[int], list[int]]:
    """Stops and removes containers, each after those that depend on it have stopped; gives the numbers of the steps after which no
    network has any of them on it, and of the removals.

    Their anonymous volumes go only where volumes are asked for, as Compose has it. held: networks stay while containers are on them
    that have stopped.
    """
    own: dict[str, list[Replica]] = {}
    for row in rows:
        own.setdefault(row.service, []).append(row)
    stopped, removed, off = Dependents(edges), Dependents(_joining(project, edges)), list[int]()
    for service in reversed(_flat(edges, {*edges, *own})):
        # Where nobody gets time to end, nobody needs anybody else for it.
        needs = [] if options.timeout == 0 else list(dict.fromkeys(stopped.of(service)))
        gone = list(removed.of(service))
        if not any(row.running for row in own.get(service, ())):
            stopped.pass_on(service, needs)
        for row in own.get(service, ()):
            first = _ends_first(row, project, options.timeout, held)
            last = _stopped(builder, row, project, needs, options.timeout, first)
            for step in last:
                stopped.add(service, step)
            after = [*(last or needs), *gone]
            action = RemoveReplica(row.name, service, row.id, volumes=options.volumes, files=row.file_volumes)
            removed.add(service, builder.add(action, "down", after))
            off += last if first and not held else removed.steps[-1:]
    for row in rows if options.volumes else ():
        for volume in row.inherited:
            builder.add(RemoveVolume(volume, row.service, anonymous=True), f"anonymous, of {row.name}", removed.steps)
    return off, removed.steps


def _joining(project: Project | None, edges: Edges) -> dict[str, Iterable[str]]:
    """Of ``edges`` those by which a service may share namespaces or volumes with another, which has to stay longer then."""
    trees: Mapping[str, Any] = {} if project is None else project.services
    return {
        name: set(needed).intersection(joined_services(trees[name])) if name in trees else needed
        for name, needed in edges.items()
    }


def _ends_first(row: Replica, project: Project | None, timeout: float | None, held: bool) -> bool:
    """Whether it ends before its removal begins; else that kills it, in one call: where no network would go any sooner, and where it
    may be in a loop of starts, which an engine follows best by itself.
    """
    if timeout != 0:
        return True
    tree = None if project is None else project.services.get(row.service)
    again = tree is None or tree.get("restart") not in (None, "no") or (tree.get("deploy") or {}).get("restart_policy")
    return not (held or again)


def _stopped(
    builder: PlanBuilder, row: Replica, project: Project | None, needs: list[int], timeout: float | None, first: bool
) -> list[int]:
    """The last steps before its removal. first: see ``_ends_first``."""
    if not row.running:
        return []
    tree = project.services.get(row.service, {}) if project and row.status == "running" else {}
    for index in range(len(tree.get("pre_stop") or ())):
        hook = HookOf(row.service, tree, "pre_stop", index)
        needs = [builder.add(RunHook(row.name, row.service, hook, row.id), hook.which, needs)]
    if not first:
        return needs
    end = EndReplica if timeout == 0 else StopContainer
    return [builder.add(end(row.name, row.service, row.id, timeout), "down", needs)]


def _flat(edges: Edges, services: Iterable[str]) -> list[str]:
    return [name for wave in waves(edges, services) for name in wave]


def _own(rows: list[Resource], section: str, project: Project | None) -> list[Resource]:
    """Those of the project that are not external by its model."""
    if project is None:
        return rows
    external = {row.get("name") or key for key, row in getattr(project, section).items() if (row or {}).get("external")}
    return [row for row in rows if row.name not in external]


def _add_networks(
    builder: PlanBuilder, rows: list[Resource], project: Project | None, removed: list[int], used: set[str], told: set[str]
) -> None:
    """used: those that a container is on which stays; told: of which it is said that it is an orphan's."""
    for network in _own(rows, "networks", project):
        if network.name in told:
            builder.note(f"{network.name}: an orphan is still on it, it stays")
        elif network.name not in used:
            builder.add(RemoveNetwork(network.name, None, network.id), "down", removed)


def _images(name: str, project: Project | None, rows: list[Replica], options: Down, local_registry: str) -> list[str]:
    """The images to be removed: by the model, else as the containers tell; each once.

    local_registry: what the engine writes before the names of those that were made here.
    """
    found: dict[str, bool] = {}  # Whether it has no name of its own.
    if project is not None:
        for service, tree in project.services.items():
            if options.services is not None and service not in options.services:
                continue
            found[tree.get("image") or identity.image_name(name, service)] = not tree.get("image")
    else:
        for row in rows:
            short = row.image.removeprefix(f"{local_registry}/").removesuffix(":latest")
            found[row.image] = short == identity.image_name(name, row.service)
    wanted = options.images
    return [image for image, local in found.items() if image and (wanted == "all" or (wanted == "local" and local))]


# -- carrying out -----------------------------------------------------------------------------------

_COUNTED: tuple[tuple[type[Action], str], ...] = (
    (RemoveContainer, "containers_removed"),
    (RemoveNetwork, "networks_removed"),
    (RemoveVolume, "volumes_removed"),
)


async def _carry_out(context: StackContext, plan: Plan, counts: dict[str, int]) -> list[Failure]:
    """Carries the plan out as far as it can, counts what went, and gives what failed."""
    from perry_ffi.runtime.rollback import UndoLog
    from perry_ffi.runtime.run import Run

    # Nothing of it is ever put back.
    undo = UndoLog(context.backend, "", identity.TRANSACTION)
    run = Run(context.backend, undo, context.bus, SERVICES)

    async def perform(step: Step) -> None:
        if not isinstance(step.action, EngineAction):
            raise ContainerError(f"{step.action.name}: not a step of a removal")
        await step.action.perform(run)
        _count(step.action, counts)

    return await Execution(plan, perform, context.bus, context.places).run_through()


def _count(action: Action, counts: dict[str, int]) -> None:
    if isinstance(action, RemoveVolume) and action.anonymous:
        return
    for kind, name in _COUNTED:
        counts[name] += isinstance(action, kind)
