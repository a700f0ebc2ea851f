"""Changes of nodes: the one writer of phases, and what follows from a change for those that wait. Starts nothing by itself."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from perry_ffi.workload import failure
from perry_ffi.workload.phases import FINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from perry_ffi.model.workload_status import Phase
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.workload.graph import Edge, Graph
    from perry_ffi.workload.order import Turns
    from perry_ffi.workload.records import Record
    from perry_ffi.workload.release import Release


class Changes:
    """at_work: the nodes that are, or are backing off. unneeded: called with each service that nobody needs any more."""

    def __init__(
        self, graph: Graph, records: Mapping[str, Record], bus: EventBus, turns: Turns, release: Release,
        at_work: Container[str], unneeded: Callable[[Record], None],
    ) -> None:  # fmt: skip
        self.halted = False
        """Nothing starts any more."""
        self._records, self._bus, self._turns, self._release = records, bus, turns, release
        self._at_work, self._unneeded = at_work, unneeded
        self._dependents = graph.dependents()
        self._news: deque[Record] = deque()
        self._spreading = False

    def note(self, record: Record, phase: Phase, reason: str | None = None) -> None:
        """A change of a node alone, which is told; nothing follows from it."""
        if record.phase == phase:
            return
        record.becomes(phase)
        record.reason = reason
        if phase not in ("pending", "waiting"):
            self._bus.tell(
                "node", node=record.node.name, phase=phase, attempt=record.attempt, reason=reason, container=record.container,
                exitCode=record.exit_code, reused=record.reused or None,
            )  # fmt: skip

    def becomes(self, record: Record, phase: Phase, reason: str | None = None) -> None:
        """A change of a node, and what follows from it for others. Not by recursion: a chain may be as long as a graph."""
        self.note(record, phase, reason)
        self._news.append(record)
        if self._spreading:
            return
        self._spreading = True
        while self._news:
            self._spread(self._news.popleft())
        self._spreading = False

    def _spread(self, record: Record) -> None:
        name = record.node.name
        if record.settled:
            self._turns.settled(name)
        for edge in self._dependents[name]:
            follower = self._records[edge.node]
            if follower.learns(edge, record):
                self.look(follower)
        if record.phase in FINAL:
            for service in self._release.ended(name):
                self._unneeded(self._records[service])

    def look(self, record: Record) -> None:
        """Has a node that waits take its turn, or skips it, where its edges say so."""
        if record.phase != "waiting" or self.halted or record.node.name in self._at_work:
            return
        if record.lost:
            for edge in record.node.edges:
                if record.verdicts.get(edge.target) is False and record.phase == "waiting":
                    self._never(record, edge, f"{edge.target} {failure.has_become(self._records[edge.target].phase)}")
        if record.phase == "waiting" and not record.missing:
            self._turns.add(record.node.name)

    def _never(self, record: Record, edge: Edge, why: str) -> None:
        """An edge can never hold."""
        target = self._records[edge.target]
        if not edge.required:
            record.held.add(edge)
            record.learns(edge, target)
            self._bus.tell("warning", message=f"not required, so it goes on: {edge.node} waits for {edge.target} ({edge.condition}), and {why}",
                           node=edge.node)  # fmt: skip
            return
        record.excused = edge.condition == "failed" or (target.phase == "skipped" and target.excused)
        self.becomes(record, "skipped", f"it waits for {edge.target} ({edge.condition}), and {why}")

    def handled(self, record: Record) -> bool:
        """Whether all that depends on a node that fails is there for its failure, or does without it."""
        edges = self._dependents[record.node.name]
        return bool(edges) and all(edge.condition in ("failed", "completed") or not edge.required for edge in edges)

    def give_up_waiting(self) -> bool:
        """Nobody is at work: what still waits, waits for something that does not happen. Whether that changed anything."""
        stuck = [
            (record, edge)
            for record in self._records.values() if record.phase == "waiting"
            for edge in record.node.edges if record.verdicts.get(edge.target) is None and self._records[edge.target].settled
        ]  # fmt: skip
        for record, edge in stuck:
            if record.phase == "waiting":
                why = "did not fail" if edge.condition == "failed" else f"is not {edge.condition}"
                self._never(record, edge, f"{edge.target} {why}")
                self.look(record)
        return bool(stuck)


__all__ = ["Changes"]
