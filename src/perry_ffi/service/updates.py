"""Whether registries have newer images than the engine: digests are compared, and nothing is pulled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.service.client import Client

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.compose.project import Project
    from perry_ffi.trust.registries import Registries

State = Literal["current", "newer", "missing", "pinned", "built", "unknown"]


class ImageUpdate(TypedDict):
    """An image of services. state: ``newer`` in its registry; ``missing`` here; ``pinned`` by its digest; ``built`` here;
    ``unknown`` where the registry does not say, and ``why``. here, there: digests.
    """

    image: str
    services: list[str]
    state: State
    here: str | None
    there: str | None
    why: str | None


async def check(client: Client, project: Project, services: Sequence[str]) -> list[ImageUpdate]:
    """A row for each image of ``services``, or of all where none is named. Raises NotFound for a service that is not there."""
    import anyio

    from perry_ffi.stack.services import require_services
    from perry_ffi.stack.translate.build import image_name
    from perry_ffi.trust.registries import Registries

    require_services(services, project.services)
    document, backend = project.to_dict(), await client.backend()
    wanted: dict[str, list[str]] = {}
    for name in services or project.services:
        wanted.setdefault(image_name(document, name), []).append(name)
    found: dict[str, ImageUpdate] = {}
    registries = Registries(client.settings)

    async def one(image: str, names: list[str]) -> None:
        built = any("build" in project.services[name] for name in names)
        found[image] = await _row(backend, registries, image, names, built=built)

    try:
        async with anyio.create_task_group() as group:
            for image, names in wanted.items():
                group.start_soon(one, image, names)
    finally:
        await registries.aclose()
    return [found[image] for image in wanted]


async def _row(backend: Backend, registries: Registries, image: str, services: list[str], *, built: bool) -> ImageUpdate:
    from perry_ffi.model.reference import is_image_id, parse_reference

    def told(state: State, here: str | None = None, there: str | None = None, why: str | None = None) -> ImageUpdate:
        return {"image": image, "services": services, "state": state, "here": here, "there": there, "why": why}

    if built:
        return told("built")
    if is_image_id(image) or parse_reference(image).digest:
        return told("pinned")
    try:
        digests = [name.rpartition("@")[2] for name in (await backend.inspect_image(image)).digests]
    except NotFound:
        digests = None
    here = digests[0] if digests else None
    try:
        there = await registries.digest(parse_reference(image), ())
    except ContainerError as error:
        return told("unknown", here, why=error.message)
    if digests is None:
        return told("missing", None, there)
    return told("current", there, there) if there in digests else told("newer", here, there)
