"""What the engine holds of a project: read by label, once, without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import NotFound, Timeout
from perry_ffi.runtime.abilities import EngineAbilities
from perry_ffi.stack import identity
from perry_ffi.stack.index import Index

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.container_facts import PublishedPort, TaskPlace
    from perry_ffi.model.image import ImageDetails
    from perry_ffi.model.network import NetworkInfo
    from perry_ffi.model.volume import VolumeInfo


_NOTHING: Mapping[str, float] = {}

Differs = Callable[[str, str], bool]
"""Whether a network with these labels, our hash and docker compose's, was made from another definition."""
_NO_NETWORKS: Mapping[str, Differs | None] = {}

STOPPING_SECONDS = 60.0
"""How long somebody else's stop of a container is waited for before it is taken as it is."""


@dataclass(frozen=True)
class Replica:
    """One container of a service, as it is.

    number: 0 where the labels tell none. config_hash: ours; empty where another made it. peer_hash: docker compose's.
    completed: it ended with 0 by itself, nobody stopped it; ``None``: with 0, and the engine does not remember why.
    networks: those it is on, each with its id where the engine tells it. inherited: the anonymous volumes that it has from
    its predecessor. file_volumes: where such volumes carry configs and secrets. published: the ports it holds on the host.
    addresses: the network and address of each of its endpoints. joined: the ids of the containers whose namespaces it is
    in, and started: when it was started, in nanoseconds; both only where they were asked for. image: the reference it was
    created from, as the engine tells it. nameless: the engine keeps no names of its anonymous volumes, and will not start
    it once the engine was restarted. anonymous: where it has anonymous volumes that carry no configs and secrets.
    place: of one that is a task of a service; ``None`` of every other.
    """

    id: str
    name: str
    service: str
    number: int
    status: str
    health: str | None = None
    exit_code: int | None = None
    config_hash: str = ""
    peer_hash: str = ""
    image_id: str = ""
    networks: Mapping[str, str] = field(default_factory=dict)
    depends_on: str = ""
    one_off: bool = False
    completed: bool | None = False
    created: str = ""
    transaction: str = ""
    inherited: tuple[str, ...] = ()
    file_volumes: tuple[str, ...] = ()
    published: tuple[PublishedPort, ...] = ()
    addresses: frozenset[tuple[str, str]] = frozenset()
    joined: frozenset[str] = frozenset()
    started: int = 0
    image: str = ""
    nameless: bool = False
    anonymous: tuple[str, ...] = ()
    place: TaskPlace | None = None

    @property
    def running(self) -> bool:
        return self.status in ("running", "restarting", "paused")


@dataclass(frozen=True)
class Resource:
    """A network or volume, as it is. project: the one it belongs to by its labels; empty if it is nobody's.

    config_hash: ours; empty where another made it. peer_hash: docker compose's. driver, subnets: of a network.
    """

    name: str
    id: str = ""
    key: str = ""
    project: str = ""
    config_hash: str = ""
    peer_hash: str = ""
    driver: str = ""
    subnets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observed:
    """A project as the engine holds it.

    networks, volumes: by their names in the engine; those of the project and those that were asked for by name.
    images: the id of each reference that was asked for, ``None`` where the engine does not have it. stale: those that are
    older than it was said they may be, or of unknown age, where the engine tells ages at all. duplicates: networks
    of a name that another has too, which docker allows; nothing is on them. abilities: what the engine can.
    others, strangers: only where a network may have to go; the networks that were not asked for, and the containers, by
    network, that are on one of the project's and are not its own. details: of the images that have to be verified.
    """

    containers: tuple[Replica, ...] = ()
    networks: Mapping[str, Resource] = field(default_factory=dict)
    volumes: Mapping[str, Resource] = field(default_factory=dict)
    images: Mapping[str, str | None] = field(default_factory=dict)
    stale: frozenset[str] = frozenset()
    duplicates: tuple[Resource, ...] = ()
    abilities: EngineAbilities = field(default_factory=EngineAbilities)
    others: tuple[Resource, ...] = ()
    strangers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    details: Mapping[str, ImageDetails] = field(default_factory=dict)

    @cached_property
    def index(self) -> Index:
        return Index(self.containers)


async def observe(
    backend: Backend,
    project: str,
    *,
    networks: Mapping[str, Differs | None] = _NO_NETWORKS,
    volumes: Iterable[str] = (),
    images: Iterable[str] = (),
    refresh: Mapping[str, float] = _NOTHING,
    joined: Iterable[str] = (),
    planned: Mapping[str, str] | None = None,
    verified: Container[str] = (),
) -> Observed:
    """Reads what the engine holds of ``project``, and the networks, volumes and images that are named.

    networks: by name, whether it is not as it shall be, as ``Differs`` tells; ``None`` of an external one. refresh: after how
    many seconds an image is stale, by reference. joined: the services of which it is read whose namespaces they are in, and
    since when they run. planned: the config hash of each service; it is read too of containers that have another, or are of
    no service of these. verified: the images of which all is read. Only reads. Raises what the backend raises; only the engine's own
    "not found" counts as absence.
    """
    found_networks: dict[str, Resource] = {}
    same: dict[str, list[Resource]] = {}
    found_volumes: dict[str, Resource] = {}
    found_images: dict[str, str | None] = {}
    found_details: dict[str, ImageDetails] = {}
    stale: set[str] = set()
    containers: list[Replica] = []

    async def read_containers() -> None:
        rows, asked = await read_replicas(backend, project), set(joined)
        looked = {row.id for row in rows if _is_looked_at(row, asked, planned)}
        containers.extend(await _with_namespaces(backend, rows, looked))

    others: list[Resource] = []

    async def read_networks() -> None:
        for info in await backend.list_networks() if networks else ():
            if info.name in networks:
                same.setdefault(info.name, []).append(_network(info))
            else:
                others.append(_network(info))

    async def read_volume(name: str) -> None:
        try:
            info = await backend.inspect_volume(name)
        except NotFound:
            return
        found_volumes[name] = _volume(info)

    aging = _aging(backend, refresh) if refresh else refresh

    async def read_image(reference: str) -> None:
        if reference in verified:
            found_images[reference] = None
            with suppress(NotFound):
                found_details[reference] = details = await backend.inspect_image(reference)
                found_images[reference] = details.id
        else:
            found_images[reference] = await backend.image_id(reference)
        if found_images[reference] and reference in aging and await _is_older(backend, reference, aging[reference]):
            stale.add(reference)

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(read_containers)
            group.start_soon(read_networks)
            for name in set(volumes):
                group.start_soon(read_volume, name)
            for reference in set(images):
                group.start_soon(read_image, reference)
    duplicates: list[Resource] = []
    for name, rows in same.items():
        found_networks[name], more = await _told_apart(backend, project, rows)
        duplicates += more
    may_go = _may_go(project, networks, found_networks, others)
    return Observed(
        tuple(containers), found_networks, found_volumes, found_images, frozenset(stale), tuple(duplicates),
        EngineAbilities.of(backend), tuple(others) if may_go else (),
        await _strangers(backend, project, may_go) if may_go else {}, found_details,
    )  # fmt: skip


def _aging(backend: Backend, refresh: Mapping[str, float]) -> Mapping[str, float]:
    """``refresh``, where the engine tells ages."""
    from perry_ffi.stack.image_age import tells_ages  # Hardly a project asks for it.

    return refresh if tells_ages(backend) else _NOTHING


async def _is_older(backend: Backend, reference: str, seconds: float) -> bool:
    from perry_ffi.stack.image_age import image_age

    return await image_age(backend, reference) > seconds


def _may_go(
    project: str, wanted: Mapping[str, Differs | None], found: Mapping[str, Resource], others: Iterable[Resource]
) -> set[str]:
    """The networks of the project that are not as they shall be, and those that may be in the way of one that is to be made."""
    own = {name: row for name, row in found.items() if row.project == project}
    changed = {n for n, differs in wanted.items() if n in own and differs and differs(own[n].config_hash, own[n].peer_hash)}
    makes = changed or any(name not in found for name, differs in wanted.items() if differs)
    return changed | {row.name for row in others if row.project == project} if makes else set()


async def _strangers(backend: Backend, project: str, networks: Container[str]) -> dict[str, tuple[str, ...]]:
    """The containers that are not the project's own on each of ``networks``, by name."""
    found: dict[str, list[str]] = {}
    for info in await backend.list_containers(all=True):
        if not identity.is_of(info.labels, project):
            for name in info.networks:
                if name in networks:
                    found.setdefault(name, []).append(info.name)
    return {name: tuple(sorted(names)) for name, names in found.items()}


async def _told_apart(backend: Backend, project: str, rows: list[Resource]) -> tuple[Resource, list[Resource]]:
    """Of networks that have one name: the one that counts, and those of the project that nothing is on."""
    if len(rows) == 1:
        return rows[0], []
    used = [row for row in rows if row.project != project or (await backend.inspect_network(row.id)).containers]
    first = (used or rows)[0]
    return first, [row for row in rows if row not in used and row is not first]


async def list_own(backend: Backend, project: str, *, all: bool = True) -> list[ContainerInfo]:
    """The containers that are the project's own, where an engine keeps services their tasks. all: also those that do not run."""
    if backend.services is not None:
        from perry_ffi.stack.cluster.rows import list_tasks

        return [info for info in await list_tasks(backend.services, project) if all or info.status == "running"]
    # Ours carry docker compose's labels too: one question finds both.
    found = await backend.list_containers(all=all, labels={identity.THEIRS + "project": project})
    return [info for info in found if identity.is_of(info.labels, project)]


async def read_replicas(backend: Backend, project: str) -> list[Replica]:
    """The containers of a project, by service and number."""
    found = await list_own(backend, project)
    if backend.services is not None:
        tasks = [replace(replica(backend, info), completed=info.exit_code == 0) for info in found]
        return sorted(tasks, key=lambda row: (row.service, row.number, row.name))
    replicas = [replica(backend, await _settled(backend, info)) for info in found]
    for index, row in enumerate(replicas):
        if row.status == "exited" and row.exit_code == 0:
            replicas[index] = replace(row, completed=_negated(await backend.was_stopped(row.id)))
    return sorted(replicas, key=lambda row: (row.service, row.number, row.name))


def _negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def _is_looked_at(row: Replica, joined: set[str], planned: Mapping[str, str] | None) -> bool:
    if planned is not None and (row.one_off or row.config_hash != planned.get(row.service)):
        return True
    return row.service in joined and not row.one_off


async def _with_namespaces(backend: Backend, rows: list[Replica], looked: set[str]) -> list[Replica]:
    found: dict[str, Replica] = {}
    # Docker tells the name where a container was told to join another by its name.
    idents = {row.name: row.id for row in rows}

    async def look(row: Replica) -> None:
        from perry_ffi.model.container_values import moment  # Most of the time nothing is looked at.

        try:
            info = await backend.inspect_container(row.id)
        except NotFound:
            return
        joined = frozenset(idents.get(other, other) for other in info.joined.values())
        started = moment(info.started_at).ns if info.started_at else 0
        # Podman tells the places of the one whose network namespace it is in.
        if "network" in info.joined:
            row = replace(row, networks={}, addresses=frozenset())
        # A list may be late where somebody else ended it a moment ago.
        found[row.id] = replace(row, joined=joined, started=started, status=info.status, exit_code=info.exit_code)

    with one_error():
        async with anyio.create_task_group() as group:
            for row in rows:
                if row.id in looked:
                    group.start_soon(look, row)
    return [found.get(row.id, row) for row in rows]


async def with_namespaces(backend: Backend, rows: list[Replica]) -> list[Replica]:
    """``rows`` with the namespaces that they are in, and when they were started. Tasks are in nobody else's."""
    if backend.services is not None:
        return rows
    return await _with_namespaces(backend, rows, {row.id for row in rows})


async def _settled(backend: Backend, info: ContainerInfo) -> ContainerInfo:
    """The container once a stop of it has ended that is still under way: the process that asked may be gone."""
    if not info.stopping:
        return info
    try:
        await backend.wait_container(info.id, STOPPING_SECONDS)
        return await backend.inspect_container(info.id)
    except (NotFound, Timeout):
        return info


async def with_health(backend: Backend, rows: list[Replica]) -> list[Replica]:
    """``rows`` with the health of those that run, also where an engine's list does not tell it, as far as it is known."""
    if backend.lists_health or backend.services is not None:
        return rows
    from perry_ffi.runtime.probes import current_health

    found = dict[str, Replica]()

    async def look(row: Replica) -> None:
        try:
            found[row.id] = replace(row, health=await current_health(backend, await backend.inspect_container(row.id)))
        except NotFound:
            return

    with one_error():
        async with anyio.create_task_group() as group:
            for row in rows:
                if row.status == "running":
                    group.start_soon(look, row)
    return [found.get(row.id, row) for row in rows]


async def read_resources(backend: Backend, project: str) -> tuple[list[Resource], list[Resource]]:
    """The networks and the volumes that are the project's by all their labels, by name."""
    wanted = {identity.THEIRS + "project": project}
    networks, volumes = list[Resource](), list[Resource]()

    async def read_networks() -> None:
        networks.extend(map(_network, await backend.list_networks(wanted)))

    async def read_volumes() -> None:
        volumes.extend(map(_volume, await backend.list_volumes(wanted)))

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(read_networks)
            group.start_soon(read_volumes)
    return _of(project, networks), _of(project, volumes)


async def read_all(backend: Backend, project: str) -> tuple[list[Replica], list[Resource], list[Resource]]:
    """The containers, the networks and the volumes of a project, read side by side."""
    found: list[Replica] = []

    async def read_containers() -> None:
        found.extend(await read_replicas(backend, project))

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(read_containers)
            networks, volumes = await read_resources(backend, project)
    return found, networks, volumes


def _of(project: str, rows: list[Resource]) -> list[Resource]:
    return sorted((row for row in rows if row.project == project), key=lambda row: row.name)


def replica(backend: Backend, info: ContainerInfo) -> Replica:
    """A container of a project from what the engine tells of it."""
    labels = info.labels
    file_volumes = tuple(filter(None, labels.get(identity.FILES, "").split(",")))
    return Replica(
        id=info.id,
        name=info.name,
        service=identity.label(labels, identity.SERVICE) or "",
        number=identity.number_of(labels),
        status=info.status,
        health=info.health,
        exit_code=info.exit_code,
        config_hash=labels.get(identity.CONFIG_HASH, ""),
        peer_hash=labels.get(identity.PEER_HASH, ""),
        image_id=labels.get(identity.IMAGE) or info.image_id or "",
        networks={name: endpoint.network_id for name, endpoint in info.networks.items()},
        depends_on=identity.label(labels, identity.DEPENDS_ON) or "",
        one_off=(identity.label(labels, identity.ONE_OFF) or "").lower() == "true",
        created=info.created,
        transaction=labels.get(identity.TRANSACTION, ""),
        inherited=tuple(filter(backend.is_generated_volume_name, labels.get(identity.INHERITED, "").split(","))),
        file_volumes=file_volumes,
        published=tuple(info.published) if info.status != "exited" else (),
        addresses=frozenset(_addresses(info)),
        image=info.image or "",
        nameless=any(row.nameless for row in info.mounts),
        anonymous=tuple(row.target for row in info.mounts if row.anonymous and row.target not in file_volumes),
        place=info.place,
    )


def _addresses(info: ContainerInfo) -> Iterable[tuple[str, str]]:
    for network, endpoint in info.networks.items():
        for address in (endpoint.ip_address, endpoint.ipv6_address):
            if address:
                yield network, address


def _network(info: NetworkInfo) -> Resource:
    row = _resource(info.name, info.id, info.labels, identity.NETWORK)
    return replace(row, driver=info.driver, subnets=tuple(info.subnets))


def _volume(info: VolumeInfo) -> Resource:
    return _resource(info.name, info.name, info.labels, identity.VOLUME)


def _resource(name: str, ident: str, labels: Mapping[str, str], key: str) -> Resource:
    return Resource(
        name=name,
        id=ident,
        key=identity.label(labels, key) or "",
        project=identity.label(labels, identity.PROJECT) or "",
        config_hash=labels.get(identity.CONFIG_HASH, ""),
        peer_hash=labels.get(identity.PEER_HASH, ""),
    )
