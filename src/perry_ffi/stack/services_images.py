"""Which images the containers of a project are created from, by whom, and which the project builds itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.stack.desired import Desired


@dataclass(frozen=True)
class ImageUse:
    """services: those whose containers, or whose hooks' containers, are made from it. built: a service of the project builds it."""

    image: str
    services: tuple[str, ...]
    built: bool


def image_uses(project: Project, wanted: Desired) -> dict[str, ImageUse]:
    """Of the services that are wanted, by reference as it is written."""
    built = {
        str(tree.get("image") or identity.image_name(project.name, name))
        for name, tree in project.services.items()
        if "build" in tree
    }
    found: dict[str, list[str]] = {}
    for name, service in wanted.services.items():
        images = [service.image, *(str(row["image"]) for row in service.tree.get("pre_start") or () if row.get("image"))]
        for image in dict.fromkeys(images):
            found.setdefault(image, []).append(name)
    return {image: ImageUse(image, tuple(names), image in built) for image, names in found.items()}
