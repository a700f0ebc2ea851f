"""What an engine can do, as far as plans differ by it: planned is by this, and not by which engine it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from perry_ffi.backends.contract.capability import Support

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend


@dataclass(frozen=True)
class EngineAbilities:
    """rename: containers take other names; else one that is replaced is removed before its successor is created.

    pause: it freezes containers. attach: containers that are there join networks and leave them. remake_networks: a network
    that went can come back as it was. archive: files can be put into containers. health: their health can be asked for.
    late_networks: of how many networks a container may be created before they are there. beside: a container may be created with
    the ports of one that runs, and leaves the name that it was created with.
    """

    rename: bool = True
    pause: bool = True
    attach: bool = True
    remake_networks: bool = True
    archive: bool = True
    health: bool = True
    late_networks: int = 0
    beside: bool = True

    @classmethod
    def of(cls, backend: Backend) -> Self:
        """As the backend declares them."""

        def has(name: str) -> bool:
            return backend.capabilities.of(name).support is not Support.UNSUPPORTED

        return cls(
            rename=has("op.rename"),
            pause=has("op.pause"),
            attach=has("op.network_attach"),
            remake_networks=has("op.network_remake"),
            archive=has("op.archive"),
            health=has("op.health_probes"),
            late_networks=backend.late_networks,
            beside=backend.stand_beside,
        )

    @property
    def replaces_networks(self) -> bool:
        """Whether a network can be made anew beneath the containers that are on it, so that a failure puts all back."""
        return self.rename and self.attach and self.remake_networks
