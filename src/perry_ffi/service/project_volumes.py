"""The volumes of a project."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from perry_ffi.service.project_containers import containers, of_services
from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.model.volume_info import VolumeInfo
    from perry_ffi.service.reader import Reader


async def volumes(reader: Reader, project: str, services: Iterable[str] = (), known: Iterable[str] = ()) -> list[VolumeInfo]:
    """Those that carry its labels, by name. services: only what their containers have mounted. known: those of the model.

    Raises NotFound for a service that is none.
    """
    names = list(services)
    found = await reader.volumes({identity.THEIRS + "project": project})
    if names:
        rows = of_services(await containers(reader, project), names, known)
        mounted = {mount.name for info in rows for mount in info.mounts}
        found = [info for info in found if info.name in mounted]
    return sorted(found, key=lambda info: info.name)
