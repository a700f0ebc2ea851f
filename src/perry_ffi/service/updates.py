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

State = Literal["current", "newer", "missing", "pinned", "built", "never", "unknown"]
NEVER = "never"
"""The pull policy of what is only here, and is left as it is."""


class ImageUpdate(TypedDict):
    """An image of services. state: ``newer`` in its registry; ``missing`` here; ``pinned`` by its digest; ``built`` here;
    ``never`` pulled, as the services say; ``unknown`` where the registry does not say, and ``why``. here, there: digests.
    """

    image: str
    services: list[str]
    state: State
    here: str | None
    there: str | None
    why: str | None


def pulled_anew(project: Project) -> Project:
    """The project with every image to be pulled, but for those that its services never pull."""
    return project.replace(
        services={
            name: tree if tree.get("pull_policy") == NEVER or "build" in tree else {**tree, "pull_policy": "always"}
            for name, tree in project.services.items()
        }
    )


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
        trees = [project.services[name] for name in names]
        never: State | None = "never" if all(tree.get("pull_policy") == NEVER for tree in trees) else None
        settled: State | None = "built" if any("build" in tree for tree in trees) else never
        found[image] = await _row(backend, registries, image, names, settled)

    try:
        async with anyio.create_task_group() as group:
            for image, names in wanted.items():
                group.start_soon(one, image, names)
    finally:
        await registries.aclose()
    return [found[image] for image in wanted]


async def _row(backend: Backend, registries: Registries, image: str, services: list[str], settled: State | None) -> ImageUpdate:
    """settled: what is known of it without asking anybody."""
    from perry_ffi.model.reference import is_image_id, parse_reference

    def told(state: State, here: str | None = None, there: str | None = None, why: str | None = None) -> ImageUpdate:
        return {"image": image, "services": services, "state": state, "here": here, "there": there, "why": why}

    if settled is not None:
        return told(settled)
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
