"""Compares what is with what shall be, and yields the plan. Pure: reads nothing, changes nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.graph import levels
from perry_ffi.runtime.actions.containers import CreateContainer, DisconnectContainer, StopContainer
from perry_ffi.runtime.actions.objects import CreateNetwork, CreateVolume, RemoveDuplicate, RemoveOldNetwork, RemoveVolume
from perry_ffi.runtime.plan import Plan, PlanBuilder
from perry_ffi.stack.departures import Gone
from perry_ffi.stack.desired import Definition, Desired, Service
from perry_ffi.stack.divergence import joins
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.network_remaking import Outgoing, changed, outgoing, refuse_unsafe, users
from perry_ffi.stack.observe import Observed, Replica, Resource
from perry_ffi.stack.options import Up
from perry_ffi.stack.order import Dependents, edges_of, waves
from perry_ffi.stack.reconcile_service import ServiceReconciler
from perry_ffi.stack.steps.images import BuildImage, PullServiceImage
from perry_ffi.stack.steps.removal import RemoveReplica


def plan_images(desired: Desired, observed: Observed, options: Up) -> Plan:
    """What has to be built or pulled before anything else.

    Raises NotFound for an image that is not there and that nothing may fetch.
    """
    builder = PlanBuilder(desired.project, SERVICES)
    _add_images(builder, desired, observed, options)
    return builder.build()


def plan_up(desired: Desired, observed: Observed, options: Up, *, images: bool = False, after: int = 0) -> Plan:
    """What ``up`` has to do. images: with the building and pulling, for a plan that is only to be looked at. after: how
    many steps of that came before, where it has been done.

    Raises NotFound for an external network or volume that is not there, Conflict for one that is somebody else's, for a
    container that would lose the namespaces it is in, and for one that is in the way of a network that has to go.
    """
    steps = _plan_up(desired, observed, options, images, after)
    more = _with_spare(desired, observed, steps)
    return _plan_up(more, observed, options, images, after) if more is not desired else steps


def _with_spare(desired: Desired, observed: Observed, steps: Plan) -> Desired:
    """``desired`` with the networks and volumes that nobody but the followers wants which ``steps`` create, where they are missing."""
    made = {step.owner for step in steps.steps if isinstance(step.action, CreateContainer) and step.owner in desired.followers}
    created = [desired.services[name] for name in made if name]
    wanted = {name for service in created for name in (*service.networks, *service.volumes)}
    networks = {k: row for k, row in desired.spare_networks.items() if row.name in wanted and row.name not in observed.networks}
    volumes = {k: row for k, row in desired.spare_volumes.items() if row.name in wanted and row.name not in observed.volumes}
    if not networks and not volumes:
        return desired
    return replace(desired, networks={**desired.networks, **networks}, volumes={**desired.volumes, **volumes})


def _plan_up(desired: Desired, observed: Observed, options: Up, images: bool, after: int) -> Plan:
    builder = PlanBuilder(desired.project, SERVICES, after)
    made = _add_images(builder, desired, observed, options) if images else {}
    duplicates = [
        builder.add(RemoveDuplicate(row.name, None, row.id), "another network has its name") for row in observed.duplicates
    ]
    going = outgoing(desired, observed, options)
    wanted = _networks_to_make(builder, desired, observed, going)
    networks = {} if going else _add_networks(builder, wanted)
    volumes = _add_volumes(builder, desired, observed)
    if not options.containers:
        return builder.build()
    orphans, gone = _stop_orphans(builder, desired, observed, options, going)
    reconciler = ServiceReconciler(builder, desired, observed, options, made, networks, volumes, duplicates, gone, wanted, going)
    left_over = _left_over(observed)
    refuse_unsafe(desired, observed, options, going, reconciler.ending.union(row.id for row, _ in (*orphans, *left_over)))
    reconciler.free_names()
    if going:
        stopped = [*reconciler.stop_on_networks(), *((row, gone.get(row.id)) for row, _ in (*orphans, *left_over))]
        networks |= _add_networks(builder, wanted, _remove_networks(builder, going, stopped))
    for service in desired.services.values():
        reconciler.add(service)
    if options.wait and options.start:
        reconciler.add_waits()
    obsolete = [*left_over, *orphans, *reversed(reconciler.obsolete)]
    _remove(builder, desired, [(row, cause) for row, cause in obsolete if row.id not in reconciler.removed])
    reconciler.add_removals_of_volumes()
    return builder.build()


# -- images -----------------------------------------------------------------------------------------


class Fetch(Enum):
    """How an image is got that is not as it shall be. NEVER: nothing may fetch it."""

    BUILD = 1
    PULL = 2
    NEVER = 3


def _add_images(builder: PlanBuilder, desired: Desired, observed: Observed, options: Up) -> dict[str, int]:
    """A step for each image that has to be fetched; their numbers by reference.

    Where one service builds what others only name, it is built. An image that another is built from comes before it.
    """
    rows = {**desired.sources, **desired.services}
    edges = {name: [source for source in row.built_from if source in rows] for name, row in rows.items()}
    order = {name: number for number, wave in enumerate(levels(edges)) for name in wave}
    wanted = _images_to_fetch(desired, rows, observed, options)
    made: dict[str, int] = {}
    for service, fetch, cause in sorted(wanted, key=lambda item: order[item[0].name]):
        needs = [made.get(rows[source].image) for source in edges[service.name]] if fetch is Fetch.BUILD else []
        made[service.image] = builder.add(_fetched(service, fetch, observed), cause, needs)
    return made


def _fetched(service: Service, fetch: Fetch, observed: Observed) -> BuildImage | PullServiceImage:
    if fetch is Fetch.BUILD:
        return BuildImage(service.image, service.name)
    return PullServiceImage(
        service.image, service.name, before=observed.images.get(service.image),
        platform=service.tree.get("platform"), policy=service.tree.get("pull_policy") or "",
    )  # fmt: skip


def _images_to_fetch(
    desired: Desired, rows: Mapping[str, Service], observed: Observed, options: Up
) -> list[tuple[Service, Fetch, str]]:
    """What is fetched, by which service and why; also what is missing for the build of another."""
    found: dict[str, tuple[Service, Fetch, str]] = {}
    asked = [row for row in desired.services.values() if row.name not in desired.followers]
    waiting = deque((row, "") for row in sorted(asked, key=lambda row: not row.builds))
    while waiting:
        service, reason = waiting.popleft()
        decided = None if service.image in found else _image_step(service, observed, options.build)
        if decided is None:
            continue
        fetch, cause = decided
        if fetch is Fetch.NEVER:
            raise _never(service)
        found[service.image] = (service, fetch, cause + reason)
        if fetch is Fetch.BUILD:
            why = f", for the build of {service.name}"
            waiting.extend((rows[name], why) for name in service.built_from if name in desired.sources)
    return list(found.values())


def _never(service: Service) -> NotFound:
    return NotFound(
        f"services.{service.name}.image: {service.image} is not there, and its pull policy is never",
        service=service.name, image=service.image, remedy="pull or build it first, or change pull_policy",
    )  # fmt: skip


def _image_step(service: Service, observed: Observed, build: bool) -> tuple[Fetch, str] | None:
    builds, policy, there = service.builds, service.pull_policy, observed.images.get(service.image) is not None
    if builds and (build or policy == "build"):
        return Fetch.BUILD, "asked for"
    if builds and not there:
        return Fetch.BUILD, "missing"
    if policy == "always" and not builds:
        return Fetch.PULL, "pull policy is always"
    if service.refresh_after is not None and service.image in observed.stale:
        return Fetch.PULL, f"pull policy is {policy}"
    if there:
        return None
    return (Fetch.NEVER, "") if policy == "never" else (Fetch.PULL, "missing")


# -- networks and volumes ---------------------------------------------------------------------------


def _networks_to_make(
    builder: PlanBuilder, desired: Desired, observed: Observed, going: Mapping[str, Outgoing]
) -> dict[str, tuple[str, str]]:
    """By name: the key in the file of each, and why it is made. Notes those that changed and stay as they are."""
    makes: dict[str, tuple[str, str]] = {}
    for key, wanted in desired.networks.items():
        name, found = wanted.name, observed.networks.get(wanted.name)
        if wanted.external and found is None and name not in ("host", "none", "bridge"):
            raise _missing("networks", key, name, "network")
        if wanted.external:
            continue
        if found is None:
            makes.setdefault(name, (key, "missing"))
        elif found.project != desired.project:
            raise Conflict(
                f"networks.{key}: a network {name} is there already and does not belong to {desired.project}",
                network=name,
                remedy=f"declare it external: true, or give networks.{key} another name",
            )
    for name, key in changed(desired, observed).items():
        if name in going:
            makes[name] = (key, going[name].why)
        else:
            what = f"networks.{key}: its definition changed; the network {name} is kept as it is"
            builder.note(Advice("{}: {}", what, _ANEW["network" if observed.abilities.replaces_networks else "network in use"]))
    return makes


def _add_networks(builder: PlanBuilder, wanted: Mapping[str, tuple[str, str]], removals: Sequence[int] = ()) -> dict[str, int]:
    """The steps that make networks, by name. removals: of those whose names or addresses they take, all before any."""
    return {
        name: builder.add(CreateNetwork(name, None, key, in_place=bool(removals)), cause, removals)
        for name, (key, cause) in wanted.items()
    }


def _remove_networks(
    builder: PlanBuilder, going: Mapping[str, Outgoing], stopped: Iterable[tuple[Replica, int | None]]
) -> list[int]:
    """Takes networks away once what is on them is off them. stopped: the containers that go, each with the step that stops it."""
    off: dict[str, list[int]] = {name: [] for name in going}
    for row, stop in stopped:
        for one in users(going, row):
            leaves = DisconnectContainer(row.name, row.service, row.id, one.network.name, noted=stop is not None)
            off[one.network.name].append(builder.add(leaves, one.cause, [stop]))
    return [builder.add(RemoveOldNetwork(name, None, one.network.id), one.why, off[name]) for name, one in going.items()]


def _add_volumes(builder: PlanBuilder, desired: Desired, observed: Observed) -> dict[str, int]:
    made: dict[str, int] = {}
    for key, wanted in desired.volumes.items():
        name, found = wanted.name, observed.volumes.get(wanted.name)
        if wanted.external and found is None:
            raise _missing("volumes", key, name, "volume")
        if wanted.external:
            continue
        if found is None:
            made[name] = builder.add(CreateVolume(name, None, key), "missing")
        elif found.project != desired.project:
            builder.note(
                f"volumes.{key}: the volume {name} was not created by {desired.project}; it is used as it is "
                "(declare it external: true to say so)"
            )
        else:
            _note_change(builder, key, found, wanted)
    return made


def _missing(section: str, key: str, name: str, kind: str) -> NotFound:
    return NotFound(
        f"{section}.{key}: the external {kind} {name} is not there",
        **{kind: name, "remedy": f"create it, or take external: true away from {section}.{key}"},
    )


def _note_change(builder: PlanBuilder, key: str, found: Resource, wanted: Definition) -> None:
    if wanted.differs(found.config_hash, found.peer_hash):
        what = f"volumes.{key}: its definition changed; the volume {found.name} is kept as it is"
        builder.note(Advice("{}: {}", what, _ANEW["volume"]))


_ANEW = {
    "network": Advice("{} makes it anew", Operation("up")),
    "network in use": Advice(
        "this engine makes none anew beneath its containers; {}, then {}, does", Operation("down"), Operation("up")
    ),
    "volume": Advice("{}, then {}, makes it anew, empty", Operation("down", (Option("volumes"),)), Operation("up")),
}


# -- what goes --------------------------------------------------------------------------------------


def _left_over(observed: Observed) -> list[Gone]:
    """Containers of hooks whose ``up`` was killed; those of ``run`` belong to no ``up``."""
    return [(row, "left over") for row in observed.containers if row.one_off and row.transaction]


def _stop_orphans(
    builder: PlanBuilder, desired: Desired, observed: Observed, options: Up, going: Mapping[str, Outgoing]
) -> tuple[list[Gone], dict[str, int]]:
    """The orphans to be removed, and the steps that stop them, by their ids: before anything starts that may want what
    they hold.
    """
    orphans = [c for c in observed.containers if c.service not in desired.known and not c.one_off]
    if orphans and not options.remove_orphans:
        names = ", ".join(sorted({c.name for c in orphans}))
        what = f"orphans, of services that the file does not have: {names}"
        builder.note(Advice("{}; {} takes them away", what, Option("removeOrphans")))
        return [], {}
    edges = edges_of(None, orphans)
    order = [name for wave in waves(edges, {row.service for row in orphans}) for name in wave]
    ranks = {name: rank for rank, name in enumerate(order)}
    orphans = sorted(orphans, key=lambda row: -ranks[row.service])
    stops = Dependents(edges)
    steps: dict[str, int] = {}
    for orphan in orphans:
        if orphan.running:
            stop = StopContainer(
                orphan.name, orphan.service, orphan.id, options.timeout, paused=orphan.status == "paused",
                rank=ranks[orphan.service], leaves=tuple(one.network.name for one in users(going, orphan)),
            )  # fmt: skip
            steps[orphan.id] = builder.add(stop, "orphan", stops.of(orphan.service))
            stops.add(orphan.service, steps[orphan.id])
    return [(orphan, "orphan") for orphan in orphans], steps


def _remove(builder: PlanBuilder, desired: Desired, obsolete: list[Gone]) -> None:
    """The removals: last, because nothing brings a removed container back; each after those that joined it.

    What a container had from a predecessor goes with it, unless its successor has it now.
    """
    joined = edges_of(None, [row for row, _ in obsolete if row.service not in desired.services])
    removed = Dependents({**joined, **{name: joins(service) for name, service in desired.services.items()}})
    for row, cause in obsolete:
        service = desired.services.get(row.service) if cause.startswith(("left over", "replaced")) else None
        heir = service.name_of(desired.project, row.number) if service else None
        action = RemoveReplica(row.name, row.service, row.id, heir=heir, inherited=row.inherited)
        number = builder.add(action, cause, removed.of(row.service))
        removed.add(row.service, number)
        if service is None:
            for volume in row.inherited:
                builder.add(RemoveVolume(volume, row.service, anonymous=True), f"anonymous, of {row.name}", [number])
