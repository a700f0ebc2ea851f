"""Which images the containers of a project are created from, by whom, and which the project builds itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.stack.desired import Desired


@dataclass(frozen=True)
class ImageUse:
    """services: those whose containers, or whose hooks' containers, are made from it or have it mounted. built: a service of the
    project builds it.
    """

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
        for image in dict.fromkeys([service.image, *_beside(service.tree)]):
            found.setdefault(image, []).append(name)
    return {image: ImageUse(image, tuple(names), image in built) for image, names in found.items()}


def _beside(tree: Mapping[str, Any]) -> Iterator[str]:
    """The images of its hooks, and those that are mounted."""
    yield from (str(row["image"]) for row in tree.get("pre_start") or () if row.get("image"))
    yield from (str(row["source"]) for row in tree.get("volumes") or () if row.get("type") == "image" and row.get("source"))
