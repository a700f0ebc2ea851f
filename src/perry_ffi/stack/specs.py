"""How the parts of a project are asked for from the engine, with the labels of one ``up``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from perry_ffi.stack import identity
from perry_ffi.stack.anonymous import anonymous_volumes, inherited_volumes, with_files_label
from perry_ffi.stack.delivery import without_needless_carriers
from perry_ffi.stack.edges import joined_services
from perry_ffi.stack.members import member_label
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.names import container_name, linked_as
from perry_ffi.stack.translate.objects import network_spec, volume_spec
from perry_ffi.stack.verify import NO_DEMANDS, Demands

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container import ContainerInfo, ContainerSpec
    from perry_ffi.model.network import NetworkSpec
    from perry_ffi.model.service import ServiceSpec
    from perry_ffi.model.volume import VolumeSpec
    from perry_ffi.runtime.abilities import EngineAbilities
    from perry_ffi.runtime.actions.containers import CreateContainer
    from perry_ffi.runtime.actions.objects import CreateNetwork, CreateVolume
    from perry_ffi.runtime.removed import Removed
    from perry_ffi.stack.desired import Desired
    from perry_ffi.stack.translate.files import FileMount
    from perry_ffi.stack.translate.hooks import Hook

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class ProjectSpecs:
    """document: the resolved project. images: the id of each reference. transaction: the id of the ``up``. files: the
    project's Compose files, for the labels. copied: the configs and secrets of each service that are copied into its
    containers. removed: the containers, by id, that went before their successors were created. demands: which images have to be
    verified, and which were.
    """

    backend: Backend
    document: Mapping[str, Any]
    desired: Desired
    images: Mapping[str, str | None]
    transaction: str
    working_dir: str
    files: tuple[str, ...]
    copied: Mapping[str, Sequence[FileMount]]
    abilities: EngineAbilities
    removed: Mapping[str, Removed]
    demands: Demands = NO_DEMANDS

    @cached_property
    def _linked(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        return linked_as(self.document)

    # -- what plans create (runtime.run.Specs) ----------------------------------------------------------

    def network(self, action: CreateNetwork) -> NetworkSpec:
        wanted = self.desired.all_networks[action.key]
        labels = identity.network_labels(self.desired.project, action.key, wanted.digest, wanted.peer_digest, self.transaction)
        _, spec = network_spec(self.document, action.key, labels, self.backend.capabilities)
        assert spec is not None, "a plan creates nothing that is external"
        return spec

    def volume(self, action: CreateVolume) -> VolumeSpec:
        wanted = self.desired.all_volumes[action.key]
        labels = identity.volume_labels(self.desired.project, action.key, wanted.digest, wanted.peer_digest, self.transaction)
        _, spec = volume_spec(self.document, action.key, labels, self.backend.capabilities)
        assert spec is not None, "a plan creates nothing that is external"
        return spec

    async def container(self, action: CreateContainer) -> ServiceSpec:
        spec = await self._joined_spec(action.owner or "", action.number, action.final_name)
        spec = await self.with_carriers(spec)
        if not self.abilities.rename and (copied := [entry.target for entry in self.copied.get(action.owner or "", ())]):
            spec = spec.model_copy(update={"labels": {**spec.labels, identity.COPIED: json.dumps(copied)}})
        return await inherited_volumes(self.backend, await self._old(action.inherit), spec) if action.inherit else spec

    async def _old(self, ident: str) -> ContainerInfo:
        """The container that another takes the place of; it may have gone already."""
        gone = self.removed.get(ident)
        return gone.info if gone else await self.backend.inspect_container(ident)

    def again(self, spec: ContainerSpec, info: ContainerInfo) -> tuple[ContainerSpec, list[str]]:
        inherited = ",".join(sorted(row.name for row in anonymous_volumes(info)))
        spec = spec.model_copy(update={"labels": {**spec.labels, identity.INHERITED: inherited}})
        copied = info.labels.get(identity.COPIED)
        return spec, json.loads(copied) if copied else []

    # -- containers -------------------------------------------------------------------------------------

    async def _joined_spec(self, service: str, number: int, name: str) -> ServiceSpec:
        """The spec of a container, with the ids of those that it is created with, as they are now."""
        tree = self.desired.services[service].tree
        names = {other: container_name(self.document, other, 1) for other in joined_services(tree)}
        joined = {other: (await self.backend.inspect_container(first)).id for other, first in names.items()}
        return self.container_spec(service, number, name, joined=joined)

    def container_spec(
        self, service: str, number: int, name: str, *, joined: Mapping[str, str] = _NONE, use_aliases: bool = True
    ) -> ServiceSpec:
        """The spec of a container of the project, with its labels. joined: ids of containers that it is created with."""
        wanted = self.desired.services[service]
        image = self.images.get(wanted.image)
        labels = identity.container_labels(
            self.desired.project, service, number,
            digest=wanted.digest, peer_digest=wanted.peer_digest(joined), image_id=image or "",
            depends_on=wanted.edges(),
            working_dir=self.working_dir, files=self.files, transaction=self.transaction,
            members=self._member_labels(service),
        )  # fmt: skip
        spec = service_spec(
            self.document, service, number, image=self.demands.pinned(wanted.image), labels=labels, name=name, linked=self._linked,
            use_aliases=use_aliases, api_socket=self.backend.api_socket, working_dir=self.working_dir or None,
        )  # fmt: skip
        return self.demands.pinned_mounts(spec)

    def _member_labels(self, service: str) -> str:
        """The same for all containers of a service."""
        if service not in self._made_labels:
            self._made_labels[service] = member_label(self.desired.services[service].parts())
        return self._made_labels[service]

    @cached_property
    def _made_labels(self) -> dict[str, str]:
        return {}

    async def with_carriers(self, spec: ServiceSpec) -> ServiceSpec:
        """``spec`` with the volumes that it needs for its files, and a label that names them."""
        return with_files_label(await without_needless_carriers(self.backend, spec))

    async def init_container(self, service: str, name: str, hook: Hook) -> ServiceSpec:
        """Of a container that runs a ``pre_start`` hook, with the service's volumes and networks."""
        spec = self.container_spec(service, 1, name, use_aliases=False)
        one_off = {identity.ONE_OFF: "true", identity.THEIRS + "oneoff": "True"}
        image = hook.image and self.demands.pinned(hook.image)
        own = {"cmd": list(hook.command) or None, "image": image, "user": hook.user, "workdir": hook.working_dir}
        changes: dict[str, Any] = {key: value for key, value in own.items() if value}
        changes["env"] = {**spec.env, **hook.env}
        changes["labels"] = {**spec.labels, **one_off}
        changed = spec.model_copy(update={**changes, "ports": [], "healthcheck": None, "restart": None})
        return await self.with_carriers(changed)
