"""Whether ``up`` has nothing to do, asked of a reader: for who would rather not load what an ``up`` takes."""

from __future__ import annotations

import os

from perry_ffi.runtime import lock_file
from perry_ffi.stack import identity
from perry_ffi.stack.containers.settled import is_settled, named_volumes, references
from perry_ffi.trust.machine import may_have_policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from perry_ffi.compose.project import Project
    from perry_ffi.service.reader import Reader


async def settled(reader: Reader, project: Project, environ: Mapping[str, str]) -> bool:
    """Whether it is certain that an ``up`` of ``project`` without further options would change nothing and say nothing.

    environ: of the process. False where it takes a plan to know, also while another verb changes the project. Only reads.
    Raises what the reader raises.
    """
    if may_have_policy(environ):
        return False
    images: dict[str, str] = {}
    for reference in references(project):
        ident = await reader.image_id(reference)
        if ident is None:
            return False
        images[reference] = ident
    # The engine has answered by now, and so has its identity.
    return bool(images) and await _while_locked(reader, project, environ, images)


async def _while_locked(reader: Reader, project: Project, environ: Mapping[str, str], images: Mapping[str, str]) -> bool:
    folder = lock_file.folder_of(environ.get("XDG_RUNTIME_DIR") or None)
    lock = lock_file.opened(folder, reader.identity, project.name, "project")
    try:
        return lock_file.taken(lock) and await _is_settled(reader, project, images)
    finally:
        os.close(lock)


async def _is_settled(reader: Reader, project: Project, images: Mapping[str, str]) -> bool:
    of_project = {identity.THEIRS + "project": project.name}
    containers = await reader.containers(of_project)
    if not containers:
        return False
    volumes = await reader.volumes(of_project) if named_volumes(project) else []
    return is_settled(project, containers, await reader.networks(), volumes, images)
