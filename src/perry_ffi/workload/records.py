"""What is known of each node while a graph runs. The walk is the only writer; whoever asks for a status reads."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perry_ffi.workload.phases import ALLOWED, FINAL, holds, word

if TYPE_CHECKING:
    from perry_ffi.errors import ContainerError
    from perry_ffi.model.workload_status import GraphStatus, NodeDetails, Phase
    from perry_ffi.workload.graph import Edge, Node


@dataclass(slots=True, eq=False)
class Record:
    """One node. started: a container of it has run. was_ready: it is ready, or was in this try. failed: for good, whatever came after.
    ending: it was told to stop, because the graph halts. released: it was stopped because no job needs it any more. held: edges
    that count as held though they never can. verdicts: what is known of the edge to each target; missing: how many do not hold;
    lost: how many of these never will.
    """

    node: Node
    phase: Phase = "pending"
    attempt: int = 0
    container: str | None = None
    exit_code: int | None = None
    oom_killed: bool | None = None
    reason: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
    isolation: str | None = None
    reused: bool = False
    error: ContainerError | None = None
    started: bool = False
    was_ready: bool = False
    failed: bool = False
    ending: bool = False
    released: bool = False
    excused: bool = False
    """It was skipped because what it is for did not happen: a ``failed`` edge."""
    held: set[Edge] = field(default_factory=set)
    verdicts: dict[str, bool | None] = field(default_factory=dict)
    missing: int = 0
    lost: int = 0

    def __post_init__(self) -> None:
        self.missing = len(self.node.edges)

    @property
    def settled(self) -> bool:
        """Whether nothing more is waited for of it."""
        return self.phase == "ready" or self.phase in FINAL

    def becomes(self, phase: Phase) -> None:
        """Goes on to ``phase``; a bug of the walk where that cannot follow."""
        assert phase in ALLOWED[self.phase], f"{self.node.name}: {self.phase} -> {phase}"
        self.phase = phase
        if phase in ("running", "ready", "succeeded"):
            self.started = True
        if phase in ("ready", "retrying"):
            self.was_ready = phase == "ready"
        self.failed = self.failed or phase == "failed"
        if phase in ("running", "ready", "succeeded") and self.started_at is None:
            self.started_at = time.time()
        if phase in FINAL and phase != "rolledBack":
            self.finished_at = time.time()

    def begins(self) -> None:
        """Another try."""
        self.attempt += 1
        self.container = self.exit_code = self.oom_killed = self.error = None
        self.reused = False

    def learns(self, edge: Edge, target: Record) -> bool:
        """Looks at an edge again, whose target has changed. Whether that says anything new."""
        before, now = self.verdicts.get(edge.target), self.edge_holds(edge, target)
        if now is before:
            return False
        self.verdicts[edge.target] = now
        self.missing += (before is True) - (now is True)
        self.lost += (now is False) - (before is False)
        return True

    def edge_holds(self, edge: Edge, target: Record) -> bool | None:
        """Whether an edge of this node holds."""
        return True if edge in self.held else holds(edge.condition, target)

    def details(self, records: Mapping[str, Record]) -> NodeDetails:
        waiting = self.phase in ("pending", "waiting", "retrying")
        return {
            "phase": self.phase,
            "kind": self.node.kind,
            "attempt": self.attempt,
            "attempts": self.node.attempts,
            "container": self.container,
            "exitCode": self.exit_code,
            "oomKilled": self.oom_killed,
            "reason": self.reason,
            "waitingFor": [
                f"{edge.target} ({edge.condition})"
                for edge in (self.node.edges if waiting else ())
                if self.edge_holds(edge, records[edge.target]) is None
            ],
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "isolation": self.isolation,
            "reused": self.reused,
        }

    @property
    def well(self) -> bool:
        """Whether it is as it shall be."""
        if self.phase == "skipped":
            return self.excused
        if self.node.kind == "job":
            return self.phase == "succeeded"
        return self.phase == "ready" or (self.phase == "stopped" and self.released)


def status_of(records: Mapping[str, Record]) -> GraphStatus:
    """What programs hear."""
    return {
        "nodes": {name: word(record.phase) for name, record in records.items()},
        "healthy": all(record.well for record in records.values()),
        "errors": {name: record.reason or record.phase for name, record in records.items() if record.failed},
        "phases": {name: record.phase for name, record in records.items()},
        "details": {name: record.details(records) for name, record in records.items()},
    }


__all__ = ["Record", "status_of"]
