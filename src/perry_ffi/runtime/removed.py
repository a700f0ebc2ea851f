"""A container that was removed and may have to come back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerInfo, ContainerSpec


@dataclass(frozen=True)
class Removed:
    """info: as it was. spec: what creates it again, under its name and with its anonymous volumes. files: what was copied into
    it, as tar files, each with the directory that it goes to.
    """

    info: ContainerInfo
    spec: ContainerSpec = field(repr=False)
    files: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
