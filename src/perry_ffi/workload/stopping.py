"""Stops what is not to go on. What does not stop is warned of, and holds nobody up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from perry_ffi.errors import ContainerError

if TYPE_CHECKING:
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.workload.graph import Node
    from perry_ffi.workload.runner import NodeRunner

SECONDS = 60.0
"""How long it may take."""


class Stopping:
    """What a run stops of its nodes."""

    def __init__(self, runner: NodeRunner, bus: EventBus) -> None:
        self._runner, self._bus = runner, bus

    async def stop(self, node: Node) -> bool:
        """Whether nothing of it runs any more."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        message = f"nodes.{node.name}: it did not stop within {SECONDS:g} s"
        try:
            with anyio.move_on_after(SECONDS):
                await self._runner.stop(node)
                return True
        except ContainerError as error:
            message = error.message
        self._bus.tell("warning", message=message, node=node.name)
        return False

    async def stop_all(self, nodes: Iterable[Node]) -> None:
        async with anyio.create_task_group() as group:
            for node in nodes:
                group.start_soon(self.stop, node)


__all__ = ["SECONDS", "Stopping"]
