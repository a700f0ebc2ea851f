"""How an engine that keeps services is asked for those of one project, with the labels of one ``up``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import Unsupported
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.definition import Relations, service_definition
from perry_ffi.stack.cluster.made_from import parts
from perry_ffi.stack.members import member_label
from perry_ffi.stack.translate.objects import network_spec

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_definition import ServiceDefinition
    from perry_ffi.backends.contract.service_records import ClusterObject
    from perry_ffi.model.network import NetworkSpec
    from perry_ffi.stack.cluster.files import ClusterFile
    from perry_ffi.stack.cluster.observe import ClusterObserved, Found
    from perry_ffi.stack.cluster.wanted import Wanted, WantedService
    from perry_ffi.stack.desired import Definition
    from perry_ffi.stack.verify import Demands

_TOLD = 12
"""Characters of a digest in a network's name."""


@dataclass
class Definitions:
    """document: the resolved project. images: what each reference stands for. transaction: the id of the ``up``. ended: services
    whose last tasks ended well. idents: of networks, configs, secrets and services, by kind and name; those that are made come in as they
    are. parked: services get no tasks, and the number that starting them gives them. nodes: how many there are, where somebody counted.
    """

    document: Mapping[str, Any]
    wanted: Wanted
    images: Mapping[str, Found]
    demands: Demands
    working_dir: str
    compose_files: tuple[str, ...] = ()
    transaction: str = ""
    parked: bool = False
    ended: frozenset[str] = frozenset()
    idents: dict[tuple[str, str], str] = field(default_factory=dict)
    nodes: int | None = None
    _relations: Relations | None = None

    def of(self, key: str) -> ServiceDefinition:
        """The definition of a service; ids that nobody knows yet are empty. Raises as ``service_definition``, and Unsupported for one
        that cannot be without a task.
        """
        found = self._whole(key)
        if not self.parked:
            return found
        if found.replicas is None:
            raise Unsupported(
                f"services.{key}: a service with a task on each node starts as it is made", service=key, member="deploy.mode",
                reason="deploy.mode is global", remedy="bring it up, or leave it out of what is created",
            )  # fmt: skip
        return replace(found, replicas=0, labels={**found.labels, identity.STOPPED: str(found.replicas)})

    def _whole(self, key: str) -> ServiceDefinition:
        wanted = self.wanted.services[key]
        if self._relations is None:
            self._relations = Relations.of(self.document)
        return service_definition(
            self.document,
            wanted.service,
            project=self.wanted.desired.project,
            image=self.reference(wanted.service.image),
            labels=self._labels(wanted),
            task_labels=identity.cluster_task_labels(self.wanted.desired.project, key, self.version(key)),
            networks={name: self.idents.get(("network", row.name), "") for name, row in wanted.networks.items()},
            files=wanted.files,
            idents={file.name: self.idents.get((file.kind, file.name), "") for file in wanted.files},
            one_shot=wanted.one_shot or key in self.ended,
            working_dir=self.working_dir or None,
            relations=self._relations,
            nodes=self.nodes,
            platforms=found.platforms if (found := self.images.get(wanted.service.image)) else (),
        )

    def reference(self, image: str) -> str:
        """What tasks are made from for an image: what was verified, where it has to be, and else what the registry said."""
        if image in self.demands.of:
            return self.demands.pinned(image)
        found = self.images.get(image)
        return found.reference if found else image

    def digest(self, image: str) -> str:
        found = self.images.get(image)
        return found.digest if found else ""

    def version(self, key: str) -> str:
        wanted = self.wanted.services[key]
        return wanted.version(self.digest(wanted.service.image))

    def network(self, key: str) -> NetworkSpec:
        """A network of the project that is to be made."""
        row = self.wanted.desired.all_networks[key]
        labels = {
            **identity.cluster_labels(self.wanted.desired.project),
            identity.NETWORK: key,
            identity.CONFIG_HASH: row.digest,
            identity.TRANSACTION: self.transaction,
        }
        spec = network_spec(self.document, key, labels)[1]
        assert spec is not None, "an external network is not made"
        return spec

    def file_labels(self, file: ClusterFile) -> dict[str, str]:
        return {**identity.cluster_labels(self.wanted.desired.project), identity.TRANSACTION: self.transaction}

    def _labels(self, wanted: WantedService) -> dict[str, str]:
        service = wanted.service
        return identity.cluster_service_labels(
            self.wanted.desired.project,
            service.name,
            digest=self.version(service.name),
            definition=wanted.definition,
            image=self.digest(service.image),
            reference=service.image,
            depends_on=service.edges(),
            members=member_label(parts(wanted)),
            files=[f"{which}={name}" for which, name in sorted(wanted.used_files.items())],
            networks=sorted(self.idents.get(("network", row.name), "") for row in wanted.networks.values()),
            volumes=[f"{key}={digest}" for key, digest in wanted.used_volumes.items()],
            policy=wanted.policy,
            working_dir=self.working_dir,
            compose_files=self.compose_files,
            transaction=self.transaction,
        )

    def for_transaction(self, transaction: str) -> Definitions:
        """The same with the labels of one ``up``, and ids of its own."""
        return replace(self, transaction=transaction, idents=dict(self.idents))


def known_idents(wanted: Wanted, observed: ClusterObserved, *, keep: bool = False) -> dict[tuple[str, str], str]:
    """The ids of what is there and right, by kind and name. keep: as of ``right_networks``."""
    found: dict[tuple[str, str], str] = {}
    for kind in ("config", "secret"):
        found.update({(kind, row.name): row.id for row in observed.of_kind(kind)})
    found.update({("service", state.name): state.id for state in observed.services.values()})
    for name, network in right_networks(wanted, observed, keep=keep).items():
        found["network", name] = network.id
    return found


def right_networks(wanted: Wanted, observed: ClusterObserved, *, keep: bool = False) -> dict[str, ClusterObject]:
    """By the name that the file gives it, of the networks that are asked for, those that are there as they shall be. In the engine one
    has that name, or the one of ``name_beside``. keep: whatever their definitions, those that are there are right.
    """
    found: dict[str, ClusterObject] = {}
    rows = observed.of_kind("network")
    own = {
        (row.labels.get(identity.NETWORK), row.labels.get(identity.CONFIG_HASH), row.name): row
        for row in rows
        if row.labels.get(identity.PROJECT) == wanted.desired.project
    }
    by_name = {row.name: row for row in rows}
    for key, definition in wanted.desired.all_networks.items():
        names = (definition.name, name_beside(definition))
        rows_of = (own.get((key, definition.digest, name)) for name in names)
        row = by_name.get(definition.name) if definition.external else next(filter(None, rows_of), None)
        if row is None and keep:
            row = next((row for (of, _, _), row in own.items() if of == key), None)
        if row is not None:
            found[definition.name] = row
    return found


def name_beside(definition: Definition) -> str:
    """What a network is called that is made anew while the old one still has its name."""
    return f"{definition.name}_{definition.digest[:_TOLD]}"


__all__ = ["Definitions", "known_idents", "name_beside", "right_networks"]
