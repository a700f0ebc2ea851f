"""Images that are verified before anything is created from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perry_ffi.stack.project_run import ProjectAction, ProjectRun

if TYPE_CHECKING:
    from perry_ffi.model.image import ImageDetails
    from perry_ffi.stack.verify import Demand


@dataclass(frozen=True, repr=False, eq=False)
class VerifyImage(ProjectAction):
    """details: the engine's image, where that is known and no step before changes it."""

    name = "verify image"
    changes = False
    demand: Demand = field(repr=False)
    details: ImageDetails | None = field(default=None, repr=False)

    async def perform(self, project: ProjectRun) -> None:
        from perry_ffi.errors import ContainerError
        from perry_ffi.stack.verify import at_service, tell_verified
        from perry_ffi.trust.admit import look

        run, owner = project.run, self.owner or ""
        details = self.details or await look(run.backend, self.target)
        try:
            admitted = await self.demand.in_force.admit(self.target, details)
        except ContainerError as error:
            raise at_service(error, owner) from None
        project.specs.demands.admitted[self.target] = admitted
        if (found := admitted.verification) is not None:
            tell_verified(run.bus, self.target, found, run.naming.details(owner))
