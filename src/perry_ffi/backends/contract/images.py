"""Images: what every engine can do with them, and the groups that it may lack."""

from __future__ import annotations

import abc
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.errors import NotFound

if TYPE_CHECKING:
    from perry_ffi.model.image import BuildSpec, ImageDetails, ImageInfo, PullOptions, PushOptions


class Images(abc.ABC):
    """The images that are there."""

    local_registry: str = ""
    """What the engine writes for a registry before the names of images that were made here; empty where it writes none."""

    @abc.abstractmethod
    async def pull_image(self, reference: str, options: PullOptions, progress: AsyncProgress | None = None) -> None:
        """Pulls with the user's credentials for the registry, if there are any."""

    @abc.abstractmethod
    async def list_images(self) -> list[ImageInfo]: ...

    @abc.abstractmethod
    async def inspect_image(self, reference: str) -> ImageDetails:
        """One image, ``raw`` being the engine's own document, for programs alone."""

    @abc.abstractmethod
    async def remove_image(self, reference: str, *, force: bool = False) -> None:
        """Takes the name away, and with its last one the image and the unnamed ones that it was built from."""

    async def image_id(self, reference: str) -> str | None:
        """The whole id (``sha256:…``), or ``None`` if the engine says that it has no such image."""
        try:
            return (await self.inspect_image(reference)).id
        except NotFound:
            return None


async def is_enough(policy: str | None, there: Callable[[], Awaitable[bool]], reference: str, *, told: str, backend: str) -> bool:
    """Whether the image that is there needs no pull under a pull policy. there: looks for it, and is not asked where it is pulled
    anyway; told: the reference as a message shows it. NotFound where it is neither there nor to be pulled.
    """
    if policy in (None, "always"):
        return False
    if await there():
        return True
    if policy == "never":
        raise NotFound(
            f"the image {told} is not there, and the pull policy is never",
            backend=backend, subject=reference, remedy="pull it first, or use another pull policy",
        )  # fmt: skip
    return False


class ImageNames(abc.ABC):
    """``op.tag``: names are given to images that are there."""

    @abc.abstractmethod
    async def tag_image(self, source: str, reference: str) -> None:
        """Gives an image that is there one more name."""


class ImageBuilds(abc.ABC):
    """``op.build``: images are built."""

    @abc.abstractmethod
    async def build_image(self, spec: BuildSpec, tag: str | None, progress: AsyncProgress | None = None) -> str:
        """Builds and gives the image id. A failing step is a ``BackendError`` with the step's last output lines."""


class ImagePushes(abc.ABC):
    """``op.push``: images are sent to a registry."""

    @abc.abstractmethod
    async def push_image(self, reference: str, options: PushOptions, progress: AsyncProgress | None = None) -> None:
        """Pushes with the user's credentials for the registry, if there are any."""


__all__ = ["ImageBuilds", "ImageNames", "ImagePushes", "Images"]
