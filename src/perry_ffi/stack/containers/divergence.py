"""What becomes of each container that is there: it stays, is replaced, starts again, or is too many. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from perry_ffi.stack.desired import Desired, Service
from perry_ffi.stack.edges import Awaited, joined_services, shared_namespaces
from perry_ffi.stack.observed import Observed, Replica
from perry_ffi.stack.options import Up

IMAGE_ANEW = "image is made anew"
"""Why a container counts as replaced before it is known what comes out."""
SCALED_DOWN = "scaled down"
"""Why one goes that no other takes the place of."""


@dataclass(frozen=True)
class Place:
    """One container of a service as it shall be, and what there is of it.

    row: the container that stays or is replaced; ``None`` where there is none. cause: why it is replaced; ``None`` if it
    stays. others: what an interrupted ``up`` left beside it. beside: the one that replaces it gets this number, which is none of
    its own, and runs before it stops.
    """

    number: int
    row: Replica | None = None
    cause: str | None = None
    others: tuple[Replica, ...] = ()
    beside: bool = False


@dataclass
class Decisions:
    """places, surplus: by service. made: services whose first container is a new one, replaced: those of which one takes
    another's place. again: those whose first container stays and starts again: namespaces that others share with it end.
    """

    places: dict[str, list[Place]] = field(default_factory=dict)
    surplus: dict[str, list[Replica]] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)

    def going(self) -> Iterator[tuple[Replica, str]]:
        """The containers that will be gone in the end, and why."""
        for places in self.places.values():
            for place in places:
                if place.row is not None and place.cause is not None:
                    yield place.row, place.cause
                for other in place.others:
                    yield other, "left over"
        for rows in self.surplus.values():
            for row in rows:
                yield row, SCALED_DOWN


class Decider:
    """Decides service by service, each after those it depends on.

    images, networks: by name, those that are made anew. going: by name, the networks that go, each as a cause.
    """

    def __init__(
        self,
        desired: Desired,
        observed: Observed,
        options: Up,
        images: Mapping[str, int],
        networks: Container[str],
        going: Mapping[str, str],
    ) -> None:
        self._desired = desired
        self._observed = observed
        self._options = options
        self._images = images
        self._networks = networks
        self._going_networks = going
        self._awaited = Awaited.by(service.depends_on for service in desired.services.values())
        self._tied = frozenset(name for service in desired.services.values() for name in tied(service))
        """The services whose first containers others are tied to, by their names."""
        self._found = Decisions()
        self._peer_digests: dict[str, frozenset[str]] = {}

    def decide(self) -> Decisions:
        for service in self._desired.services.values():
            self._decide(service)
        return self._found

    def starts(self, service: Service, row: Replica) -> bool:
        """Whether a container that stays, and does not run, is started."""
        if row.running or not self._options.start or service.name in self._desired.followers:
            return False
        asked = self._options.services is not None and service.name in self._options.services
        return asked or service.restarts or not self._awaited.is_done(service.name, row.completed)

    def why_restart(self, service: Service, row: Replica) -> str | None:
        """Why a container that stays and runs is started again."""
        for name, edge in service.depends_on.items():
            if edge.restart and name in self._found.replaced:
                return f"{name} was made anew"
        for name in namespaces(service):
            first = self._first(name)
            if name in self._found.again or (first is not None and first.running and 0 < row.started < first.started):
                return f"{name}, whose namespaces it is in, started again"
        return None

    # -- a service ------------------------------------------------------------------------------------

    def _decide(self, service: Service) -> None:
        there = _by_number(self._observed.index.of_service(service.name))
        places = self._beside(service, list(self._places(service, there)))
        self._found.places[service.name] = places
        self._found.surplus[service.name] = [] if self._follows(service) else [r for rows in there.values() for r in rows]
        for place in places:
            if place.row is None or place.cause is not None:
                self._found.made |= {service.name} if place.number == 1 else set()
                self._found.replaced |= set() if place.row is None else {service.name}
            elif place.number == 1 and self._starts_again(service, place, place.row):
                self._found.again.add(service.name)

    def _places(self, service: Service, there: dict[int, list[Replica]]) -> Iterator[Place]:
        """One for each container; takes out of ``there`` what has one. Of a follower only what is there and must follow."""
        follows = self._follows(service)
        if follows and not self._has_to_follow(service) and not any(self._leaves(row) for rows in there.values() for row in rows):
            return
        for number in range(1, service.replicas + 1) if follows else self._numbers(service, there):
            rows = there.pop(number, [])
            if rows:
                row = self._best(service, service.name_of(self._desired.project, number), rows)
                others = tuple(other for other in rows if other is not row)
                yield Place(number, row, self.why_replace(service, row), others)
            elif not follows:
                yield Place(number)

    def _numbers(self, service: Service, there: Mapping[int, list[Replica]]) -> list[int]:
        """The numbers of its containers: those that there are, and the lowest free ones where some are missing.

        Of too many those stay that are right, then those that run, then the first ones. Numbers may have holes: successors that
        ran beside their predecessors have numbers of their own, and docker compose numbers on where one was removed. Only
        where others are tied to the first container, by its name, that is number 1.
        """
        found = [number for number in there if number > 0]
        needed = {1} if service.name in self._tied and service.replicas else set[int]()
        if len(found) > service.replicas - len(needed - set(found)):
            ranked = sorted(found, key=lambda number: (number not in needed, *self._rank(service, there[number]), number))
            found = ranked[: service.replicas - len(needed - set(found))]
        chosen = needed.union(found)
        free = (number for number in count(1) if number not in chosen)
        return sorted([*chosen, *(next(free) for _ in range(service.replicas - len(chosen)))])

    def _rank(self, service: Service, rows: list[Replica]) -> tuple[bool, bool]:
        """The lower the sooner one of them stays."""
        return all(self.why_replace(service, row) for row in rows), not any(row.running for row in rows)

    def _beside(self, service: Service, places: list[Place]) -> list[Place]:
        """``places`` with other numbers for the successors that run before their predecessors stop: those of what serves now."""
        if service.rollout is None or not service.rollout.beside or not self._options.start or self._follows(service):
            return places
        used = {row.number for row in self._observed.index.of_service(service.name)} | {place.number for place in places}
        free = (number for number in count(1) if number not in used and self._is_free(service, number))
        return [
            replace(place, number=next(free), beside=True)
            if place.row is not None and place.cause is not None and place.row.status == "running"
            else place
            for place in places
        ]

    def _is_free(self, service: Service, number: int) -> bool:
        return service.container_name is not None or (
            service.name_of(self._desired.project, number) not in self._observed.index.names
        )

    def _follows(self, service: Service) -> bool:
        return service.name in self._desired.followers

    def _has_to_follow(self, service: Service) -> bool:
        return bool(self._found.made.intersection(joins(service)) or self._found.again.intersection(namespaces(service)))

    def _starts_again(self, service: Service, place: Place, row: Replica) -> bool:
        if place.others and self._options.start:
            return True
        return self.starts(service, row) or (row.running and self.why_restart(service, row) is not None)

    def _best(self, service: Service, name: str, rows: list[Replica]) -> Replica:
        """Which of several containers of one number stays: an interrupted ``up`` may have left two."""
        return max(rows, key=lambda r: (not self.why_replace(service, r), r.running, r.name == name, r.created))

    def _first(self, name: str) -> Replica | None:
        places = self._found.places.get(name)
        return places[0].row if places and places[0].number == 1 else None

    # -- why ------------------------------------------------------------------------------------------

    def why_replace(self, service: Service, row: Replica) -> str | None:
        """Why a container cannot stay as it is."""
        if self._options.no_recreate:
            return None
        if self._follows(service):
            return self._leaves(row) or self._why_joined(service, row)
        if self._options.recreates(service.name):
            return "asked for"
        if changed := self._why_changed(service, row):
            return changed
        image = self._observed.images.get(service.image)
        if image and row.image_id and image != row.image_id:
            return "image changed"
        if leaves := self._leaves(row):
            return leaves
        if service.image in self._images:
            return IMAGE_ANEW
        if row.status == "dead":
            return "dead"
        if row.nameless:
            return "the engine keeps no names of its anonymous volumes"
        if not self._observed.abilities.rename and row.name != service.name_of(self._desired.project, row.number):
            return f"it is called {row.name}"
        return self._why_network(service, row) or self._why_joined(service, row)

    def _why_changed(self, service: Service, row: Replica) -> str | None:
        """Our hash decides, where it is there; of a container that docker compose made, its own."""
        if not row.config_hash and not row.peer_hash:
            return "it does not tell what it was made from"
        same = row.config_hash == service.digest if row.config_hash else row.peer_hash in self._of_peer(service)
        return None if same else "configuration changed"

    def _of_peer(self, service: Service) -> frozenset[str]:
        """As the containers that are there make it; one that would join another is made anew for that reason."""
        if service.name not in self._peer_digests:
            index = self._observed.index
            there = {name: index.of_service(name) for name in joined_services(service.tree)}
            joined = {name: min(rows, key=lambda row: row.name).id for name, rows in there.items() if rows}
            self._peer_digests[service.name] = service.peer_digests(joined)
        return self._peer_digests[service.name]

    def _leaves(self, row: Replica) -> str | None:
        """Why one cannot stay that is on a network which goes, be it that its service does not say so."""
        return next((self._going_networks[name] for name in row.networks if name in self._going_networks), None)

    def _why_network(self, service: Service, row: Replica) -> str | None:
        """A container is tied to the very networks that it was created with."""
        for name in service.networks:
            if name in self._networks:
                return f"network {name} is made anew"
            if name not in row.networks:
                return f"it is not on network {name}"
            # Podman tells the name for the id.
            if name in self._observed.networks and row.networks[name] not in ("", name, self._observed.networks[name].id):
                return f"network {name} is another one now"
        return None

    def _why_joined(self, service: Service, row: Replica) -> str | None:
        """A container is tied to the very containers that it was created with."""
        for name in joins(service):
            if name in self._found.made:
                return f"{name}, whose namespaces it joins, is made anew"
        for name in namespaces(service):
            first = self._first(name)
            if first is not None and row.joined and first.id not in row.joined:
                return f"{name}, whose namespaces it joins, is another container now"
        return None


def joins(service: Service) -> list[str]:
    """The services of the project whose containers its own are created with."""
    return [name for name in joined_services(service.tree) if name in service.depends_on]


def namespaces(service: Service) -> list[str]:
    """The services of the project whose namespaces its containers are in."""
    return [name for name in shared_namespaces(service.tree) if name in service.depends_on]


def tied(service: Service) -> list[str]:
    """The services whose first containers its own are created with, or linked to, by their names."""
    links = [str(row).split(":")[0] for row in service.tree.get("links") or []]
    return [*joined_services(service.tree), *links]


def _by_number(rows: list[Replica]) -> dict[int, list[Replica]]:
    """Containers by number; those without one come last."""
    found: dict[int, list[Replica]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(row)
    return dict(sorted(found.items(), key=lambda item: (item[0] == 0, item[0])))
