"""The plan of one service after the other: which containers stay, start, change or go. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import chain, count
from types import MappingProxyType

from perry_ffi.runtime.actions.containers import (
    CreateContainer,
    RenameContainer,
    RestartContainer,
    StartContainer,
    UnpauseContainer,
    Wait,
)
from perry_ffi.runtime.plan import PlanBuilder
from perry_ffi.stack.conditions import CONDITIONS
from perry_ffi.stack.containers.departures import Going, Gone
from perry_ffi.stack.containers.divergence import SCALED_DOWN, Decider, Place, joins
from perry_ffi.stack.containers.early_removals import EarlyRemovals
from perry_ffi.stack.containers.hook_steps import HookSteps
from perry_ffi.stack.containers.namespace_conflicts import refuse_stranded
from perry_ffi.stack.containers.network_remaking import Outgoing, users
from perry_ffi.stack.containers.overlap import refuse_overlap
from perry_ffi.stack.containers.rolling import RollingSteps
from perry_ffi.stack.containers.steps.files import CopyFiles
from perry_ffi.stack.containers.stop_steps import StopSteps
from perry_ffi.stack.desired import Desired, Service
from perry_ffi.stack.edges import Edge
from perry_ffi.stack.observed import Observed, Replica
from perry_ffi.stack.options import Up
from perry_ffi.stack.order import Dependents


class ServiceReconciler:
    """Adds the steps of services, each after those it depends on.

    images, networks, volumes: the numbers of the steps that make them, by name; those of networks may be filled in before
    the first service is added. anew: the networks that these steps make, and going: those that go for it. first: steps that
    come before any container is created. orphans: the steps that stop containers of no service, by id, before any is started.
    obsolete: what has to be removed when everything else has succeeded, with its anonymous volumes that no other has taken
    over.
    """

    def __init__(
        self,
        builder: PlanBuilder,
        desired: Desired,
        observed: Observed,
        options: Up,
        images: Mapping[str, int],
        networks: Mapping[str, int],
        volumes: Mapping[str, int],
        first: Sequence[int] = (),
        orphans: Mapping[str, int] = MappingProxyType({}),
        anew: Container[str] = (),
        going: Mapping[str, Outgoing] = MappingProxyType({}),
    ) -> None:
        self._builder = builder
        self._desired = desired
        self._observed = observed
        self._options = options
        self._images = images
        self._networks = networks
        self._volumes = volumes
        self._first = first
        self._orphans = orphans
        self._outgoing = going
        self._decider = Decider(desired, observed, options, images, anew, {name: one.cause for name, one in going.items()})
        self._decided = self._decider.decide()
        refuse_overlap(desired, options, self._decided, going)
        refuse_stranded(desired, observed, options, self._decided)
        self._going = Going(self._decided.going())
        serving = (place.row.id for places in self._decided.places.values() for place in places if place.row and place.beside)
        self._stops = StopSteps(builder, desired, observed, options.timeout, self._going, going, orphans, serving)
        self._started: dict[str, list[int]] = {}
        self._waits: dict[tuple[str, str, bool], int] = {}
        self._hooks = HookSteps(builder)
        self.rolling = RollingSteps(builder, desired.project)
        self._aside: dict[str, int] = {}
        """Containers, by id, that have given their names up to others: the steps."""
        self._can = observed.abilities
        self._early = EarlyRemovals(builder, self._going, self._stops.add)
        self._free: dict[str, int] = {}
        """The steps that set a name free, by name."""
        self._in_the_way: Sequence[Gone] = ()
        """What goes and has to stop before a container of the service that is being added can start."""
        self.obsolete: list[Gone] = []

    # -- a service ------------------------------------------------------------------------------------

    def add(self, service: Service) -> None:
        """Adds the steps of ``service``; those it depends on must have been added before."""
        steps: list[int] = []
        self._in_the_way = self._going.in_the_way(service)
        places, surplus = self._decided.places[service.name], self._decided.surplus[service.name]
        turns = [place for place in places if self._takes_turns(service, place)]
        for place in places:
            steps += [] if place in turns else self._replica(service, place)
        if service.rollout and turns:
            steps += self.rolling.add(service, service.rollout, turns, self._take_turn, self._retire)
        self._started[service.name] = steps
        for row in surplus:
            ready = self._succeeded(service, row)
            hooks = [] if row.id in self._stops else self._hooks.before_stop(service, row, ready)
            self._stops.add(row, SCALED_DOWN, hooks or ready, beside=bool(ready))
            self.obsolete.append((row, SCALED_DOWN))

    def _takes_turns(self, service: Service, place: Place) -> bool:
        """Whether its replacement waits for those before it."""
        replaced = place.row is not None and place.cause is not None and place.row.running
        return service.rollout is not None and self._options.start and replaced

    def _take_turn(self, service: Service, place: Place, gate: list[int]) -> list[int]:
        if not place.beside:
            return self._replica(service, place, gate)
        name, cause = service.name_of(self._desired.project, place.number), place.cause or ""
        ready = [self._created(service, place.number, name, cause, name, None, gate)]
        if service.files:
            ready = [self._copy_files(service, name, None, ready)]
        return self._start(service, name, cause, ready, beside=place.row.id if place.row else None)

    def _retire(self, service: Service, place: Place, ready: list[int]) -> list[int]:
        """The predecessor stops when its successor serves, and what an interrupted ``up`` left beside it; first their hooks run."""
        steps: list[int] = []
        for row in (*([place.row] if place.row else []), *place.others):
            self._stops.succeeded(row)
            why = place.cause if row is place.row and place.cause else "left over"
            before = self._builder.next
            needs = ready if row.id in self._stops else self._hooks.before_stop(service, row, ready)
            steps += [step.number for step in self._builder.since(before)]
            stop = self._stops.add(row, why, needs, beside=True)
            steps += [] if stop is None else [stop]
            self.obsolete.append((row, f"succeeded: {why}" if row is place.row else why))
        return steps

    def _succeeded(self, service: Service, row: Replica) -> list[int]:
        """What a container that is too many waits for before it stops, where it is one that others take the place of: an ``up``
        that was interrupted left it beside its successor.
        """
        beside = service.rollout is not None and service.rollout.beside and self._options.start
        if not beside or not row.running or not self._decider.why_replace(service, row):
            return []
        return [self._wait(service.name, "serving", f"before {row.name} stops")]

    def free_names(self) -> None:
        """Has containers step aside whose names others of the project shall bear; before any service is added.

        An orphan that stays keeps its name: nobody asked to touch it.
        """
        wanted = {service.name_of(self._desired.project, place.number): (service.name, place.number)
                  for service in self._desired.services.values() for place in self._decided.places[service.name]}  # fmt: skip
        for row in self._observed.containers:
            bearer = wanted.get(row.name)
            stays = row.service not in self._desired.services and not (
                self._options.remove_orphans and row.service not in self._desired.known
            )
            if bearer is None or bearer == (row.service, row.number) or row.one_off or stays:
                continue
            why = f"its name goes to {bearer[0]}"
            if self._can.rename:
                self._free[row.name] = self._aside[row.id] = self._rename(row, _aside(row.name, row), why, row.service)
            elif row.id in self._going.ids or row.service not in self._desired.known:
                self._free[row.name] = self._early.add(row, why, self._prepared(self._desired.services[bearer[0]]))

    @property
    def removed(self) -> Container[str]:
        """The containers, by id, that go before everything else has succeeded."""
        return self._early.steps

    @property
    def ending(self) -> set[str]:
        """The containers, by id, that will be gone in the end."""
        return self._going.ids

    def stop_on_networks(self) -> Iterator[tuple[Replica, int | None]]:
        """Stops what goes and is on a network that goes, dependents first; each with its step, if it runs."""
        found: dict[str, list[Gone]] = {}
        for row, cause in self._decided.going():
            if users(self._outgoing, row):
                found.setdefault(row.service, []).append((row, cause))
        stops = Dependents({name: service.depends_on for name, service in self._desired.services.items()})
        for name in reversed(list(self._desired.services)):
            for row, cause in found.get(name, ()):
                if stop := self._stops.add(row, cause, stops.of(name)):
                    stops.add(name, stop)
                yield row, stop

    def add_waits(self) -> None:
        """Adds a wait for the readiness of every service."""
        for service in self._desired.services.values():
            if service.replicas and service.name not in self._desired.followers:
                self._wait(service.name, "ready", "asked for")

    def _replica(self, service: Service, place: Place, gate: list[int] | None = None) -> list[int]:
        """The steps of one container; gives those after which it runs. gate: steps before its predecessor stops."""
        name, row = service.name_of(self._desired.project, place.number), place.row
        if row is None:
            return self._create(service, place.number, name, "missing")
        needs = [*self._step_aside(place.others, name), *(gate or ())]
        if place.cause:
            recreate = self._recreate if self._can.rename else self._recreate_in_place
            return recreate(service, place.number, name, row, place.cause, needs)
        if self._can.rename and (row.name != name or row.id in self._aside):
            before = [*needs, *self._freed(name), *([self._aside[row.id]] if row.id in self._aside else [])]
            why = "left over" if place.others or row.name.startswith(f"{name}_") else "it was renamed"
            needs = [self._rename(row, name, why, service.name, before)]
        if place.others and self._options.start and row.status != "created":
            # Whoever left the other may have been stopping this one, and the engine may not be done with that.
            stopped = self._stops.add(row, "left over", needs)
            return self._start(service, name, "left over", [stopped] if stopped else needs, row.id)
        return self._keep(service, name, row, needs)

    def _step_aside(self, others: Sequence[Replica], name: str) -> list[int]:
        """What an interrupted ``up`` left beside the container that stays: it stops, gives up its name, and goes."""
        needs: list[int] = []
        for other in others:
            last = self._stops.add(other, "left over")
            if other.name == name and self._can.rename:
                last = self._rename(other, _aside(name, other), "left over", other.service, [last] if last else [])
            elif other.name == name:
                last = self._early.add(other, "left over", [])
            needs += [last] if last else []
            self.obsolete.append((other, "left over"))
        return needs

    def _keep(self, service: Service, name: str, row: Replica, needs: list[int]) -> list[int]:
        if row.status == "paused" and self._can.pause:
            needs = [self._builder.add(UnpauseContainer(name, service.name, row.id), "paused", needs)]
        if row.running:
            return self._restart(service, name, row, needs) or needs
        if not self._decider.starts(service, row):
            return needs
        cause = "created, not started" if row.status == "created" else f"{row.status} ({row.exit_code})"
        if row.status == "created" and service.files:
            # Docker compose mounts what comes from a file when it creates; the rest it copies before it starts.
            needs = [self._copy_files(service, name, row.id, needs, mounted=not row.config_hash)]
        return self._start(service, name, cause, needs, row.id)

    def _restart(self, service: Service, name: str, row: Replica, needs: list[int]) -> list[int]:
        cause = self._decider.why_restart(service, row)
        if cause is None:
            return []
        after = [*needs, *self._dependencies(service)]
        again = RestartContainer(name, service.name, row.id, rank=self._stops.rank(row), inside=self._stops.inside(row))
        last = self._builder.add(again, cause, after)
        return [self._hooks.after_start(service, name, last, row.id)]

    # -- steps ----------------------------------------------------------------------------------------

    def _create(self, service: Service, number: int, name: str, cause: str) -> list[int]:
        created = self._created(service, number, name, cause, name, None, self._ports_free(service, None, cause, []))
        ready = [self._copy_files(service, name, None, [created])] if service.files else [created]
        return self._start(service, name, cause, ready) if self._options.start else ready

    def _recreate(self, service: Service, number: int, name: str, row: Replica, cause: str, needs: list[int]) -> list[int]:
        """The new one is created beside the old one; the old one steps back when the new one may start, and stays until
        the end. needs: steps before that.
        """
        beside = self._can.beside
        fresh = self._free_name(f"{name}_next" if beside else f"{name}_next_{row.id[:12]}")
        made = [self._created(service, number, fresh, cause, name, row, self._ports_free(service, row, cause, needs))]
        if service.files:
            made = [self._copy_files(service, fresh, None, made)]
        needs = [*made, *needs]
        if self._options.start:
            needs += [*self._late_networks(service), *self._dependencies(service)]
        early = row.id in self._stops
        if stopped := self._stops.add(row, cause, needs):
            needs = [*needs, stopped] if early else [stopped]
        if row.id in self._aside:
            needs = [*needs, self._aside[row.id]]
        elif row.name != (aside := _aside(name, row)):
            needs = [self._rename(row, aside, cause, service.name, needs)]
        needs = [*needs, *self._freed(name)]
        needs = [self._builder.add(RenameContainer(fresh, service.name, name), cause, needs)]
        self.obsolete.append((row, f"replaced: {cause}"))
        starts = self._options.start and (row.running or row.completed or service.name not in self._desired.followers)
        return self._start(service, name, cause, needs) if starts else needs

    def _ports_free(self, service: Service, row: Replica | None, cause: str, needs: list[int]) -> list[int]:
        """The stops of its predecessor ``row`` and of others that have its ports, where none can be created beside those; as
        late as can be.
        """
        if self._can.beside or not service.tree.get("ports"):
            return []
        before = [*self._prepared(service), *needs, *(self._dependencies(service) if self._options.start else ())]
        own = self._stops.add(row, cause, before) if row else None
        return [*([own] if own else []), *self._orphans.values(), *self._way_free(before)]

    def _recreate_in_place(
        self, service: Service, number: int, name: str, row: Replica, cause: str, needs: list[int]
    ) -> list[int]:
        """The old one goes before the new one is created, as late as can be. needs: steps before that."""
        starts = self._options.start and (row.running or row.completed or service.name not in self._desired.followers)
        before = [*self._prepared(service), *needs]
        if self._options.start:
            before += self._dependencies(service)
        removed = self._early.add(row, cause, before)
        self._early.succeeded_by(row, name)
        after = [removed, *self._ports_free(service, None, cause, needs)]
        ready = [self._created(service, number, name, cause, name, row, after)]
        if service.files:
            ready = [self._copy_files(service, name, None, ready)]
        return self._start(service, name, cause, ready) if starts else ready

    def _prepared(self, service: Service) -> list[int]:
        """What its containers need is made before one goes that another takes the place of: a failure of it leaves all as it is."""
        made = [self._images.get(service.image), *(self._volumes.get(name) for name in service.volumes)]
        return [*self._first, *self._made_networks(service), *(step for step in made if step is not None)]

    def add_removals_of_volumes(self) -> None:
        """Has the anonymous volumes go of containers that were removed early; after everything else."""
        self._early.add_volumes(self._observed.containers)

    def _free_name(self, name: str) -> str:
        """``name``, or one like it where an interrupted ``up`` left a container that is called so."""
        taken = self._observed.index.names
        others = (f"{name}{number}" for number in count(2))
        return next(free for free in chain((name,), others) if free not in taken)

    def _created(
        self, service: Service, number: int, name: str, cause: str, final_name: str, old: Replica | None,
        after: Sequence[int] = (),
    ) -> int:  # fmt: skip
        needs = [*after, *self._first, *self._freed(name), self._images.get(service.image)]
        if not self._is_late(service):
            needs += self._made_networks(service)
        needs += [self._volumes.get(v) for v in service.volumes]
        needs += self._shared_namespaces(service)
        inherit = old.id if old and not self._options.renew_volumes else None
        return self._builder.add(CreateContainer(name, service.name, number, final_name, inherit), cause, needs)

    def _freed(self, name: str) -> list[int]:
        """The step that sets a name free which another container has."""
        return [self._free[name]] if name in self._free else []

    def _made_networks(self, service: Service) -> list[int]:
        """The steps that make the networks of ``service``: to start, its containers need them all."""
        return [self._networks[name] for name in service.networks if name in self._networks]

    def _late_networks(self, service: Service) -> list[int]:
        """The same, where its containers were created without waiting for them."""
        return self._made_networks(service) if self._is_late(service) else []

    def _is_late(self, service: Service) -> bool:
        """Whether its containers may be created before their networks; not where one goes of which they would be then."""
        return len(service.networks) <= self._observed.abilities.late_networks and not any(
            n in self._outgoing for n in service.networks
        )

    def _shared_namespaces(self, service: Service) -> list[int]:
        """A container that joins another's namespaces can only be created once that one is there."""
        return [step for name in joins(service) for step in self._started.get(name, [])]

    def _copy_files(self, service: Service, name: str, ident: str | None, needs: list[int], *, mounted: bool = False) -> int:
        """mounted: those that come from files are there already."""
        return self._builder.add(CopyFiles(name, service.name, ident, mounted), "configs and secrets", needs)

    def _start(
        self, service: Service, name: str, cause: str, needs: list[int], ident: str | None = None, beside: str | None = None
    ) -> list[int]:
        after = [*needs, *self._late_networks(service), *self._dependencies(service)]
        after += [*self._orphans.values(), *self._way_free(needs)]
        after = self._hooks.before_start(service, name, after)
        last = self._builder.add(StartContainer(name, service.name, ident, beside), cause, after)
        return [self._hooks.after_start(service, name, last, ident)]

    def _way_free(self, needs: list[int]) -> list[int]:
        """The stops of what holds a port or an address that the service wants, and will be gone."""
        stops = [self._stops.add(row, cause, needs) for row, cause in self._in_the_way]
        return [stop for stop in stops if stop is not None]

    def _rename(self, row: Replica, to: str, cause: str, service: str, needs: list[int] | None = None) -> int:
        return self._builder.add(RenameContainer(row.name, service, to, row.id), cause, needs or [])

    # -- dependencies ---------------------------------------------------------------------------------

    def _dependencies(self, service: Service) -> list[int]:
        """The steps after which the conditions of ``depends_on`` hold."""
        after: list[int] = []
        for name, edge in service.depends_on.items():
            if not self._decided.places.get(name):
                continue
            if edge.condition == "service_started":
                after += self._started.get(name, [])
            else:
                after.append(self._wait(name, CONDITIONS.get(edge.condition, "started"), f"{service.name} depends on it", edge))
        return after

    def _wait(self, name: str, condition: str, cause: str, edge: Edge | None = None) -> int:
        service = self._desired.services[name]
        required = edge.required if edge else True
        key = (name, condition, required)
        if key not in self._waits:
            names = [service.name_of(self._desired.project, place.number) for place in self._decided.places[name]]
            wait = Wait(f"{name} {condition}", name, tuple(names), condition, required)
            self._waits[key] = self._builder.add(wait, cause, self._started[name])
        return self._waits[key]


def _aside(name: str, row: Replica) -> str:
    """What a container is called that has given up the name ``name``."""
    return f"{name}_{row.id[:12]}"
