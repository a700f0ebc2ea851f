"""Steps on the images that the tasks of services are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError
from perry_ffi.runtime.action import EngineAction
from perry_ffi.stack.cluster.actions import ClusterAction, ClusterRun

if TYPE_CHECKING:
    from perry_ffi.runtime.run import Run
    from perry_ffi.stack.verify import Demand


@dataclass(frozen=True, repr=False, eq=False)
class PushImage(EngineAction):
    """Sends an image that was built here to its registry, where every node finds it. It stays there if the ``up`` is put back."""

    name = "push image"

    async def perform(self, run: Run) -> None:
        from perry_ffi.model.image import PushOptions
        from perry_ffi.runtime.progress import ProgressEvents

        progress = ProgressEvents(run.bus, "push", self.target, self.owner, run.naming)
        await run.backend.push_image(self.target, PushOptions(), progress)


@dataclass(frozen=True, repr=False, eq=False)
class VerifyResolved(ClusterAction):
    """Verifies what an image's reference stands for now: the tasks are made from that digest."""

    name = "verify image"
    changes = False
    demand: Demand = field(repr=False)

    async def perform(self, run: ClusterRun) -> None:
        from perry_ffi.stack.verify import at_service, tell_verified
        from perry_ffi.trust.admit import look

        made_of, owner = run.made_of, self.owner or ""
        found = made_of.images.get(self.target)
        details = await look(run.run.backend, self.target) if found is None or found.local else None
        reference = self.target if found is None or found.local else found.reference
        try:
            admitted = await self.demand.in_force.admit(reference, details)
        except ContainerError as error:
            raise at_service(error, owner) from None
        made_of.demands.admitted[self.target] = admitted
        if (told := admitted.verification) is not None:
            tell_verified(run.run.bus, self.target, told, run.run.naming.details(owner))


__all__ = ["PushImage", "VerifyResolved"]
