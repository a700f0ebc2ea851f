"""Volumes: what every engine can do with them."""

from __future__ import annotations

import abc
from contextlib import suppress
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.stream import Labels
from perry_ffi.errors import NotFound

if TYPE_CHECKING:
    from perry_ffi.model.volume import VolumeInfo, VolumeSpec


class Volumes(abc.ABC):
    """The volumes that are there."""

    def is_generated_volume_name(self, volume: str) -> bool:
        """Whether a volume's name is one that the engine makes up where nobody names a volume."""
        return False

    async def check_volume(self, name: str, spec: VolumeSpec) -> None:  # noqa: B027 (nothing, unless a backend has to)
        """As ``Containers.check_container``, of ``create_volume``."""

    @abc.abstractmethod
    async def create_volume(self, name: str, spec: VolumeSpec) -> VolumeInfo:
        """Creates; a volume of that name that exists already is a ``Conflict`` on every engine."""

    @abc.abstractmethod
    async def remove_volume(self, name: str, *, force: bool = False) -> None:
        """Removes; one that a container uses is a ``Conflict``. ``force``: also if its driver fails to."""

    async def _discard_volume(self, info: VolumeInfo) -> None:
        """Takes away what was created for somebody who has given up meanwhile."""
        with suppress(NotFound):
            await self.remove_volume(info.name)

    @abc.abstractmethod
    async def inspect_volume(self, name: str) -> VolumeInfo: ...

    @abc.abstractmethod
    async def list_volumes(self, labels: Labels | None = None) -> list[VolumeInfo]: ...


__all__ = ["Volumes"]
