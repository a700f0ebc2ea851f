"""Health probes for as long as a stack's handle is open, where the engine has nobody who runs them (podman without systemd)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup

from perry_ffi.errors import Conflict, ContainerError, NotFound
from perry_ffi.stack import identity
from perry_ffi.stack.readiness import has_healthcheck, probe_interval
from perry_ffi.stack.watch import watching

if TYPE_CHECKING:
    from perry_ffi.backends.base import Backend
    from perry_ffi.model.event import EngineEvent


async def run_probes(backend: Backend, project: str) -> None:
    """Probes the project's containers, each at the interval of its own check, until it is cancelled.

    Returns at once where the engine does that. Raises what the backend raises if the engine tells no events.
    """
    if not await backend.health_probes_run_by_engine():
        await Prober(backend, project).run()


class Prober:
    """The probes of one project: a task for each container that runs and has a check."""

    def __init__(self, backend: Backend, project: str) -> None:
        self._backend = backend
        self._labels = {identity.THEIRS + "project": project}
        self._project = project
        self._probed: set[str] = set()
        self._started = anyio.Event()

    async def run(self) -> None:
        async with watching(self._backend, self._project, self._note), anyio.create_task_group() as group:
            while True:
                started = self._started
                await self._join(group)
                await started.wait()

    def _note(self, event: EngineEvent) -> None:
        if event.action in ("start", "unpause"):
            self._started.set()
            self._started = anyio.Event()

    async def _join(self, group: TaskGroup) -> None:
        try:
            rows = await self._backend.list_containers(all=False, labels=self._labels)
        except ContainerError:
            return  # The engine is away; what starts when it is back is told of.
        for row in rows:
            if row.id not in self._probed:
                self._probed.add(row.id)
                group.start_soon(self._probe, row.id)

    async def _probe(self, ident: str) -> None:
        try:
            info = await self._backend.inspect_container(ident)
            while has_healthcheck(info):
                await anyio.sleep(probe_interval(info))
                await self._probe_once(ident)
            return
        except ContainerError:
            self._probed.discard(ident)  # It ended. If it starts again, it is found again.

    async def _probe_once(self, ident: str) -> None:
        """A probe that the engine could not carry out is left out; raises only where the container does not run any more."""
        try:
            await self._backend.probe_health(ident)
        except (NotFound, Conflict):
            raise
        except ContainerError:
            return
