"""Configs and secrets on their way into a created container."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from posixpath import normpath
from typing import TYPE_CHECKING

from perry_ffi.errors import Unsupported
from perry_ffi.runtime.abilities import EngineAbilities
from perry_ffi.stack.anonymous import declared_volumes
from perry_ffi.stack.translate.archive import archives, innermost
from perry_ffi.stack.translate.covers import is_below

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.service import ServiceSpec
    from perry_ffi.stack.translate.files import FileMount


async def put_files(backend: Backend, ident: str, files: Sequence[FileMount]) -> None:
    """Copies ``files`` (their contents read) into a created container: each into what is mounted over its target.

    Mounts are those that the container has in the end: of the file, of its image, and of containers that it has volumes
    from. A volume gets what the image holds for it first. Raises Unsupported where one is only to be read.
    """
    copied = [entry for entry in files if entry.delivery != "bind"]
    if not copied:
        return
    mounts = (await backend.inspect_container(ident)).mounts
    rows = {normpath(row.target): row for row in mounts if row.kind != "tmpfs"}
    inside = {innermost(entry.target, rows): entry for entry in copied}
    for place, entry in inside.items():
        if place in rows and rows[place].read_only:
            raise Unsupported(
                f"{entry.kind}s.{entry.key}: {entry.target} is in {place}, which is read-only, and no file can be put into it",
                path=f"{entry.kind}s.{entry.key}", remedy="give it a target elsewhere",
            )  # fmt: skip
    if volumes := [place for place in inside if place in rows and rows[place].kind == "volume"]:
        await backend.fill_volumes(ident, volumes)
    for directory, packed in archives(copied, rows):
        await backend.put_archive(ident, directory, packed)


def refuse_undeliverable(backend: Backend, files: Iterable[FileMount]) -> None:
    """Raises Unsupported where ``files`` would have to be copied into containers of an engine that takes no copies."""
    if EngineAbilities.of(backend).archive:
        return
    for entry in files:
        if entry.delivery != "bind":
            where = f"{entry.kind}s.{entry.key}"
            raise Unsupported(
                f"{where}: {backend.name} takes no files into its containers: {backend.capabilities.of('op.archive').reason}",
                path=where, member="op.archive", backend=backend.name, remedy="mount a file of the host as a volume",
            )  # fmt: skip


def refuse_unreachable(backend: Backend, files: Iterable[FileMount]) -> None:
    """Raises Unsupported where ``files`` can only be mounted as they are, and the engine is on another machine than they are."""
    if backend.shares_files:
        return
    for entry in files:
        if entry.delivery == "bind" and not entry.file.startswith("/dev/"):
            where = f"{entry.kind}s.{entry.key}"
            raise Unsupported(
                f"{where}: {entry.file} is of this machine and the engine on another one ({backend.address}), and nothing can be "
                f"copied to {entry.target}, which is in another mount or in a read-only root",
                path=where, member=where, file=entry.file, backend=backend.name, remedy="give it a target elsewhere",
            )  # fmt: skip


async def without_needless_carriers(backend: Backend, spec: ServiceSpec) -> ServiceSpec:
    """``spec`` less the volumes for configs and secrets that are in a volume of the image: that takes them, with its data."""
    carriers = [mount for mount in spec.volumes if getattr(mount, "own_files", False)]
    if not carriers:
        return spec
    places = await declared_volumes(backend, spec.image)
    needless = [mount for mount in carriers if any(is_below(mount.target + "/", place) for place in places)]
    return spec.model_copy(update={"volumes": [mount for mount in spec.volumes if mount not in needless]}) if needless else spec
