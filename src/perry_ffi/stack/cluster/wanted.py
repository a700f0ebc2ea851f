"""What a project asks of an engine that keeps services, in the words that reconciling needs. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, Any

from perry_ffi.stack.cluster import policies
from perry_ffi.stack.cluster.naming import service_name
from perry_ffi.stack.shape import text

if TYPE_CHECKING:
    from perry_ffi.stack.cluster.definition import Relations
    from perry_ffi.stack.cluster.files import ClusterFile
    from perry_ffi.stack.desired import Definition, Desired, Service


_TOLD = 12
"""Characters of a digest in a label."""


@dataclass(frozen=True)
class WantedService:
    """A service as it shall be. name: in the engine. replicas: ``None`` one on each node. definition: the hash of what the file says
    of its tasks; policy: of what it says beside them, which replaces none. networks: keys of those that it is on. one_shot: its tasks
    end, by what the file says. stays: they are not to, whatever follows an end: somebody needs them healthy. volumes: those that its
    tasks mount, by key.
    """

    service: Service
    name: str
    replicas: int | None
    definition: str
    policy: str
    files: tuple[ClusterFile, ...]
    networks: Mapping[str, Definition]
    one_shot: bool
    volumes: Mapping[str, Definition] = field(default_factory=dict)
    stays: bool = False

    @property
    def key(self) -> str:
        return self.service.name

    @property
    def used_files(self) -> dict[str, str]:
        """By kind and key, as a label tells it: the names of the configs and secrets that it uses. One that is asked for with several
        owners is several objects.
        """
        found: dict[str, list[str]] = {}
        for file in self.files:
            names = found.setdefault(f"{file.kind}:{file.key}", [])
            names += [] if file.name in names else [file.name]
        return {which: "+".join(names) for which, names in found.items()}

    @property
    def used_volumes(self) -> dict[str, str]:
        """By key what a label tells of its volumes: whose node makes one has to make it so."""
        return {key: "" if row.external else row.digest[:_TOLD] for key, row in sorted(self.volumes.items())}

    def version(self, image: str) -> str:
        """The hash of its tasks: of everything that they are made from. image: the digest of their image."""
        networks = sorted([row.name, "" if row.external else row.digest] for row in self.networks.values())
        return digest_of([self.definition, image, sorted(self.used_files.items()), networks, self.used_volumes])


@dataclass(frozen=True)
class Wanted:
    """A project as it shall be. services: those that are asked for, each after what it depends on. files: every name that some
    service of the file, asked for or not, uses. external: those of them that are somebody else's, by kind and name.
    """

    desired: Desired
    services: Mapping[str, WantedService]
    files: frozenset[str]
    external: frozenset[tuple[str, str]] = frozenset()

    @property
    def images(self) -> dict[str, str]:
        """The images that are asked for in registries, each with a service that it is of."""
        found: dict[str, str] = {}
        for service in self.desired.services.values():
            found.setdefault(service.image, service.name)
        return found


def wanted(desired: Desired, files: Mapping[str, list[ClusterFile]], relations: Relations) -> Wanted:
    """files: of each service of the project. relations: of all of them.

    Raises ValidationError for what cannot be a service's name.
    """
    every = [file for rows in files.values() for file in rows]
    return Wanted(
        desired=desired,
        services={name: _service(desired, row, files.get(name, ()), relations) for name, row in desired.services.items()},
        files=frozenset(file.name for file in every),
        external=frozenset((file.kind, file.name) for file in every if file.content is None),
    )


def _service(desired: Desired, service: Service, files: Iterable[ClusterFile], relations: Relations) -> WantedService:
    where, waited, linked = f"services.{service.name}", service.name in relations.waited_for, relations.linked
    restart = policies.restart(service.tree, where, waited_for=waited)
    placement = policies.placement(service.tree, where, ())
    ends = waited or restart.condition == "none"
    job = policies.mode_of(service.tree, where) in policies.JOBS
    endpoint, keys = policies.endpoint(service.tree, where), list(service.tree.get("networks") or {})
    names = sorted([key, *linked[service.name, key]] for key in keys if (service.name, key) in linked)
    return WantedService(
        service=service,
        name=service_name(desired.project, service.name),
        replicas=policies.replicas(service, where),
        definition=digest_of([service.digest, astuple(restart), astuple(placement), endpoint, names]),
        policy=digest_of(policies.beside_tasks(service, where, one_shot=ends or job)),
        files=tuple(files),
        networks={key: desired.all_networks[key] for key in keys if key in desired.all_networks},
        one_shot=ends,
        volumes={key: row for key, row in desired.all_volumes.items() if row.name in service.volumes},
        stays=service.name in relations.needed and not (waited or job),
    )


def digest_of(value: Any) -> str:
    """The digest of a tree of JSON values."""
    return hashlib.sha256(text(value).encode("utf-8", "surrogatepass")).hexdigest()


__all__ = ["Wanted", "WantedService", "digest_of", "wanted"]
