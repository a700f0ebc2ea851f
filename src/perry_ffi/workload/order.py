"""Which of the nodes that may run get to: the four strategies, as places and turns. Knows no clock and no engine."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perry_ffi.model.workload_values import Strategy
    from perry_ffi.workload.graph import Graph
    from perry_ffi.workload.records import Record


class Turns:
    """Nodes whose edges hold, and who of them is next.

    places: how many may be at work at once, ``None`` for any number. A node takes a place from its turn until it is ready or has
    ended; one that waits for its next try takes none, but where nodes run one after the other.
    """

    def __init__(self, graph: Graph, records: Mapping[str, Record], strategy: Strategy, places: int | None) -> None:
        self._records = records
        self._graph = graph
        self._one_by_one = strategy == "sequential"
        self._by_level = strategy in ("sequential", "parallelSafe")
        self._places = 1 if self._one_by_one else None if strategy == "maxParallel" else places
        self._queue: list[tuple[int, str]] = []
        self._queued: set[str] = set()
        self._taken: set[str] = set()
        self._level = 0
        self._left = [set(level) for level in graph.levels]

    def add(self, name: str) -> None:
        """Its edges hold."""
        if name not in self._queued:
            self._queued.add(name)
            heapq.heappush(self._queue, (self._graph.nodes[name].level, name))

    def drop(self, name: str) -> None:
        """It is not to run."""
        self._queued.discard(name)

    def settled(self, name: str) -> None:
        """It is ready, or has ended for good: its place is free, and its level may be done."""
        self.free(name)
        self._left[self._graph.nodes[name].level].discard(name)
        while self._level < len(self._left) and not self._left[self._level]:
            self._level += 1

    def pauses(self, name: str) -> None:
        """It waits for its next try."""
        if not self._one_by_one:
            self.free(name)

    def free(self, name: str) -> None:
        """Its place is another's."""
        self._taken.discard(name)

    def next(self) -> str | None:
        """Takes a place for who is next, and gives its name; ``None`` where nobody is, or no place is free."""
        while self._queue and (self._places is None or len(self._taken) < self._places):
            level, name = self._queue[0]
            if name not in self._queued:
                heapq.heappop(self._queue)
                continue
            if self._by_level and level > self._level:
                return None
            heapq.heappop(self._queue)
            self._queued.discard(name)
            self._taken.add(name)
            return name
        return None


__all__ = ["Turns"]
