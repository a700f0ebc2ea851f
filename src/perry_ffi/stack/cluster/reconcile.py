"""Compares what a cluster holds of a project with what shall be, and yields the plan. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.errors import NotFound
from perry_ffi.runtime.actions.containers import Wait
from perry_ffi.runtime.plan import Plan, PlanBuilder
from perry_ffi.stack import identity
from perry_ffi.stack.cluster import actions, object_actions, service_actions
from perry_ffi.stack.cluster.addresses import refuse_crowds
from perry_ffi.stack.cluster.definitions import name_beside, right_networks
from perry_ffi.stack.cluster.naming import file_base
from perry_ffi.stack.cluster.observe import OBJECTS, newest_tasks, stands
from perry_ffi.stack.cluster.readiness import FAILED
from perry_ffi.stack.conditions import CONDITIONS
from perry_ffi.stack.naming import SERVICES

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ClusterObject, ServiceState
    from perry_ffi.stack.cluster.definitions import Definitions
    from perry_ffi.stack.cluster.observe import ClusterObserved
    from perry_ffi.stack.cluster.wanted import Wanted, WantedService
    from perry_ffi.stack.options import Up

SHOWN = 12
"""Characters of a digest that a cause shows."""
_ANEW = "the image is built"
_NEEDED = "others wait until it is healthy"


def plan_up(
    wanted: Wanted,
    observed: ClusterObserved,
    options: Up,
    definitions: Definitions,
    *,
    after: int = 0,
    builder: PlanBuilder | None = None,
    built: Mapping[str, int] | None = None,
    first: Iterable[int] = (),
) -> Plan:
    """What ``up`` has to do once its images are known.

    definitions: tell what each service's tasks would be made from. after: how many steps came before, where those are done.
    builder: has the steps that come before, where the plan is only to be looked at; built: the numbers of those that build an image,
    by reference; first: of those that come before any service.

    Raises NotFound for an external network, config or secret that is not there, ValidationError for more tasks on a network than
    it has addresses.
    """
    builder = builder or PlanBuilder(wanted.desired.project, SERVICES, after)
    return _Reconciler(builder, wanted, observed, options, definitions, built or {}, tuple(first)).plan()


class _Reconciler:
    def __init__(
        self,
        builder: PlanBuilder,
        wanted: Wanted,
        observed: ClusterObserved,
        options: Up,
        definitions: Definitions,
        built: Mapping[str, int],
        first: tuple[int, ...],
    ) -> None:
        self._builder = builder
        self._wanted = wanted
        self._observed = observed
        self._options = options
        self._definitions = definitions
        self._built = built
        self._first = first
        self._project = wanted.desired.project
        self._networks = right_networks(wanted, observed, keep=keeps_networks(options))
        self._made: dict[tuple[str, str], int] = {}
        """The numbers of the steps that make networks, configs and secrets, by kind and name."""
        self._changed: dict[str, int] = {}
        """Those of the steps that make or change a service."""
        self._kept: set[str] = set()
        """Of these services those whose definition stays."""
        self._same: set[str] = set()
        """Those whose tasks stay."""
        self._needed: list[str] = []
        """Those that had ended, and are started again because others need them healthy."""
        self._removals: list[int] = []
        self._waits: dict[tuple[str, str, bool], int] = {}

    def plan(self) -> Plan:
        self._refuse_missing()
        self._add_networks()
        self._add_files()
        if self._options.containers:
            for service in self._wanted.services.values():
                self._add(service)
            for key in self._needed:
                self._wait(key, "healthy", _NEEDED)
            for key in self._waited_for():
                self._wait(key, "ready", "up waits until it stands")
            self._add_orphans()
            if self._options.start:
                self._add_old_objects()
            if self._changed:
                replaced = self._changed.keys() & self._observed.services.keys() - self._same
                refuse_crowds(self._wanted, self._observed, self._networks, replaced)
        return self._builder.build()

    # -- what is refused ------------------------------------------------------------------------------

    def _refuse_missing(self) -> None:
        for row in self._wanted.desired.all_networks.values():
            if row.external and row.name not in self._networks:
                raise NotFound(f"networks: {row.name} is external, and it is not there", network=row.name)
        for kind, name in sorted(self._wanted.external):
            used = {file.name for service in self._wanted.services.values() for file in service.files if file.kind == kind}
            if name in used and all(row.name != name for row in self._observed.of_kind(kind)):
                raise NotFound(f"{kind}s: {name} is external, and it is not there", **{kind: name})

    # -- what services need ---------------------------------------------------------------------------

    def _add_networks(self) -> None:
        for key, row in self._wanted.desired.networks.items():
            if row.external or row.name in self._networks:
                continue
            rows = self._observed.of_kind("network")
            former = any(other.labels.get(identity.NETWORK) == key for other in rows)
            taken = any(other.name == row.name for other in rows)
            name = name_beside(row) if taken else row.name
            cause = "its definition changed" if former else "missing"
            step = self._builder.add(object_actions.CreateClusterNetwork(name, None, key, row.name), cause, self._first)
            self._made["network", row.name] = step

    def _add_files(self) -> None:
        there = {(kind, row.name) for kind in ("config", "secret") for row in self._observed.of_kind(kind)}
        for service in self._wanted.services.values():
            stays = (self._options.no_recreate or not self._options.start) and service.key in self._observed.services
            for file in () if stays else service.files:
                which = (file.kind, file.name)
                if which in there or which in self._made or file.content is None:
                    continue
                former = any(_key_of(row, which[0], file.key, self._project) for row in self._observed.of_kind(file.kind))
                kind = object_actions.CreateConfig if file.kind == "config" else object_actions.CreateSecret
                cause = "its content changed" if former else "missing"
                self._made[which] = self._builder.add(kind(file.name, service.key, file), cause, self._first)

    # -- one service ----------------------------------------------------------------------------------

    def _add(self, service: WantedService) -> None:
        state = self._observed.services.get(service.key)
        if state is None:
            self._create(service, "missing")
        elif not self._options.start:
            if any(self._causes(service, state)) or state.everywhere != (service.replicas is None):
                self._builder.note(
                    f"services.{service.key}: it is there and would be changed; it stays as it is until it is brought up"
                )
        elif state.everywhere != (service.replicas is None):
            modes = ("replicated", "global") if service.replicas is None else ("global", "replicated")
            cause = f"mode {modes[0]} -> {modes[1]}"
            replaced = service_actions.ReplaceService(service.name, service.key, state)
            self._create(service, cause, [self._builder.add(replaced, cause, self._needs(service))])
        elif cause := ", ".join(self._causes(service, state)):
            again = self._why_again(service, state)
            update = service_actions.UpdateService(service.name, service.key, state, again is not None)
            self._change(service, update, ", ".join(filter(None, (cause, again))))
        else:
            self._add_of_kept_tasks(service, state)

    def _add_of_kept_tasks(self, service: WantedService, state: ServiceState) -> None:
        """Of a service whose tasks are made from what they shall be."""
        again, scaled, cause = self._restart_cause(service, state), _scaled(service, state), None
        if not self._options.no_recreate and state.labels.get(identity.POLICY) != service.policy:
            cause = "labels or update policy changed"
        elif again and service.key in self._definitions.ended and not service.one_shot:
            cause = "its tasks end, which is no failure"
        if cause or (again and scaled):
            update = service_actions.UpdateService(service.name, service.key, state, again is not None)
            self._change(service, update, ", ".join(filter(None, (cause, scaled, again))))
        elif scaled:
            self._change(service, service_actions.ScaleService(service.name, service.key, state, service.replicas or 0), scaled)
            self._kept.add(service.key)
        elif again:
            self._change(service, service_actions.RestartTasks(service.name, service.key, state), again)
            self._kept.add(service.key)
        if not again:
            self._same.add(service.key)

    def _change(self, service: WantedService, action: actions.ClusterAction, cause: str) -> None:
        self._changed[service.key] = self._builder.add(action, cause, self._needs(service))

    def _create(self, service: WantedService, cause: str, needs: Iterable[int] = ()) -> None:
        action = service_actions.CreateService(service.name, service.key)
        self._changed[service.key] = self._builder.add(action, cause, [*self._needs(service), *needs])

    def _causes(self, service: WantedService, state: ServiceState) -> Iterator[str]:
        """Why its tasks are replaced."""
        labels, image = state.labels, service.service.image
        if image in self._built:
            yield _ANEW
        elif self._options.no_recreate:
            return
        if labels.get(identity.CONFIG_HASH) != self._definitions.version(service.key) and image not in self._built:
            yield from self._differences(service, state) or ("config-hash",)
        elif moved := self._other_networks(service, state):
            yield moved
        elif state.update is not None and _given_up(state):
            yield f"{state.update.state.replace('_', ' ')} before"

    def _differences(self, service: WantedService, state: ServiceState) -> list[str]:
        labels, image = state.labels, service.service.image
        found = []
        before, now = labels.get(identity.IMAGE, ""), self._definitions.digest(image)
        if before != now or labels.get(identity.REFERENCE, image) != image:
            found.append(f"image changed: {_short(before) or state.image} -> {_short(now) or image}")
        used = dict(row.split("=", 1) for row in labels.get(identity.CLUSTER_FILES, "").split(",") if "=" in row)
        wanted = service.used_files
        found += [
            f"{which.partition(':')[0]} {which.partition(':')[2]} changed"
            for which in sorted({*used, *wanted})
            if used.get(which) != wanted.get(which)
        ]
        found += [f"network {row.name} changed" for row in service.networks.values() if ("network", row.name) in self._made]
        found += self._other_volumes(service, state)
        if labels.get(identity.DEFINITION) != service.definition:
            found.append("config-hash")
        return found

    def _other_volumes(self, service: WantedService, state: ServiceState) -> list[str]:
        """Those that a node makes in another way from now on; where it has made one, that stays."""
        told = dict(row.split("=", 1) for row in state.labels.get(identity.CLUSTER_VOLUMES, "").split(",") if "=" in row)
        changed = [key for key, digest in service.used_volumes.items() if told.get(key, digest) != digest]
        for key in changed:
            if service.volumes[key].external:
                continue
            what = (
                f"volumes.{key}: its definition changed; nodes that have the volume {service.volumes[key].name} keep it as it is"
            )
            self._builder.note(Advice("{}; after {} it is made anew, empty", what, Operation("down", (Option("volumes"),))))
        return [f"volume {key} changed" for key in changed]

    def _other_networks(self, service: WantedService, state: ServiceState) -> str | None:
        """Where one that it is on was made anew by somebody: an id tells them apart, not their name."""
        rows = [self._networks.get(row.name) for row in service.networks.values()]
        told = {ident for ident in state.labels.get(identity.CLUSTER_NETWORKS, "").split(",") if ident}
        others = [row.name for row in rows if row is not None and row.id not in told]
        return f"network {others[0]} is another one" if others else None

    def _restart_cause(self, service: WantedService, state: ServiceState) -> str | None:
        """Why its tasks are replaced though nothing of it changed."""
        if self._options.recreates(service.key):
            return "asked for"
        for name, edge in service.service.depends_on.items():
            if edge.restart and name in self._changed and name not in self._same:
                return f"{name} is replaced"
        return self._why_again(service, state)

    def _why_again(self, service: WantedService, state: ServiceState) -> str | None:
        """Why its tasks have to run again, for they ended otherwise than they were to."""
        version = state.labels.get(identity.CONFIG_HASH)
        newest = newest_tasks(
            task for task in self._observed.tasks.get(service.key, ()) if task.labels.get(identity.CONFIG_HASH) == version
        )
        states = set() if _moves(state) else {task.state for task in newest.values()}
        if service.stays and "complete" in states:
            self._needed.append(service.key)
            return f"it ended, and {_NEEDED}"
        return "it failed before" if service.one_shot and not states.isdisjoint(FAILED) else None

    # -- what comes before what -----------------------------------------------------------------------

    def _needs(self, service: WantedService) -> list[int | None]:
        own = [self._made.get(("network", row.name)) for row in service.networks.values()]
        own += [self._made.get((file.kind, file.name)) for file in service.files]
        return [*self._first, *own, self._built.get(service.service.image), *self._dependencies(service)]

    def _dependencies(self, service: WantedService) -> Iterator[int]:
        """The steps after which the conditions of ``depends_on`` hold; nobody waits for what gets no tasks."""
        if not self._options.start:
            return
        for name, edge in service.service.depends_on.items():
            other = self._wanted.services.get(name)
            if other is None or other.replicas == 0:
                continue
            condition = CONDITIONS.get(edge.condition, "started")
            state = self._observed.services.get(name)
            if condition == "started" and name not in self._changed and state is not None and stands(state):
                continue
            yield self._wait(name, condition, f"{service.key} depends on it", edge.required)

    def _wait(self, name: str, condition: str, cause: str, required: bool = True) -> int:
        key = (name, condition, required)
        if key not in self._waits:
            wait = Wait(f"{name} {condition}", name, (name,), condition, required)
            self._waits[key] = self._builder.add(wait, cause, [self._changed.get(name)])
        return self._waits[key]

    def _waited_for(self) -> list[str]:
        """Those that change, those that still do, and with ``wait`` all."""
        if not self._options.start:
            return []
        every = [key for key in self._wanted.services if self._options.wait or key in self._changed or self._comes_yet(key)]
        return [key for key in every if self._wanted.services[key].replicas != 0]

    def _comes_yet(self, key: str) -> bool:
        """Whether it does not stand, and its tasks have not ended either: an ``up`` that was killed left it so, or the engine works."""
        state = self._observed.services.get(key)
        if state is None or stands(state):
            return False
        newest = newest_tasks(self._observed.tasks.get(key, ())).values()
        return not newest or any(task.state != "complete" for task in newest)

    # -- what goes ------------------------------------------------------------------------------------

    @property
    def _orphans(self) -> dict[str, ServiceState]:
        known = self._wanted.desired.known
        return {key: state for key, state in self._observed.services.items() if key not in known}

    def _add_orphans(self) -> None:
        for key, state in sorted(self._orphans.items()):
            if self._options.remove_orphans:
                step = service_actions.RemoveService(state.name, key, state.id, state.running)
                self._removals.append(self._builder.add(step, "orphan"))
            elif self._options.tell_orphans:
                self._builder.note(Advice("{}: an orphan, it stays; {} takes it away", state.name, Option("removeOrphans")))

    def _add_old_objects(self) -> None:
        """What nobody uses any more once this plan is carried out."""
        files, networks = self._still_used()
        for kind in OBJECTS[::-1]:
            for row in self._observed.of_kind(kind):
                if row.labels.get(identity.PROJECT) != self._project:
                    continue
                used = row.id in networks if kind == "network" else row.name in files
                if not used:
                    step = object_actions.REMOVALS[kind](row.name, None, row.id, kind, lenient=True)
                    self._builder.add(step, "nothing uses it any more", self._removals)

    def _still_used(self) -> tuple[set[str], set[str]]:
        """The names of configs and secrets, and the ids of networks, that are used afterwards."""
        files = set(self._wanted.files)
        networks = {row.id for row in self._networks.values()}
        going = set(self._orphans) if self._options.remove_orphans else set()
        anew = self._changed.keys() - self._kept
        for key, state in self._observed.services.items():
            if key in going or key in anew:
                continue
            rows = state.labels.get(identity.CLUSTER_FILES, "").split(",")
            files |= {name for row in rows for name in row.partition("=")[2].split("+")}
            networks |= set(state.labels.get(identity.CLUSTER_NETWORKS, "").split(","))
        return files, networks


def keeps_networks(options: Up) -> bool:
    """Whether networks stay whatever their definitions."""
    return options.keep_networks or options.no_recreate or not options.start


def _moves(state: ServiceState) -> bool:
    return state.update is not None and state.update.state in ("updating", "rolling_back")


def _given_up(state: ServiceState) -> bool:
    """Whether a change of it came to nothing. What the engine has put back and what stands needs nothing."""
    if state.update is None or state.update.state not in ("paused", "rollback_paused", "rolled_back"):
        return False
    return state.update.state != "rolled_back" or state.running < state.wanted


def _scaled(service: WantedService, state: ServiceState) -> str | None:
    if service.replicas is None or service.replicas == state.wanted:
        return None
    return f"replicas {state.wanted} -> {service.replicas}"


def _key_of(row: ClusterObject, kind: str, key: str, project: str) -> bool:
    """Whether it is a config or secret of the project that the file has under this key: its name is made of both."""
    return row.labels.get(identity.PROJECT) == project and row.name.rpartition("_")[0] == file_base(f"{project}_{key}")


def _short(digest: str) -> str:
    kind, _, rest = digest.rpartition(":")
    return f"{kind}:{rest[:SHOWN]}" if kind else rest[:SHOWN]


__all__ = ["keeps_networks", "plan_up"]
