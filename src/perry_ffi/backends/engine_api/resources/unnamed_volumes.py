"""Anonymous volumes that docker keeps no name of: those of containers that were created with a bind of a place alone.

Docker 25.0.8, and 27.4 and later, cannot hand one on, nor remove it or start its container once it was restarted itself.
Its folder tells the name. The library creates no such container; an earlier one did, and others may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.flavour import ApiVersion
from perry_ffi.backends.engine_api.responses.fields import listing, mapping
from perry_ffi.model.mounts import Mount

if TYPE_CHECKING:
    from perry_ffi.model.container_info import ContainerInfo
    from perry_ffi.model.service import ServiceSpec

NAMELESS_API: ApiVersion = (1, 44)
"""The oldest API of a docker that does that."""


def left_over(info: ContainerInfo) -> list[str]:
    """What docker may leave of an inspected container that has such volumes: these, and the others that it made for it.

    Once it was restarted it stops at the first volume without a name, in no order, and may know no other of the container.
    """
    if not any(row.nameless for row in info.mounts):
        return []
    given = _given(mapping((info.raw or {}).get("HostConfig")))
    made = {row.name for row in info.mounts if row.anonymous and given is not None and normpath(row.target) not in given}
    return [row.name for row in info.mounts if row.nameless or row.name in made]


def _given(host: Mapping[str, Any]) -> set[str] | None:
    """Where volumes lie that somebody named; ``None`` where some are another container's."""
    if listing(host.get("VolumesFrom")):
        return None
    binds = [text.split(":")[1] for text in listing(host.get("Binds")) if ":" in text]
    return {normpath(place) for place in (*binds, *(row["Target"] for row in listing(host.get("Mounts")) if row.get("Source")))}


def unused(names: Iterable[str], others: Iterable[ContainerInfo]) -> list[str]:
    """Those of the volumes that no container of ``others`` has: the engine itself may not know its users."""
    used = {row.name for info in others for row in info.mounts}
    return [name for name in names if name not in used]


def with_names(spec: ServiceSpec, sources: Iterable[tuple[ContainerInfo, bool]]) -> ServiceSpec:
    """``spec`` with such volumes of the containers that it has its volumes from as mounts of its own, by name.

    sources: the containers, and whether only to read. A place that the spec fills itself stays as it is.
    """
    taken = {*map(normpath, spec.tmpfs), *(normpath(mount.target) for mount in spec.volumes)}
    found: dict[str, Mount] = {}
    for info, read_only in sources:
        for row in info.mounts:
            if row.nameless and normpath(row.target) not in taken:
                found[row.target] = Mount("volume", row.target, row.name, read_only or row.read_only)
    return spec.model_copy(update={"volumes": [*spec.volumes, *found.values()]}) if found else spec
