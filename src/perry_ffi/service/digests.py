"""The digests that images of a project have in their registries now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.registry.client import RegistryClient


async def pinned(environ: Mapping[str, str], images: Iterable[str]) -> dict[str, str]:
    """Each of ``images`` with its registry, its tag and its digest; one that has a digest keeps it.

    environ: of this process, for credentials. Raises ValidationError for what is no reference, NotFound for an image that its
    registry does not have, RegistryNotAvailable.
    """
    import anyio

    from perry_ffi.cancellation import one_error
    from perry_ffi.registry.client import RegistryClient
    from perry_ffi.settings import Settings

    found: dict[str, str] = {}

    async def one(image: str, client: RegistryClient) -> None:
        found[image] = await _pinned(client, image)

    async with RegistryClient(Settings.from_environ(environ)) as client:
        with one_error():
            async with anyio.create_task_group() as group:
                for image in dict.fromkeys(images):
                    group.start_soon(one, image, client)
    return found


async def _pinned(client: RegistryClient, image: str) -> str:
    from perry_ffi.model.reference import parse_reference

    reference = parse_reference(image)
    if reference.digest:
        return str(reference)
    async with client.for_image() as bounded:
        manifest = await bounded.manifest(reference, reference.tag_or_latest)
    return f"{reference.repository}:{reference.tag_or_latest}@{manifest.digest}"
