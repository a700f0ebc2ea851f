"""Bind mounts of what an engine's machine may not have: it makes an empty folder of such a source, without an error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from perry_ffi.errors import one_line

if TYPE_CHECKING:
    from perry_ffi.backends.contract.engine import Engine
    from perry_ffi.model.mounts import Mount
    from perry_ffi.runtime.event_bus import EventBus


def tell_unshared(bus: EventBus, engine: Engine, mounts: Iterable[Mount], member: str) -> None:
    """Warns of each. member: the list that ``mounts`` are of, by its document's words."""
    for mount in mounts:
        if mount.type == "bind" and (reason := engine.unshared(mount.source)):
            bus.tell("warning", code="not-shared", message=one_line(f"{member}: {reason}"), member=member)
