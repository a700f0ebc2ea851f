"""What tasks of the cluster in memory said."""

from __future__ import annotations

import time
from collections.abc import Sequence

from perry_ffi.backends.contract.service_records import TaskLog
from perry_ffi.backends.fake.cluster.world import ClusterWorld
from perry_ffi.backends.fake.streams import Queue
from perry_ffi.model.container import LogOptions
from perry_ffi.model.container_values import Moment, moment


def read(world: ClusterWorld, service: str, task: str | None, options: LogOptions, *, follow: bool) -> Queue[TaskLog]:
    """The stream of a service's logs, or of one task's. A node without power keeps its words, and a read waits for them for ever."""
    silent = {node.name for node in world.nodes.values() if node.silent}

    def is_asked(log: TaskLog) -> bool:
        at = moment(log.time).ns
        since, until = _at(options.since), _at(options.until)
        mine = log.service == service and (task is None or log.task == task)
        return mine and (since is None or at >= since) and (until is None or at <= until)

    asked = [log for log in world.said.get(service, ()) if is_asked(log)]
    found = _last([log for log in asked if log.node not in silent], options.tail)
    if not follow:
        own = [one for one in world.tasks.values() if one.service.id == service and task in (None, one.id)]
        return Queue(found, ended=not any(one.node and one.node.silent for one in own))

    def hear(log: TaskLog) -> None:
        if is_asked(log):
            queue.put(log)

    queue: Queue[TaskLog] = Queue(found, on_close=lambda: world.hearers.remove(hear))
    world.hearers.append(hear)
    return queue


def _last(logs: Sequence[TaskLog], tail: int | None) -> list[TaskLog]:
    """The last ``tail`` lines of each task."""
    if tail is None or tail < 0:
        return list(logs)
    left: dict[str, int] = {}
    kept: list[TaskLog] = []
    for log in reversed(logs):
        left[log.task] = left.get(log.task, tail) - 1
        if left[log.task] >= 0:
            kept.append(log)
    return kept[::-1]


def _at(at: Moment | None) -> int | None:
    if at is None:
        return None
    return time.time_ns() - at.ns if at.ago else at.ns


__all__ = ["read"]
