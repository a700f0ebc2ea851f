"""What is done for nodes before their turn: images are fetched, containers created, a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from perry_ffi.errors import ContainerError

if TYPE_CHECKING:
    from perry_ffi.workload.records import Record
    from perry_ffi.workload.runner import NodeRunner

PLACES = 4
"""So many nodes are prepared at once, beside those that are at work."""


class Ahead:
    """Each node is prepared at most once, in the order in which turns come, and not at all where its turn came first."""

    def __init__(self, runner: NodeRunner, records: Iterable[Record]) -> None:
        self._runner = runner
        self._records = sorted(records, key=lambda record: (record.node.level, record.node.name))
        self._begun: dict[str, anyio.Event | None] = {}
        """By node: set when it is prepared; ``None`` where its turn came first."""
        self._failed: dict[str, ContainerError] = {}
        self._scope = anyio.CancelScope()

    async def all(self) -> None:
        """Prepares whoever waits."""
        left = iter(self._records)
        with self._scope:
            async with anyio.create_task_group() as group:
                for _ in range(min(PLACES, len(self._records))):
                    group.start_soon(self._some, left)

    async def _some(self, left: Iterator[Record]) -> None:
        for record in left:
            await anyio.lowlevel.checkpoint_if_cancelled()
            if record.phase != "waiting" or record.node.name in self._begun:
                continue
            self._begun[record.node.name] = done = anyio.Event()
            try:
                await self._runner.prepare(record.node)
            except ContainerError as error:
                self._failed[record.node.name] = error
            finally:
                done.set()

    def takes(self, name: str) -> None:
        """Its turn has come: what has not begun is left to its try."""
        self._begun.setdefault(name, None)

    async def wait(self, name: str) -> None:
        """Until what has begun for it is done."""
        if (done := self._begun.get(name)) is not None:
            await done.wait()

    def failure(self, name: str) -> ContainerError | None:
        """Why it could not be prepared: told once, for its first try."""
        return self._failed.pop(name, None)

    def stop(self) -> None:
        """Nothing more is to be prepared."""
        self._scope.cancel()


__all__ = ["PLACES", "Ahead"]
