"""Health checks of containers: who runs the probes, and what they found (``op.health_probes``)."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.model.event import HealthResult


class HealthProbes(abc.ABC):
    """``op.health_probes``"""

    @abc.abstractmethod
    async def health_probes_run_by_engine(self) -> bool:
        """Whether the engine runs health checks by itself; else whoever waits for health calls ``probe_health``."""

    @abc.abstractmethod
    async def probe_health(self, ident: str) -> HealthResult:
        """Runs one probe now, counts it, and gives the health that follows.

        Where the engine runs the probes, nothing is run: it is the health of the moment and the last probe. A probe
        that fails or takes too long is a result, ``Timeout`` is for one that the engine does not end. ``Conflict`` if
        the container has no health check or does not run.
        """

    @abc.abstractmethod
    async def health_log(self, ident: str) -> list[HealthResult]:
        """The latest probes that the engine keeps, oldest first; empty where there were none."""


__all__ = ["HealthProbes"]
