"""Compares what is with what shall be, and yields the plan. Pure: reads nothing, changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.runtime.actions.containers import CreateContainer, DisconnectContainer, StopContainer
from perry_ffi.runtime.actions.objects import CreateNetwork, CreateVolume, RemoveDuplicate, RemoveOldNetwork, RemoveVolume
from perry_ffi.runtime.plan import Plan, PlanBuilder
from perry_ffi.stack.containers.departures import Gone
from perry_ffi.stack.containers.divergence import joins
from perry_ffi.stack.containers.network_remaking import Outgoing, changed, outgoing, refuse_unsafe, users
from perry_ffi.stack.containers.reconcile_service import ServiceReconciler
from perry_ffi.stack.containers.steps.removal import RemoveReplica
from perry_ffi.stack.desired import Definition, Desired
from perry_ffi.stack.edges import joined_services
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.observed import Observed, Replica, Resource
from perry_ffi.stack.options import Up
from perry_ffi.stack.order import Dependents, edges_of, waves
from perry_ffi.stack.reconcile_images import add_images, add_verifications
from perry_ffi.stack.verify import NO_DEMANDS, Demands


def plan_images(desired: Desired, observed: Observed, options: Up, demands: Demands = NO_DEMANDS) -> Plan:
    """What has to be built, pulled and verified before anything else.

    Raises NotFound for an image that is not there and that nothing may fetch.
    """
    builder = PlanBuilder(desired.project, SERVICES)
    add_verifications(builder, demands, observed, add_images(builder, desired, observed, options))
    return builder.build()


def plan_up(
    desired: Desired, observed: Observed, options: Up, *, images: bool = False, after: int = 0, demands: Demands = NO_DEMANDS
) -> Plan:
    """What ``up`` has to do. images: with the building, pulling and verifying (as ``demands`` have it), for a plan that is only to
    be looked at. after: how many steps of that came before, where it has been done.

    Raises NotFound for an external network or volume that is not there, Conflict for one that is somebody else's, for a
    container that would lose the namespaces it is in, for one that is in the way of a network that has to go, and for one that
    would be created with one of a service that has none.
    """
    steps = _plan_up(desired, observed, options, images, after, demands)
    more = _with_spare(desired, observed, steps)
    if more is not desired:
        steps = _plan_up(more, observed, options, images, after, demands)
    _refuse_absent_owners(desired, observed, steps)
    return steps


def _refuse_absent_owners(desired: Desired, observed: Observed, steps: Plan) -> None:
    created = dict.fromkeys(step.owner for step in steps.steps if isinstance(step.action, CreateContainer) and step.owner)
    there = {*created, *(row.service for row in observed.containers if not row.one_off)}
    for name in created:
        for other in joined_services(desired.services[name].tree):
            if other not in there:
                raise Conflict(
                    f"services.{name}: it is created with a container of {other}, which nobody asked for and which would stay absent",
                    service=name, joined=other, remedy=f"name {other} too",
                )  # fmt: skip


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


def _plan_up(desired: Desired, observed: Observed, options: Up, images: bool, after: int, demands: Demands) -> Plan:
    builder = PlanBuilder(desired.project, SERVICES, after)
    made = add_images(builder, desired, observed, options) if images else {}
    first = add_verifications(builder, demands, observed, made) if images else []
    first += [builder.add(RemoveDuplicate(row.name, None, row.id), "another network has its name") for row in observed.duplicates]
    going = outgoing(desired, observed, options)
    wanted = _networks_to_make(builder, desired, observed, going)
    networks = {} if going else _add_networks(builder, wanted)
    volumes = _add_volumes(builder, desired, observed)
    if not options.containers:
        if options.remove_orphans:
            _remove(builder, desired, _stop_orphans(builder, desired, observed, options, going)[0])
        return builder.build()
    orphans, gone = _stop_orphans(builder, desired, observed, options, going)
    reconciler = ServiceReconciler(builder, desired, observed, options, made, networks, volumes, first, gone, wanted, going)
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
    steps = builder.build()
    return replace(steps, rollouts=reconciler.rolling.of(steps))


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
            _note_network_of_another(builder, desired, found, key)
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


def _note_network_of_another(builder: PlanBuilder, desired: Desired, found: Resource, key: str) -> None:
    """Two projects may share what their files call the same. Raises Conflict for a network that no file made, or made as another."""
    what = f"networks.{key}: a network {found.name} is there already and does not belong to {desired.project}"
    if not found.project or found.key != key:
        raise Conflict(what, network=found.name, remedy=f"declare it external: true, or give networks.{key} another name")
    builder.note(f"{what}, but to {found.project}; it is used as it is (declare it external: true to say so)")


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
    they hold. What ``run`` left goes with them.
    """
    orphans = [c for c in observed.containers if c.service not in desired.known and not c.one_off]
    if orphans and not options.remove_orphans:
        names = ", ".join(sorted({c.name for c in orphans}))
        what = f"orphans, of services that the file does not have: {names}"
        if options.tell_orphans:
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
    left = [(row, "left by run") for row in observed.containers if row.left_by_run and options.remove_orphans]
    return [*left, *((orphan, "orphan") for orphan in orphans)], steps


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
