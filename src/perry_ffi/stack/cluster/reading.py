"""Reads a log to its end, from all nodes that answer: an engine waits for the others for as long as they are away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.stack.naming import SERVICES

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import TaskLog
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.model.container import LogOptions
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.stack.observed import Replica

QUIET_SECONDS = 3.0
"""For how long nothing comes before it is asked whether the nodes answer at all."""


async def read_out(
    services: Services,
    ident: str,
    options: LogOptions,
    nodes: Collection[str],
    take: Callable[[Sequence[TaskLog]], object],
    *,
    task: bool = False,
) -> str:
    """Gives ``take`` what the log of a service, or with ``task`` of one, holds so far, and tells why there is more than that; empty
    where nobody knows of more.

    nodes: the ids of those that its tasks are on. Where one of them is down and nothing comes, the others have said all.
    """
    stream = await services.logs(ident, options, task=task)
    try:
        while True:
            with anyio.move_on_after(QUIET_SECONDS):
                batch = await stream.next()
                if batch is None:
                    return stream.lacking
                take(batch)
                continue
            if away := sorted(node.name for node in await services.nodes() if node.id in nodes and not node.up):
                return f"{', '.join(away)} {'does' if len(away) == 1 else 'do'} not answer"
    finally:
        with anyio.CancelScope(shield=True):
            await stream.aclose()


def nodes_of(rows: Iterable[Replica], service: str) -> set[str]:
    """The ids of the nodes that the tasks of a service are on, those too that ended and are remembered."""
    return {row.place.node for row in rows if row.place is not None and row.service == service}


def tell_lacking(bus: EventBus, service: str, reason: str) -> None:
    """Says that there is more to the log of a service, where there is a reason why."""
    if reason:
        message = f"{SERVICES.path(service)}: its log is told in part: {reason}"
        bus.tell("warning", code="incomplete-log", message=message, reason=reason, **SERVICES.details(service))


__all__ = ["nodes_of", "read_out", "tell_lacking"]
