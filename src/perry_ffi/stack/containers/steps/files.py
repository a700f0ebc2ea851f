"""Configs and secrets of a service, copied into a container that was created for it."""

from __future__ import annotations

from dataclasses import dataclass

from perry_ffi.stack.project_run import ProjectAction, ProjectRun


@dataclass(frozen=True, repr=False, eq=False)
class CopyFiles(ProjectAction):
    """ident: of a container that was there before. mounted: those that come from files are there already."""

    name = "copy files"
    ident: str | None = None
    mounted: bool = False

    async def perform(self, project: ProjectRun) -> None:
        from perry_ffi.stack.delivery import put_files

        mounts = project.mounts.get(self.owner or "", [])
        wanted = [entry for entry in mounts if not (self.mounted and entry.file)]
        await put_files(project.run.backend, self.ident or self.target, wanted)
