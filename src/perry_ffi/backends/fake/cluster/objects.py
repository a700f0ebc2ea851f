"""Configs, secrets and networks of the cluster in memory, and what its registries have."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import partial
from ipaddress import ip_network

from perry_ffi.backends.contract.service_definition import ServiceDefinition
from perry_ffi.backends.contract.service_records import ClusterObject, ResolvedImage
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.fake.calls import carries
from perry_ffi.backends.fake.cluster.clock import MOMENT
from perry_ffi.backends.fake.cluster.records import Resource, Service
from perry_ffi.backends.fake.cluster.world import ClusterWorld
from perry_ffi.errors import Conflict, NotFound, Unsupported, ValidationError
from perry_ffi.model.network import NetworkSpec

LIMITS = {"secret": 512_000, "config": 1_024_000}
"""Bytes that are too many."""
LONGEST_NAME = 64
_POOL = 24
"""Bits of a network's prefix, where its spec says none."""


class Objects:
    """What services use, by kind."""

    def __init__(self, world: ClusterWorld) -> None:
        self.world = world
        self._names: dict[tuple[str, str], Resource] = {}
        """Of those that are not going."""
        self._pools = 0

    def list(self, kind: str, labels: Labels | None) -> list[ClusterObject]:
        """Without networks that are going."""
        resources = (resource for resource in self.world.resources.values() if resource.kind == kind and not resource.going)
        found = [resource for resource in resources if carries(resource.labels, labels)]
        return [
            ClusterObject(resource.kind, resource.id, resource.name, dict(resource.labels), resource.driver, resource.subnets)
            for resource in sorted(found, key=lambda resource: resource.name)
        ]

    def check_file(self, kind: str, name: str, content: bytes) -> None:
        if not 0 < len(content) < LIMITS[kind]:
            words = f"{kind} data must be larger than 0 and less than {LIMITS[kind]} bytes"
            raise ValidationError(f"{kind} {name}: {words}", path=name, expected=words)
        if len(name) > LONGEST_NAME:
            words = f"a name of at most {LONGEST_NAME} characters"
            raise ValidationError(f"{kind} {name}: expected {words}", path=name, expected=words)

    def create_file(self, kind: str, name: str, content: bytes, labels: Labels) -> str:
        self.check_file(kind, name, content)
        return self._add(Resource(kind, self.world.ident(), name, _texts(labels), content=content))  # type: ignore[arg-type]

    def create_network(self, name: str, spec: NetworkSpec) -> str:
        if spec.driver not in (None, "", "overlay"):
            words = f"network {name}: {spec.driver} reaches over one machine alone"
            raise Unsupported(words, backend="fake", member="NetworkSpec.driver", remedy="leave the driver out")
        subnets = tuple(str(pool.subnet) for pool in (spec.ipam.config if spec.ipam else ()) if pool.subnet)
        if not subnets:
            self._pools += 1
            subnets = (f"10.{self._pools // 256}.{self._pools % 256}.0/{_POOL}",)
        room = sum(ip_network(pool).num_addresses - 3 for pool in subnets)
        resource = Resource("network", self.world.ident(), name, dict(spec.labels), room=room)
        self.world.clock.after(MOMENT, partial(_allocate, resource, subnets))
        return self._add(resource)

    def _add(self, resource: Resource) -> str:
        if (resource.kind, resource.name) in self._names:
            raise Conflict(f"{resource.kind} {resource.name}: the name is taken", backend="fake", subject=resource.name)
        self._names[resource.kind, resource.name] = self.world.resources[resource.id] = resource
        self.world.tell(resource.kind, "create", resource.id, resource.name)
        return resource.id

    def remove(self, kind: str, ident: str) -> None:
        resource = self.world.resources.get(ident)
        if resource is None or resource.kind != kind:
            raise NotFound(f"no such {kind}: {ident}", backend="fake", subject=ident)
        if resource.users:
            names = ", ".join(sorted(self.world.services[user].name for user in resource.users))
            raise Conflict(f"{kind} {resource.name}: in use by {names}", backend="fake", subject=resource.name)
        if resource.going:
            raise Conflict(f"network {resource.name}: has active endpoints", backend="fake", subject=resource.name)
        del self._names[kind, resource.name]
        if resource.ends:
            resource.going = True
        else:
            del self.world.resources[ident]
        self.world.tell(kind, "remove", ident, resource.name)

    # -- who uses them --------------------------------------------------------------------------------

    def check(self, definition: ServiceDefinition) -> None:
        """NotFound where it uses what is not there."""
        for kind, ident in used(definition):
            resource = self.world.resources.get(ident)
            if resource is None or resource.kind != kind or resource.going:
                raise NotFound(f"{definition.name}: {kind} {ident} not found", backend="fake", subject=ident)

    def use(self, service: Service) -> None:
        """Notes what ``service`` uses, by its definition and by the one that it may go back to; of a removed one nothing."""
        kept = () if service.removed else (service.definition,)
        now = {ident for definition in kept for _, ident in used(definition)}
        before = service.uses
        for ident in before - now:
            if ident in self.world.resources:
                self.world.resources[ident].users.discard(service.id)
        for ident in now - before:
            if ident in self.world.resources:
                self.world.resources[ident].users.add(service.id)
        service.uses = now


class Registry:
    """What registries have. digests: by reference; whatever else is asked for is there too, but for ``missing``."""

    def __init__(self, digests: dict[str, str], missing: Iterable[str]) -> None:
        self.digests = digests
        self.missing = set(missing)

    def push(self, reference: str) -> str:
        """Has ``reference`` name a new image; gives its digest."""
        self.digests[reference] = _digest(f"{reference} {self.digests.get(reference)}")
        self.missing.discard(reference)
        return self.digests[reference]

    def resolve(self, reference: str) -> ResolvedImage:
        name, _, digest = reference.partition("@")
        if self.lacks(reference):
            raise NotFound(f"no registry has {reference}", backend="fake", subject=reference)
        digest = digest or self.digests.setdefault(name, _digest(name))
        return ResolvedImage(f"{name}@{digest}", digest, ("linux/amd64",))

    def lacks(self, reference: str) -> bool:
        return reference in self.missing or reference.partition("@")[0] in self.missing


def _allocate(network: Resource, subnets: tuple[str, ...]) -> None:
    """Gives a network its driver and addresses, which it has a moment after it was made."""
    network.driver, network.subnets = "overlay", subnets


def used(definition: ServiceDefinition) -> list[tuple[str, str]]:
    """Kind and id of each object that it uses."""
    return [
        *(("network", use.network) for use in definition.networks if use.network != "host"),
        *(("config", use.ident) for use in definition.configs),
        *(("secret", use.ident) for use in definition.secrets),
    ]


def _texts(labels: Labels) -> dict[str, str]:
    return {name: value or "" for name, value in labels.items()}


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


__all__ = ["LIMITS", "Objects", "Registry", "used"]
