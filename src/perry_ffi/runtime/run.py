"""What the actions of one run of a plan share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container import ContainerInfo, ContainerSpec
    from perry_ffi.model.network import NetworkSpec
    from perry_ffi.model.volume import VolumeSpec
    from perry_ffi.runtime.actions.containers import CreateContainer
    from perry_ffi.runtime.actions.objects import CreateNetwork, CreateVolume
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.runtime.naming import Naming
    from perry_ffi.runtime.readiness import Readiness
    from perry_ffi.runtime.removed import Removed
    from perry_ffi.runtime.rollback import UndoLog


class Specs(Protocol):
    """How the things look that a plan creates. Each spec carries the labels of the undo log's mark, else it is not put back."""

    def network(self, action: CreateNetwork) -> NetworkSpec: ...

    def volume(self, action: CreateVolume) -> VolumeSpec: ...

    async def container(self, action: CreateContainer) -> ContainerSpec: ...

    def again(self, spec: ContainerSpec, info: ContainerInfo) -> tuple[ContainerSpec, list[str]]:
        """What creates a container again that goes; and the files that were copied into it, by their paths.

        spec: as the engine tells it. info: the container as it is.
        """
        ...


@dataclass(frozen=True)
class Run:
    """One run of a plan.

    undo: how it is put back. specs: of what is created; ``None`` where nothing is. group_labels: what all carry that belongs
    to the same whole. readiness: where the plan waits. wait_timeout: seconds that each wait may take. removed: the containers,
    by id, that went before their successors were created.
    """

    backend: Backend
    undo: UndoLog
    bus: EventBus
    naming: Naming
    specs: Specs | None = None
    group_labels: Mapping[str, str] = field(default_factory=dict)
    readiness: Readiness | None = None
    wait_timeout: float | None = None
    removed: dict[str, Removed] = field(default_factory=dict)

    @property
    def specs_in_force(self) -> Specs:
        """Those that a plan which creates is run with."""
        assert self.specs is not None, "a plan that creates is run with specs"
        return self.specs
