"""Health probes for as long as a stack's handle is open, where the engine has nobody who runs them (podman without systemd)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup

from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.model.event import EngineEvent, EventAction
from perry_ffi.runtime.health import has_healthcheck
from perry_ffi.runtime.probes import Probing
from perry_ffi.runtime.watch import watching
from perry_ffi.stack import identity
from perry_ffi.stack.desired import file_healthcheck
from perry_ffi.stack.observe import list_own

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.compose.project import Project
    from perry_ffi.model.container import ContainerInfo

WAITING = 1000
"""How many starts may wait to be looked at."""


async def run_probes(backend: Backend, name: str, project: Project | None) -> None:
    """Probes the containers of the project ``name``, each at the interval of its own check, until it is cancelled.

    Returns at once where the engine does that (one that keeps services does), or no service of the model has a check that is known
    of before. Raises what the backend raises if the engine cannot be asked.
    """
    if backend.services is not None or await backend.health_probes_run_by_engine():
        return
    if not await _may_have_checks(backend, project):
        return
    await Prober(backend, name).run()


async def _may_have_checks(backend: Backend, project: Project | None) -> bool:
    """Whether a service has a health check, by the file or else by its image; without a model one may."""
    if project is None:
        return True
    silent = set()
    for name, tree in project.services.items():
        said = file_healthcheck(tree)
        if said:
            return True
        if said is None:
            silent.add(tree.get("image") or identity.image_name(project.name, name))
    return any([await _image_has_check(backend, image) for image in sorted(silent)])


async def _image_has_check(backend: Backend, image: str) -> bool:
    try:
        return (await backend.inspect_image(image)).has_health_check
    except NotFound:
        return False


class Prober:
    """The probes of one project: a task for each container that runs and has a check."""

    def __init__(self, backend: Backend, project: str) -> None:
        self._backend = backend
        self._project = project
        self._probed: set[str] = set()

    async def run(self) -> None:
        self._started, following = anyio.create_memory_object_stream[str](WAITING)
        with self._started, following:
            async with watching(self._backend, identity.watched(self._project), self._note), anyio.create_task_group() as group:
                for row in await list_own(self._backend, self._project, all=False):
                    self._begin(group, row.id)
                async for ident in following:
                    self._begin(group, ident)

    async def _note(self, event: EngineEvent) -> None:
        if event.action in (EventAction.STARTED, EventAction.RESUMED):
            try:
                self._started.send_nowait(event.id)
            except anyio.WouldBlock:
                return  # More starts than anybody has containers: they are found by their next one.

    def _begin(self, group: TaskGroup, ident: str) -> None:
        if ident not in self._probed:
            self._probed.add(ident)
            group.start_soon(self._probe, ident)

    async def _probe(self, ident: str) -> None:
        """Until it ends. If it starts again, that is told, and it is looked at anew."""
        probing = Probing(self._backend, ident)
        try:
            while has_healthcheck(info := await self._backend.inspect_container(ident)) and info.status == "running":
                if left := probing.seconds_left(info):
                    await anyio.sleep(left)
                else:
                    await self._probe_once(probing, info)
        except ContainerError:
            pass
        finally:
            self._probed.discard(ident)

    async def _probe_once(self, probing: Probing, info: ContainerInfo) -> None:
        """A probe that the engine could not carry out is left out; raises only where the container is gone."""
        try:
            await probing.probe(info)
        except NotFound:
            raise
        except ContainerError:
            return
