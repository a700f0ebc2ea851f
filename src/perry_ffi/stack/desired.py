"""What a project asks for, in the words that reconciling needs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from perry_ffi.compose.hashing import container_hash, later_hashes, network_hash, volume_hash
from perry_ffi.errors import DependencyCycle, ValidationError
from perry_ffi.graph import find_cycle, levels, reachable
from perry_ffi.model import reference, values
from perry_ffi.stack import identity
from perry_ffi.stack.edges import Edge, joined_services, service_edges
from perry_ffi.stack.members import members
from perry_ffi.stack.options import Up
from perry_ffi.stack.rollout_policy import RolloutPolicy, rollout_policy
from perry_ffi.stack.services import require_services
from perry_ffi.stack.subnets import Pool, pools
from perry_ffi.stack.translate.build import built_from
from perry_ffi.stack.translate.document import unquoted
from perry_ffi.stack.translate.names import given_name
from perry_ffi.stack.translate.process import restart_policy
from perry_ffi.stack.translate.refresh import refresh_after

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project


MAX_REPLICAS = 10_000
"""More containers of one service than any one machine runs."""


@dataclass(frozen=True)
class Service:
    """A service as it shall be.

    tree: its canonical form. image: the reference its containers are made from. digest: its config hash, of ours. label_files:
    those that its labels were read from. parts: gives what its containers are made from, as ``members`` has it.
    networks, volumes: names in the engine that must be there before. addresses: the network in the engine and the address
    of each that is given. refresh_after: seconds after which its image is pulled again. built_from: services whose images
    its build needs. restarts: whether the engine restarts it also where it ended well. rollout: how its containers are replaced;
    ``None``: all at once.
    """

    name: str
    tree: Mapping[str, Any]
    image: str
    digest: str
    replicas: int
    depends_on: Mapping[str, Edge] = field(default_factory=dict)
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    builds: bool = False
    built_from: tuple[str, ...] = ()
    pull_policy: str = ""
    refresh_after: float | None = None
    has_healthcheck: bool | None = None
    restarts: bool = False
    files: bool = False
    container_name: str | None = None
    addresses: frozenset[tuple[str, str]] = frozenset()
    label_files: tuple[str, ...] = ()
    rollout: RolloutPolicy | None = None
    parts: Callable[[], dict[str, Any]] = field(default=dict, compare=False)

    def peer_digest(self, containers: Mapping[str, str]) -> str:
        """The hash that docker compose labels its containers with. containers: the ids of those that they join, by service."""
        return container_hash(self.tree, containers, self.label_files)

    def peer_digests(self, containers: Mapping[str, str]) -> frozenset[str]:
        """Those that one or another version of docker compose labels them with."""
        return frozenset((self.peer_digest(containers), *later_hashes(self.tree, containers, self.label_files)))

    def edges(self) -> dict[str, dict[str, Any]]:
        """What it depends on, as the label of its containers tells it."""
        return {name: {"condition": edge.condition, "restart": edge.restart} for name, edge in self.depends_on.items()}

    def name_of(self, project: str, number: int) -> str:
        """The name of its container ``number``."""
        return identity.container_name(project, self.name, number, self.container_name)


@dataclass(frozen=True)
class Definition:
    """A network or a volume as it shall be. name: in the engine. digest: ours. peer_digest: docker compose's.

    subnets: those that the file gives a network. bridge: it hands out addresses as an engine's bridge does.
    """

    name: str
    external: bool
    digest: str
    peer_digest: str
    subnets: tuple[Pool, ...] = ()
    bridge: bool = False

    def differs(self, config_hash: str, peer_hash: str) -> bool:
        """Whether one with these labels was made from another definition. Ours decides, where it is there."""
        return config_hash != self.digest if config_hash else peer_hash not in ("", self.peer_digest)


@dataclass(frozen=True)
class Desired:
    """A project as it shall be; services in an order in which each comes after those it depends on.

    networks, volumes: by key in the file. known: every service of the file,
    also those that are not asked for now: their containers are no orphans. followers: services that nobody asked for,
    whose containers are made from those of a service that is: where that one changes they have to change with it. sources:
    services that are not asked for, but whose images others are built from. network_names: of all networks of the file, also
    those of services that are not asked for. spare_networks, spare_volumes: those of followers alone, which are made only
    where such a one is.
    """

    project: str
    services: Mapping[str, Service]
    networks: Mapping[str, Definition]
    volumes: Mapping[str, Definition]
    known: frozenset[str]
    followers: frozenset[str] = frozenset()
    network_names: frozenset[str] = frozenset()
    sources: Mapping[str, Service] = field(default_factory=dict)
    spare_networks: Mapping[str, Definition] = field(default_factory=dict)
    spare_volumes: Mapping[str, Definition] = field(default_factory=dict)

    @property
    def all_networks(self) -> Mapping[str, Definition]:
        return {**self.spare_networks, **self.networks}

    @property
    def all_volumes(self) -> Mapping[str, Definition]:
        return {**self.spare_volumes, **self.volumes}


_NO_SERVICES: Mapping[str, int] = {}


def desired(
    project: Project, options: Up, contents: Mapping[str, list[tuple[str, str]]], also: Mapping[str, int] = _NO_SERVICES
) -> Desired:
    """What ``up`` shall bring about.

    contents: for each service, (target, digest) of the configs and secrets it is given. also: services that nobody asked
    for and that may have to follow all the same, each with how many containers it has.
    Raises NotFound for a service that is not in the project, ValidationError for a scale that cannot be.
    """
    asked = _selected(project, options)
    options = replace(options, scale={**also, **options.scale})
    touched = asked.union(also)
    names = _with_followers(project, touched)
    edges = {name: service_edges(project.services[name]) for name in names}
    order = [name for wave in levels({n: [d for d in row if d in names] for n, row in edges.items()}) for name in wave]
    services = {name: _service(project, name, options, contents.get(name, []), edges[name]) for name in order}
    used_networks, used_volumes = _used_networks(project, touched), _used_volumes(project, touched)
    return Desired(
        project=project.name,
        services=services,
        networks=_networks(project, used_networks),
        volumes=_resources(project.volumes, used_volumes, volume_hash),
        known=frozenset(project.services) | frozenset(project.disabled_services),
        followers=frozenset(names - asked),
        network_names=frozenset(_engine_names(project.networks, project.networks).values()),
        sources={n: _service(project, n, options, [], service_edges(project.services[n])) for n in _sources(project, asked)},
        spare_networks=_networks(project, _used_networks(project, names) - used_networks),
        spare_volumes=_resources(project.volumes, _used_volumes(project, names) - used_volumes, volume_hash),
    )


def _used_networks(project: Project, names: Iterable[str]) -> set[str]:
    return {key for name in names for key in project.services[name].get("networks") or {}}


def _used_volumes(project: Project, names: Iterable[str]) -> set[str]:
    return {key for name in names for key in _volume_keys(project.services[name])}


def _networks(project: Project, keys: set[str]) -> dict[str, Definition]:
    found = _resources(project.networks, keys, network_hash)
    return {key: _with_addresses(row, project.networks.get(key) or {}) for key, row in found.items()}


def build_edges(project: Project) -> dict[str, list[str]]:
    """For each service of the project those whose images its build has as contexts. Raises DependencyCycle."""
    edges = {name: [n for n in built_from(tree) if n in project.services] for name, tree in project.services.items()}
    if cycle := find_cycle(edges):
        raise DependencyCycle(f"services: the build of {' waits for that of '.join(cycle)}", cycle=cycle)
    return edges


def _sources(project: Project, names: set[str]) -> list[str]:
    edges = build_edges(project)
    return sorted(set(reachable(edges, sorted(names))) - names) if any(edges.values()) else []


def _selected(project: Project, options: Up) -> set[str]:
    require_services([*(options.services or ()), *options.scale], project.services)
    if options.services is None:
        return set(project.services)
    return with_needed(project, options.services) if options.dependencies else set(options.services)


def with_needed(project: Project, services: Iterable[str]) -> set[str]:
    """``services`` and what they depend on, however far away. Raises NotFound for one that the project does not have."""
    require_services(services, project.services)
    edges = {name: [d for d in service_edges(tree) if d in project.services] for name, tree in project.services.items()}
    return set(reachable(edges, services))


def _with_followers(project: Project, asked: set[str]) -> set[str]:
    """``asked``, and the services whose containers are created with theirs, or with those of such a one."""
    followers: dict[str, list[str]] = {}
    for name, tree in project.services.items():
        for other in joined_services(tree):
            followers.setdefault(other, []).append(name)
    return set(reachable(followers, asked))


def _volume_keys(tree: Mapping[str, Any]) -> list[str]:
    return [v["source"] for v in tree.get("volumes") or [] if v.get("type") == "volume" and v.get("source")]


def _resources(rows: Mapping[str, Any], used: set[str], peer_hash: Callable[[Mapping[str, Any]], str]) -> dict[str, Definition]:
    found = {}
    for key in sorted(used):
        row = rows.get(key) or {}
        name = row.get("name") or key
        found[key] = Definition(name, bool(row.get("external")), identity.resource_hash(row), peer_hash(row))
    return found


def _with_addresses(definition: Definition, network: Mapping[str, Any]) -> Definition:
    ipam = network.get("ipam") or {}
    given = [str(row["subnet"]) for row in ipam.get("config") or [] if (row or {}).get("subnet")]
    bridge = (network.get("driver") or "bridge") == "bridge" and (ipam.get("driver") or "default") == "default"
    return replace(definition, subnets=pools(given), bridge=bridge)


def _service(project: Project, name: str, options: Up, contents: list[tuple[str, str]], edges: Mapping[str, Edge]) -> Service:
    tree = project.services[name]
    replicas = options.scale.get(name, project.replicas(name))
    given = given_name(tree) or None
    _check_replicas(name, replicas, given)
    networks = _engine_names(project.networks, tree.get("networks") or {})
    volumes = _engine_names(project.volumes, _volume_keys(tree))
    return Service(
        name=name,
        tree=tree,
        image=_image(name, tree.get("image") or identity.image_name(project.name, name)),
        digest=identity.config_hash(tree, contents, networks=networks, volumes=volumes),
        replicas=replicas,
        depends_on={k: v for k, v in edges.items() if k in project.services},
        networks=tuple(sorted(networks.values())),
        volumes=tuple(sorted(volumes.values())),
        builds="build" in tree,
        built_from=tuple(built_from(tree)),
        pull_policy=options.pull or tree.get("pull_policy") or "",
        refresh_after=None if options.pull or "build" in tree else refresh_after(tree.get("pull_policy") or ""),
        has_healthcheck=file_healthcheck(tree),
        restarts=_restarts(name, tree),
        files=bool(contents),
        container_name=given,
        addresses=frozenset(_addresses(project, tree)),
        label_files=tuple(project.label_files.get(name, ())),
        rollout=rollout_policy(name, tree, options.rolling),
        parts=partial(members, tree, contents, networks, volumes),
    )


def _check_replicas(name: str, replicas: int, given: str | None) -> None:
    """given: the service's ``container_name``. Raises ValidationError for a number that it cannot have."""
    if replicas < 0:
        raise ValidationError(f"scale.{name}: {replicas}", path=f"scale.{name}", expected="a number from 0")
    if replicas > MAX_REPLICAS:
        raise ValidationError(
            f"services.{name}: {replicas} containers are more than {MAX_REPLICAS}, which is refused",
            path=f"services.{name}.scale", expected=f"a number up to {MAX_REPLICAS}",
        )  # fmt: skip
    if given and replicas > 1:
        raise ValidationError(
            f"services.{name}.container_name: {replicas} containers cannot have one name",
            path=f"services.{name}.container_name",
            expected="no container_name where there is more than one container",
        )


@unquoted
def _image(name: str, image: str) -> str:
    return values.within(f"services.{name}.image", reference.image, image)


def _addresses(project: Project, tree: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, row in (tree.get("networks") or {}).items():
        for member in ("ipv4_address", "ipv6_address"):
            if given := (row or {}).get(member):
                yield (project.networks.get(key) or {}).get("name") or key, str(given)


def _engine_names(rows: Mapping[str, Any], keys: Iterable[str]) -> dict[str, str]:
    return {key: (rows.get(key) or {}).get("name") or key for key in keys}


def file_healthcheck(tree: Mapping[str, Any]) -> bool | None:
    """Whether the file gives it a health check; ``None`` where that is the image's to say."""
    check = tree.get("healthcheck")
    if not check:
        return None
    return not check.get("disable") and list(check.get("test") or [])[:1] != ["NONE"]


def _restarts(name: str, tree: Mapping[str, Any]) -> bool:
    policy = restart_policy(tree, f"services.{name}")
    return policy is not None and policy[0] in ("always", "unless-stopped")
