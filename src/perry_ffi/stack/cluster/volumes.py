"""What each node keeps of a project for itself: volumes and images, which no manager lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import Conflict, ContainerError, NotFound
from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.compose.project import Project
    from perry_ffi.stack.context import StackContext

BUSY_SECONDS = 20.0
"""How long a container that has ended may still be on a volume."""
LOOK_SECONDS = 0.25


async def remove_volumes(
    context: StackContext,
    services: Services,
    name: str,
    project: Project | None,
    counts: dict[str, int],
    only: Sequence[str] | None,
) -> list[str]:
    """Removes the project's volumes from every node that can be reached; gives a line for each that could not be.

    only: the services whose volumes go, as far as no other one of the model uses them; ``None`` all.
    """
    names = _volume_names(project, only)

    async def one(engine: Backend) -> int:
        rows = await engine.list_volumes({identity.PROJECT: name})
        found = {row.name for row in rows if only is None or row.name in names}
        if names:
            found |= {row.name for row in await engine.list_volumes() if row.name in names}
        for volume in sorted(found):
            await _freed(engine, volume)
        return len(found)

    errors, removed = await _on_nodes(services, "volumes", one)
    counts["volumes_removed"] += removed
    return errors


def _volume_names(project: Project | None, only: Sequence[str] | None) -> set[str]:
    """The names in the engines of the volumes that go and are not somebody else's."""
    if project is None:
        return set()
    own = {key: row or {} for key, row in project.volumes.items() if not (row or {}).get("external")}
    users: dict[str, set[str]] = {}
    for service, tree in {**project.disabled_services, **project.services}.items():
        for row in tree.get("volumes") or ():
            if row.get("type") == "volume" and row.get("source"):
                users.setdefault(row["source"], set()).add(service)
    going = [key for key in own if only is None or users.get(key, set()) <= set(only)]
    return {own[key].get("name") or key for key in going}


async def _freed(engine: Backend, volume: str) -> None:
    bound = anyio.current_time() + BUSY_SECONDS
    while True:
        try:
            await engine.remove_volume(volume)
            return
        except NotFound:
            return
        except Conflict:
            if anyio.current_time() > bound:
                raise
        await anyio.sleep(LOOK_SECONDS)


async def remove_images(
    context: StackContext, services: Services, name: str, project: Project | None, which: str, only: Sequence[str] | None
) -> list[str]:
    """Removes the images of the project's services from every node that can be reached. which: ``local`` or ``all``."""
    if project is None:
        return ["images: which ones the project has is not known without its model"]
    found: dict[str, bool] = {}
    for service, tree in project.services.items():
        if only is None or service in only:
            found[tree.get("image") or identity.image_name(name, service)] = not tree.get("image")
    images = [image for image, local in found.items() if which == "all" or local]

    async def one(engine: Backend) -> int:
        removed = 0
        for image in images:
            try:
                await engine.remove_image(image)
                removed += 1
            except NotFound:
                continue
        return removed

    return (await _on_nodes(services, "images", one))[0] if images else []


async def _on_nodes(services: Services, what: str, work: Callable[[Backend], Awaitable[int]]) -> tuple[list[str], int]:
    """Does ``work`` with the engine of each node; a line for each on which it could not be done, and the sum of what was."""
    errors: list[str] = []
    total = 0

    async def one(ident: str, node: str) -> None:
        nonlocal total
        try:
            done = await work(await services.engine_of(ident))
            total += done
        except ContainerError as error:
            errors.append(f"{what} on node {node}: {error.message}")

    async with anyio.create_task_group() as group:
        for node in await services.nodes():
            group.start_soon(one, node.id, node.name)
    return sorted(errors), total


__all__ = ["remove_images", "remove_volumes"]
