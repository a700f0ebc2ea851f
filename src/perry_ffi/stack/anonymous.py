"""Anonymous volumes: their data goes on with the container that takes another's place, and is removed only if that is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from posixpath import normpath
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container_info import ContainerInfo, Mounted
    from perry_ffi.model.mounts import Mount
    from perry_ffi.model.service import ServiceSpec


async def inherited_volumes(backend: Backend, old: ContainerInfo, spec: ServiceSpec) -> ServiceSpec:
    """``spec`` with the anonymous volumes of the inspected container ``old`` at their places, and a label that names them.

    Those of places where the spec has an anonymous volume, or the image declares one: a place that the spec fills
    otherwise (a bind, a named volume, a tmpfs, configs and secrets) is left to it, and one that it no longer has is empty.
    """
    from perry_ffi.model.mounts import Mount
    from perry_ffi.stack.translate.files import SECRETS_DIRECTORY

    rows = anonymous_volumes(old)
    own = {normpath(mount.target): mount for mount in spec.volumes}
    wanted = {place: mount for place, mount in own.items() if _anonymous(mount)}
    taken = {*own, *map(normpath, spec.tmpfs), SECRETS_DIRECTORY} - set(wanted)
    there = {normpath(row.target): row.name for row in rows}
    if any(place not in wanted and place not in taken for place in there):
        wanted.update(
            (place, Mount("volume", place)) for place in await declared_volumes(backend, spec.image) if place not in own
        )
    kept = {place: replace(wanted[place], source=name) for place, name in there.items() if place in wanted and place not in taken}
    if not kept:
        return spec
    others = [mount for mount in spec.volumes if normpath(mount.target) not in kept]
    labels = {**spec.labels, identity.INHERITED: ",".join(sorted(mount.source for mount in kept.values()))}
    return spec.model_copy(update={"volumes": [*others, *kept.values()], "labels": labels})


async def declared_volumes(backend: Backend, image: str) -> set[str]:
    """Where the image wants volumes."""
    return set(map(normpath, (await backend.inspect_image(image)).volumes))


def _anonymous(mount: Mount) -> bool:
    return mount.type == "volume" and not mount.source and not getattr(mount, "own_files", False)


def with_files_label(spec: ServiceSpec) -> ServiceSpec:
    """``spec`` with a label that names where its anonymous volumes carry configs and secrets."""
    places = sorted(mount.target for mount in spec.volumes if getattr(mount, "own_files", False))
    return spec.model_copy(update={"labels": {**spec.labels, identity.FILES: ",".join(places)}}) if places else spec


async def remove_with(backend: Backend, ident: str, *, volumes: bool, places: Sequence[str]) -> None:
    """Removes a container, with its anonymous volumes or only with those of ``places``, which carry configs and secrets."""
    own: list[str] = []
    if places and not volumes:
        rows = anonymous_volumes(await backend.inspect_container(ident))
        own = [row.name for row in rows if row.target in places]
    try:
        await backend.remove_container(ident, force=True, volumes=volumes)
    except ContainerError:
        # Nobody would find the volumes again if it is gone and only the answer was lost.
        if not own or await _is_there(backend.inspect_container(ident)):
            raise
    for name in own:
        await backend.remove_volume(name)


async def volume_exists(backend: Backend, name: str) -> bool:
    return await _is_there(backend.inspect_volume(name))


async def _is_there(look: Awaitable[object]) -> bool:
    try:
        await look
    except NotFound:
        return False
    return True


def anonymous_volumes(info: ContainerInfo) -> list[Mounted]:
    """The anonymous volumes of an inspected container."""
    return [row for row in info.mounts if row.kind == "volume" and row.anonymous]
