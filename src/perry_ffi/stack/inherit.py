"""A container that takes another's place keeps the data of its anonymous volumes, as Compose has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perry_ffi.stack import identity
from perry_ffi.stack.translate.files import SECRETS_DIRECTORY

if TYPE_CHECKING:
    from perry_ffi.backends.base import Backend
    from perry_ffi.model.service import ServiceSpec

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")


async def inherited_volumes(backend: Backend, old: str, spec: ServiceSpec) -> ServiceSpec:
    """``spec`` with the anonymous volumes of the container ``old`` at their places, and a label that names them.

    A place that the spec fills otherwise (a bind, a named volume, a tmpfs, configs and secrets) is left to it.
    """
    from perry_ffi.model.mounts import Mount

    info = await backend.inspect_container(old)
    taken = {mount.target for mount in spec.volumes if mount.source or getattr(mount, "own_files", False)}
    taken |= {*spec.tmpfs, SECRETS_DIRECTORY}
    kept = [
        Mount(type="volume", source=row["Name"], target=row["Destination"])
        for row in anonymous_volumes(info.raw or {})
        if row["Destination"] not in taken
    ]
    if not kept:
        return spec
    places = {mount.target for mount in kept}
    others = [mount for mount in spec.volumes if mount.target not in places]
    labels = {**spec.labels, identity.INHERITED: ",".join(sorted(mount.source for mount in kept))}
    return spec.model_copy(update={"volumes": [*others, *kept], "labels": labels})


def anonymous_volumes(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The anonymous volumes among the mounts of an engine's container document."""
    return [
        row
        for row in document.get("Mounts") or []
        if row.get("Type") == "volume" and _ANONYMOUS.fullmatch(row.get("Name") or "")
    ]
