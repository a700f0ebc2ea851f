"""What happens to the services and tasks of a project, in the words in which engines tell of containers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.service_records import ENDED
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import ContainerError
from perry_ffi.model.container_values import moment
from perry_ffi.model.event import EngineEvent, EventAction
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.poll import Change, Tasks
from perry_ffi.stack.cluster.rows import node_of, task_info

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceChange, ServiceState, TaskState
    from perry_ffi.backends.contract.services import Services

AGAIN_SECONDS = 0.5
"""Before events are asked for anew that broke off."""
_BATCHES = 64


class ClusterEvents(Stream[EngineEvent]):
    """From ``open`` on: changes of services as the engine tells them, of tasks as looks at them find them.

    Task events are ``create``, ``start``, ``health_status``, ``die`` and ``destroy`` of kind ``container``; those of services
    ``create``, ``update`` and ``remove`` of kind ``service``. Either goes on where the other is interrupted.
    """

    def __init__(self, services: Services, project: str, until: float | None = None) -> None:
        """until: seconds since 1970, when it ends."""
        self._until = until
        self._services, self._project = services, project
        self._tasks = Tasks(services, project)
        self._known: dict[str, ServiceState] = {}
        self._send, self._receive = anyio.create_memory_object_stream[list[EngineEvent]](_BATCHES)
        self._changes: Stream[ServiceChange] | None = None

    async def open(self) -> ClusterEvents:
        """Raises what the engine raises."""
        self._changes = await self._services.changes()
        try:
            await self._tasks.look()
        except BaseException:
            await self._changes.aclose()
            raise
        self._known = dict(self._tasks.states)
        self._job = asyncio.get_running_loop().create_task(self._run())
        return self

    async def next(self) -> Sequence[EngineEvent] | None:
        try:
            return await self._receive.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            return None

    async def aclose(self) -> None:
        self._job.cancel()
        await asyncio.wait([self._job])
        self._receive.close()

    async def _run(self) -> None:
        try:
            with anyio.move_on_after(None if self._until is None else max(0.0, self._until - time.time())):
                async with anyio.create_task_group() as group:
                    group.start_soon(self._hear_changes)
                    await self._look_at_tasks()
        finally:
            self._send.close()

    async def _look_at_tasks(self) -> None:
        async for changes in self._tasks.looks():
            self._known.update(self._tasks.states)
            if found := [event for change in changes for event in task_events(change)]:
                await self._send.send(found)

    async def _hear_changes(self) -> None:
        while True:
            try:
                if self._changes is None:
                    self._changes = await self._services.changes()
                while (batch := await self._changes.next()) is not None:
                    if found := [event for change in batch if (event := await self._of_service(change)) is not None]:
                        await self._send.send(found)
            except ContainerError:
                pass  # Tasks go on being looked at, and a service that is not there any more is seen by its tasks.
            finally:
                with anyio.CancelScope(shield=True):
                    if self._changes is not None:
                        await self._changes.aclose()
                self._changes = None
            await anyio.sleep(AGAIN_SECONDS)

    async def _of_service(self, change: ServiceChange) -> EngineEvent | None:
        """None of what is not the project's."""
        if change.kind != "service":
            return None
        if change.id not in self._known and change.action != "remove":
            try:
                state = await self._services.service(change.id)
            except ContainerError:
                return None
            if identity.is_of(state.labels, self._project):
                self._known[state.id] = state
        known = self._known.get(change.id)
        if known is None:
            return None
        return EngineEvent(
            kind="service", action=change.action, id=change.id, name=change.name or known.name,
            attributes={**known.labels, **change.about}, time=_nanoseconds(change.time),
        )  # fmt: skip


def task_events(change: Change) -> Iterator[EngineEvent]:
    """What a change of one task means. Pure."""
    before, now = change.before, change.task
    if change.gone:
        if now.state not in ENDED:
            yield _event(change, EventAction.ENDED)
        yield _event(change, EventAction.REMOVED)
        return
    if before is None:
        yield _event(change, "create")
    if _started(now) and (before is None or not _started(before)):
        yield _event(change, EventAction.STARTED)
    if now.has_check and now.state == "running" and (before is None or before.state != "running"):
        yield _event(change, EventAction.HEALTH)
    if now.state in ENDED and (before is None or before.state not in ENDED):
        yield _event(change, EventAction.ENDED)


def _started(task: TaskState) -> bool:
    """Whether its process runs, or ran."""
    return bool(task.container) and task.state not in ("new", "pending", "preparing", "rejected")


def _event(change: Change, action: str) -> EngineEvent:
    state, task = change.state, change.task
    info = task_info(state, task)
    told = {"image": info.image, "node": node_of(task), "error": task.error}
    ended = action == EventAction.ENDED
    return EngineEvent(
        kind="container",
        action=action,
        id=info.id,
        name=info.name,
        attributes={**info.labels, **{name: text for name, text in told.items() if text}},
        exit_code=info.exit_code if ended else None,
        health="healthy" if action == EventAction.HEALTH else None,
        time=_nanoseconds(task.changed),
    )


def _nanoseconds(text: str) -> int:
    return moment(text).ns if text else time.time_ns()


__all__ = ["ClusterEvents", "task_events"]
