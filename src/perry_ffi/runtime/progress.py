"""What a pull, push or build reports, as records of the event bus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.stream import AsyncProgress

if TYPE_CHECKING:
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.runtime.naming import Naming


class ProgressEvents(AsyncProgress):
    """Tells each report. operation: ``pull``, ``push`` or ``build``. target: the image. owner: whose it is."""

    def __init__(self, bus: EventBus, operation: str, target: str, owner: str | None, naming: Naming) -> None:
        self._bus = bus
        self._about = {"operation": operation, "target": target, **naming.details(owner)}

    async def report(self, event: Mapping[str, Any]) -> None:
        self._bus.tell("progress", **self._about, detail=dict(event))
