"""One project of one size on a cluster in memory: CPU seconds of each stage, calls and peak memory, as JSON.

``python -m benchmarks.cluster_host SERVICES REPEATS``. Each service has ``TASKS`` tasks, a config of its own, and every second one
waits for the one before it. The cluster's own work is in the figures, for it is in the same process.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.growth_host import Stages, peak
from perry_ffi.backends.fake import FakeBackend
from perry_ffi.backends.fake.cluster import FakeCluster
from perry_ffi.compose import Project, load
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.options import Up
from perry_ffi.stack.up import plan, up

TASKS = 5
_TOGETHER = 25
"""Services on one network: more tasks than it has addresses are refused."""


def compose_file(services: int) -> str:
    """The text of the project's file."""
    rows = ["name: p\nservices:\n"]
    for number in range(services):
        rows.append(
            f"  s{number}:\n    image: registry.test/app{number % 50}:1\n    command: [serve, --number, '{number}']\n"
            f"    environment: {{LEVEL: info, NUMBER: '{number}'}}\n    deploy: {{replicas: {TASKS}}}\n"
            f"    networks: [n{number // _TOGETHER}]\n    configs: [c{number}]\n"
        )
        rows.append(f"    depends_on: [s{number - 1}]\n" if number % 2 else "")
    rows.append("networks:\n" + "".join(f"  n{n}:\n" for n in range((services - 1) // _TOGETHER + 1)))
    rows.append("configs:\n" + "".join(f"  c{n}: {{content: 'number {n}'}}\n" for n in range(services)))
    return "".join(rows)


class Standing:
    """A new cluster, and what a stack has of it."""

    def __init__(self, folder: Path) -> None:
        self.cluster = FakeCluster(10)
        self.context = StackContext(FakeBackend(cluster=self.cluster), folder / "locks", "fake", EventBus())

    def plan(self, project: Project) -> None:
        asyncio.run(plan(self.context, project, Up()))

    def up(self, project: Project) -> int:
        """Gives how many calls it made."""
        before = len(self.cluster.calls)
        asyncio.run(up(self.context, project, Up()))
        return len(self.cluster.calls) - before


def main() -> None:
    services, repeats = int(sys.argv[1]), int(sys.argv[2])
    stages, calls = Stages(repeats), dict[str, int]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "compose.yaml"
        file.write_text(compose_file(services))
        project = load([file], env={}, working_directory=folder)
        stages.take("plan", lambda: Standing(folder).plan(project))
        standing: list[Any] = []

        def converge() -> None:
            standing[:] = [Standing(folder)]
            calls["converge"] = standing[0].up(project)

        stages.take("converge", converge)
        calls["nothing"] = stages.take("nothing", lambda: standing[0].up(project))
    print(json.dumps({"seconds": stages.seconds, "calls": calls, "peak": peak()}))


if __name__ == "__main__":
    main()
