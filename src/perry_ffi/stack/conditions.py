"""Waits for what services depend on, outside of a plan: where containers are started that are there, and for ``run``."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Protocol

from perry_ffi.errors import ServiceStartupFailed, Timeout
from perry_ffi.runtime.executor import tell_not_required
from perry_ffi.stack.naming import SERVICES

if TYPE_CHECKING:
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.stack.edges import Edge
    from perry_ffi.stack.index import Index
    from perry_ffi.stack.observed import Replica

CONDITIONS = {"service_healthy": "healthy", "service_completed_successfully": "completed"}
"""The conditions that take time, in the words of ``Readiness``."""


class Waits(Protocol):
    """Who waits for containers, as ``Readiness`` does."""

    async def until(
        self, owner: str, target: str, condition: str, seconds: float | None, waited_by: tuple[str, ...] = ()
    ) -> object:
        """Returns once ``condition`` holds for what is called ``target``. Raises as ``Readiness.until``."""


async def hold(
    readiness: Waits, bus: EventBus, service: str, edges: Mapping[str, Edge], there: Index, started: Container[str],
    seconds: float | None,
) -> None:  # fmt: skip
    """Waits for ``service`` until the conditions of its ``edges`` hold for the containers that are ``there``, each for at
    most ``seconds``.

    started: the services that are started here; of others only what runs, or ran, is waited for. Raises what
    ``Readiness.until`` raises; where the dependency is not required, that is a warning.
    """
    needed = {(n, CONDITIONS[edge.condition], edge.required) for n, edge in edges.items() if edge.condition in CONDITIONS}
    for name, condition, required in sorted(needed):
        try:
            for row in there.of_service(name):
                if name in started or _counts(row, condition):
                    await readiness.until(name, row.name, condition, seconds, (service,))
        except (ServiceStartupFailed, Timeout) as error:
            error.details["waitedBy"] = [service]
            if required:
                raise
            tell_not_required(bus, SERVICES, name, error)


def _counts(row: Replica, condition: str) -> bool:
    return row.running or (condition == "completed" and row.status != "created")
