"""An engine in memory and graphs on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perry_ffi.backends.fake import Behaviour, Box, FakeBackend
from perry_ffi.model.base import validate
from perry_ffi.model.workload import RunGraphOptions, WorkloadGraph
from perry_ffi.stack import identity
from perry_ffi.workload.check import check
from perry_ffi.workload.graph import Graph
from perry_ffi.workload.run import GraphRun, run_graph
from tests.unit.stack.rig import IMAGE, Rig


def graph(nodes: dict[str, Any], name: str = "g", **sections: Any) -> Graph:
    """A graph that was checked; a node without an image has the one that is there."""
    filled = {key: {"image": IMAGE, **row} for key, row in nodes.items()}
    return check(validate(WorkloadGraph, {"name": name, "nodes": filled, **sections}))


JOB = Behaviour(exit_code=0)
FAILS = Behaviour(exit_code=3, stderr="no such luck\n")


class GraphRig(Rig):
    """behave: what the containers of a node do; a list of behaviours for its tries, the last for all that follow."""

    def __init__(self, tmp_path: Path, engine: type[FakeBackend] = FakeBackend, **behave: Behaviour | list[Behaviour]) -> None:
        self.tries = behave
        super().__init__(tmp_path, engine)
        self.events = self.bus.subscribe()

    def _behave(self, box: Box) -> Behaviour:
        found = self.tries.get(box.spec.labels.get(identity.SERVICE, ""), Behaviour())
        if isinstance(found, Behaviour):
            return found
        return found[min(int(box.spec.labels[identity.NUMBER]), len(found)) - 1]

    async def run(self, wanted: Graph, **options: Any) -> GraphRun:
        return await run_graph(self.context, wanted, validate(RunGraphOptions, options))

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """What was told since the last look."""
        self.bus.tell("end")
        return [row for row in await self.events.next() or () if row["kind"] == kind]
