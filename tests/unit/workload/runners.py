"""A runner that runs nothing: it does what a script says, and notes what the walk asks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel

from perry_ffi.errors import BackendError, ContainerError, ServiceStartupFailed
from perry_ffi.model.base import validate
from perry_ffi.model.workload import Retry, WorkloadNode
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.workload.graph import Edge, Graph, Node
from perry_ffi.workload.phases import FINAL
from perry_ffi.workload.policy import Enforcement
from perry_ffi.workload.runner import Result, Told
from perry_ffi.workload.walk import Walk


def edge(node: str, target: str, condition: Any = None, *, required: bool = True) -> Edge:
    return Edge(node, target, condition or "started", required)


def node(name: str, kind: Any, level: int = 0, edges: Sequence[Edge] = (), **members: Any) -> Node:
    spec = validate(WorkloadNode, {"image": "i"})
    retry = members.pop("retry", None)
    told = validate(Retry, retry) if retry is not None else None
    return Node(name, kind, level, spec, tuple(edges), False, Enforcement(), retry=told, **members)


def graph(*nodes: Node) -> Graph:
    depth = 1 + max((each.level for each in nodes), default=-1)
    levels = tuple(tuple(sorted(each.name for each in nodes if each.level == level)) for level in range(depth))
    return Graph("g", {each.name: each for each in nodes}, levels)


Script = Mapping[str, Sequence[int]]
"""By node, the exit code of each try, the last one for ever; of a service 0 is "it gets ready"."""


@dataclass
class FakeRunner:
    """work: how often a node lets others run while it is at work. late_ends: services that end by themselves later, by the code.
    raises: what the tries of nodes raise; never_prepared, never_stop, unwatched: nodes of which another call does.
    """

    script: Script = field(default_factory=dict)
    work: Mapping[str, int] = field(default_factory=dict)
    late_ends: Mapping[str, int] = field(default_factory=dict)
    raises: Mapping[str, ContainerError] = field(default_factory=dict)
    never_prepared: frozenset[str] = frozenset()
    never_stop: frozenset[str] = frozenset()
    unwatched: frozenset[str] = frozenset()
    at_work: set[str] = field(default_factory=set)
    most: int = 0
    log: list[tuple[str, str]] = field(default_factory=list)
    walk: Walk | None = None
    held: dict[str, anyio.Event] = field(default_factory=dict)
    """Nodes that go on when their event is set, and until then are at work."""
    broken: list[str] = field(default_factory=list)

    async def prepare(self, node: Node) -> None:
        self.log.append(("prepare", node.name))
        for _ in range(1 + self.work.get(node.name, 0)):
            await anyio.lowlevel.checkpoint()
        if node.name in self.never_prepared:
            raise BackendError("it cannot be prepared")

    async def run(self, node: Node, attempt: int, told: Told) -> Result:
        self.log.append(("run", node.name))
        self._check(node)
        self.at_work.add(node.name)
        self.most = max(self.most, len(self.at_work))
        try:
            return await self._run(node, attempt, told)
        finally:
            self.at_work.discard(node.name)

    async def _run(self, node: Node, attempt: int, told: Told) -> Result:
        told("creating", container=f"g-{node.name}-{attempt}")
        await anyio.lowlevel.checkpoint()
        if (error := self.raises.get(node.name)) is not None:
            raise error
        told("running", isolation="container")
        for _ in range(self.work.get(node.name, 1)):
            await anyio.lowlevel.checkpoint()
        if (event := self.held.get(node.name)) is not None:
            await event.wait()
        codes = self.script.get(node.name, [0])
        code = codes[min(attempt, len(codes)) - 1]
        if code:
            return Result("failed", exit_code=code, error=ServiceStartupFailed(f"nodes.{node.name}: code {code}", exitCode=code))
        return Result("ready") if node.kind == "service" else Result("succeeded", exit_code=0)

    def _check(self, node: Node) -> None:
        """Whether all its edges hold, by what the walk itself knows at this moment; and whether anything may start."""
        assert self.walk is not None
        record = self.walk.records[node.name]
        if self.walk.failure is not None:
            self.broken.append(f"{node.name} began though the graph halts")
        if record.attempt > record.node.attempts:
            self.broken.append(f"{node.name} was tried too often")
        for edge in node.edges:
            if record.edge_holds(edge, self.walk.records[edge.target]) is not True:
                self.broken.append(f"{node.name} began before {edge.target} was {edge.condition}")

    async def until_end(self, node: Node) -> Result:
        if node.name not in self.late_ends:
            await anyio.sleep_forever()
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        if node.name in self.unwatched:
            raise BackendError("it is watched no more")
        code = self.late_ends[node.name]
        return Result("failed", exit_code=code) if code else Result("stopped", exit_code=0)

    async def stop(self, node: Node) -> None:
        self.log.append(("stop", node.name))
        self._check_stop(node)
        for _ in range(1 + self.work.get(node.name, 0)):
            await anyio.lowlevel.checkpoint()
        if node.name in self.never_stop:
            raise BackendError("it does not stop")

    def _check_stop(self, node: Node) -> None:
        """A service is stopped when all that need it have ended, a job when the graph halts."""
        assert self.walk is not None
        if node.kind == "job":
            if self.walk.failure is None:
                self.broken.append(f"{node.name} was stopped though the graph goes on")
            return
        users = [edge.node for edge in self.walk.graph.dependents()[node.name] if edge.condition not in ("failed", "completed")]
        if node.keep or not users or any(self.walk.records[name].phase not in FINAL for name in users):
            self.broken.append(f"{node.name} was stopped though it is needed")
        if self.walk.failure is not None:
            self.broken.append(f"{node.name} was stopped though services stay")

    def ran(self) -> list[str]:
        return [name for what, name in self.log if what == "run"]


def walk_of(found: Graph, runner: FakeRunner, **options: Any) -> Walk:
    runner.walk = Walk(found, runner, options.pop("bus", EventBus()), **options)
    return runner.walk


__all__ = ["FakeRunner", "Script", "edge", "graph", "node", "walk_of"]
