"""What an engine holds of a project, as it was read: containers (tasks of services too), networks, volumes, images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

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

Differs = Callable[[str, str], bool]
"""Whether a network with these labels, our hash and docker compose's, was made from another definition."""


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

    @property
    def left_by_run(self) -> bool:
        """Whether it is one of ``run`` that has ended."""
        return self.one_off and not self.transaction and self.status in ("exited", "dead")


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


def network_row(info: NetworkInfo) -> Resource:
    """A network from what the engine tells of it."""
    row = _resource(info.name, info.id, info.labels, identity.NETWORK)
    return replace(row, driver=info.driver, subnets=tuple(info.subnets))


def volume_row(info: VolumeInfo) -> Resource:
    """A volume from what the engine tells of it."""
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
