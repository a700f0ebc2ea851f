"""A cluster in memory behind the contract of services: its rules, its course and its moods, and none of its weight."""

from __future__ import annotations

from perry_ffi.backends.fake.cluster.cluster import FakeCluster
from perry_ffi.backends.fake.cluster.faults import Faults
from perry_ffi.backends.fake.cluster.records import Node, Task, TaskScript
from perry_ffi.backends.fake.cluster.services import FakeServices

__all__ = ["FakeCluster", "FakeServices", "Faults", "Node", "Task", "TaskScript"]
