"""What the cluster in memory holds, by name and by id; nothing here decides anything."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence

from perry_ffi.backends.contract.service_records import ServiceChange, TaskLog
from perry_ffi.backends.fake.cluster.clock import Clock
from perry_ffi.backends.fake.cluster.records import Node, Resource, Service, Task, TaskScript

Script = Callable[[Task], TaskScript]


class ClusterWorld:
    """Nodes, services, tasks, objects, and what has been said. script: what a task does, asked when it gets its node."""

    def __init__(self, nodes: int | Sequence[Node], script: Script, clock: Clock) -> None:
        self.script = script
        self.clock = clock
        self._numbers = itertools.count(1)
        self._versions = itertools.count(10)
        made = [self._node(index) for index in range(1, nodes + 1)] if isinstance(nodes, int) else list(nodes)
        self.nodes = {node.id: node for node in made}
        self.services: dict[str, Service] = {}
        self.by_name: dict[str, Service] = {}
        self.leaving: dict[str, Service] = {}
        """Those that were removed, until their last task has ended."""
        self.tasks: dict[str, Task] = {}
        self.resources: dict[str, Resource] = {}
        self.pending: dict[str, Task] = {}
        self.ingress: dict[tuple[int, str], Service] = {}
        self.said: dict[str, list[TaskLog]] = {}
        """By the service's id."""
        self.listeners: list[Callable[[ServiceChange], None]] = []
        self.hearers: list[Callable[[TaskLog], None]] = []

    def _node(self, index: int) -> Node:
        return Node(self.ident(), f"n{index}", manager=index == 1, leader=index == 1, address=f"10.0.0.{index}")

    def ident(self) -> str:
        """An id of its own: 25 characters, as the ids of services are."""
        return hashlib.sha256(f"cluster {next(self._numbers)}".encode()).hexdigest()[:25]

    def number(self) -> int:
        return next(self._numbers)

    def touch(self, service: Service) -> None:
        """``service`` was changed: what was read of it before is stale."""
        service.version = next(self._versions)
        service.view = None

    def node(self, name: str) -> Node:
        """By id or name; KeyError where there is none."""
        found = self.nodes.get(name) or next((node for node in self.nodes.values() if node.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def tell(self, kind: str, action: str, ident: str, name: str, about: Mapping[str, str] | None = None) -> None:
        if self.listeners:
            change = ServiceChange(kind, action, ident, name, dict(about or {}), self.clock.stamp())
            for listener in list(self.listeners):
                listener(change)

    def say(self, task: Task, stdout: str, stderr: str) -> None:
        """Has ``task`` say something, line by line."""
        for stream, text in (("stdout", stdout), ("stderr", stderr)):
            for line in text.splitlines(keepends=True):
                node = task.node.name if task.node else ""
                log = TaskLog(task.id, node, task.service.id, stream, line, self.clock.stamp())  # type: ignore[arg-type]
                self.said.setdefault(task.service.id, []).append(log)
                for hearer in list(self.hearers):
                    hearer(log)


__all__ = ["ClusterWorld", "Script"]
