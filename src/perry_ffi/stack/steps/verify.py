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
        from perry_ffi.stack.verify import at_service
        from perry_ffi.trust.admit import look
        from perry_ffi.trust.report import warnings

        run, owner = project.run, self.owner or ""
        details = self.details or await look(run.backend, self.target)
        try:
            admitted = await self.demand.in_force.admit(self.target, details)
        except ContainerError as error:
            raise at_service(error, owner) from None
        project.specs.demands.admitted[self.target] = admitted
        if (found := admitted.verification) is not None:
            for code, message in warnings(found):
                run.bus.tell("warning", code=code, message=message, image=self.target, **run.naming.details(owner))
            told = found.model_dump(by_alias=True, exclude_none=True)
            run.bus.tell("verified", image=self.target, verification=told, **run.naming.details(owner))
