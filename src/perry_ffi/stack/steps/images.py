"""Images that a project's services build or pull."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.runtime.actions.objects import PullImage
from perry_ffi.stack import identity
from perry_ffi.stack.project_run import ProjectAction, ProjectRun

if TYPE_CHECKING:
    from perry_ffi.runtime.run import Run


@dataclass(frozen=True, repr=False, eq=False)
class PullServiceImage(PullImage):
    """policy: the service's, after which the image may have to be pulled anew one day."""

    policy: str = ""

    async def perform(self, run: Run) -> None:
        from perry_ffi.stack.image_age import note_pull

        await super().perform(run)
        await note_pull(run.backend, self.policy, self.target)


@dataclass(frozen=True, repr=False, eq=False)
class BuildImage(ProjectAction):
    name = "build image"

    async def perform(self, project: ProjectRun) -> None:
        from perry_ffi.runtime.progress import ProgressEvents
        from perry_ffi.stack.translate.build import build_spec, named_in

        run, specs, service = project.run, project.specs, self.owner or ""
        labels = identity.project_labels(specs.desired.project)
        spec, names = build_spec(specs.document, service, labels, project.contents, run.backend.capabilities)
        wanted = spec.model_copy(update={"tags": [*spec.tags, *names[1:]]})
        for name in dict.fromkeys([*names, *spec.tags]):
            run.undo.image(name, await run.backend.image_id(name), project.built_beside)
        with named_in(service):
            progress = ProgressEvents(run.bus, "build", self.target, self.owner, run.naming)
            await run.backend.build_image(wanted, names[0], progress)
