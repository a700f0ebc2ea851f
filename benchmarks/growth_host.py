"""One project of one shape and size, on an engine in memory: CPU seconds of each stage and peak memory, as JSON.

``python -m benchmarks.growth_host SHAPE SERVICES REPEATS``. The least of the repeats counts: the rest is the machine's.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perry_ffi.backends.declared import of_engine
from perry_ffi.compose import Project, load
from perry_ffi.runtime.rollback import UndoLog
from perry_ffi.stack import identity
from perry_ffi.stack.containers.up import _observe, _project_run, _work
from perry_ffi.stack.options import Up
from perry_ffi.stack.status import status
from perry_ffi.stack.translate.warn import warnings
from perry_ffi.stack.up import plan
from tests.support.shapes import compose_file
from tests.support.standing import Standing


class Stages:
    """Seconds by stage."""

    def __init__(self, repeats: int) -> None:
        self._repeats = repeats
        self.seconds: dict[str, float] = {}

    def take(self, name: str, work: Callable[[], Any]) -> Any:
        """What ``work`` gives; how long it takes is noted."""
        for _ in range(self._repeats):
            found = None  # Not beside the next one: memory is measured too.
            gc.collect()
            # When the collector runs depends on all that a process holds, here an engine in memory too: it is left out.
            gc.disable()
            began = time.process_time()
            found = work()
            self.seconds[name] = min(time.process_time() - began, self.seconds.get(name, float("inf")))
            gc.enable()
        return found


def peak() -> float:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def specs(engine: Standing, project: Project) -> None:
    """Of all containers, as an ``up`` makes them."""
    work = asyncio.run(_work(engine.context, project, Up()))
    specs = _project_run(work, asyncio.run(_observe(work)), UndoLog(engine.backend, "t", identity.TRANSACTION)).specs
    for service in work.wanted.services.values():
        for number in range(1, service.replicas + 1):
            specs.container_spec(service.name, number, service.name_of(project.name, number))


def main() -> None:
    shape, services, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    stages = Stages(repeats)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "compose.yaml"
        file.write_text(compose_file(shape, services))
        engine = Standing(folder)
        project = stages.take("load", lambda: load([file], env={}, working_directory=folder))

        def planned(**options: Any) -> None:
            asyncio.run(plan(engine.context, project, Up(**options)))

        stages.take("create", planned)
        loaded_and_planned = peak()
        stages.take("specs", lambda: specs(engine, project))
        stages.take("warnings", lambda: warnings(project.to_dict(), of_engine("docker"), backend="docker"))
        engine.stand(project)
        stages.take("nothing", planned)
        stages.take("replaced", lambda: planned(force_recreate=True))
        stages.take("status", lambda: asyncio.run(status(engine.context, project.name, project, {})))
    print(json.dumps({"seconds": stages.seconds, "peak": loaded_and_planned}))


if __name__ == "__main__":
    main()
