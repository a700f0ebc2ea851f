"""Groups of the contract that can be had from its core: by looking, by waiting, by stopping and starting.

Loaded only with backends that lack one of these. What each gives less than an engine's own is said where it is declared
(``absent``).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import anyio

from perry_ffi.backends.contract.events import ExitWatch
from perry_ffi.backends.contract.sessions import Execution, Session
from perry_ffi.backends.contract.stream import Labels, Stream
from perry_ffi.errors import BackendError, Conflict, NotFound, Timeout
from perry_ffi.model.container_info import ExecResult, LogChunk
from perry_ffi.model.event import EngineEvent

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Core
    from perry_ffi.model.container import ContainerInfo

T = TypeVar("T")

LOOK_SECONDS = 0.25
"""How long lies between two looks at what an engine holds."""
_LIVE = ("running", "paused", "restarting")
_ENDED = ("exited", "dead")


class Listed(Stream[T]):
    """Records that are all there."""

    def __init__(self, records: Sequence[T]) -> None:
        self._records = list(records)

    async def next(self) -> Sequence[T] | None:
        await anyio.lowlevel.checkpoint()
        records, self._records = self._records, []
        return records or None

    async def aclose(self) -> None:
        self._records = []


class SeenEvents(Stream[EngineEvent]):
    """Events made of what differs between one look at the containers and the next.

    What begins and ends between two looks is not told, and who ended a container never is. The time of an event is that of
    the look, by this machine's clock.
    """

    def __init__(self, backend: Core, labels: Labels | None, known: Sequence[ContainerInfo], *, anew: bool) -> None:
        """known: the containers at the beginning. anew: tells of each (``update``), for something may have happened to it."""
        self._backend, self._labels = backend, labels
        self._known = {info.id: info for info in known}
        self._first = [_event(info, "update") for info in known] if anew else []
        self._closed = anyio.Event()

    async def next(self) -> Sequence[EngineEvent] | None:
        while not self._closed.is_set():
            if self._first:
                batch, self._first = self._first, []
                return batch
            with anyio.move_on_after(LOOK_SECONDS):
                await self._closed.wait()
                return None
            now = {info.id: await self._told(info) for info in await self._backend.list_containers(all=True, labels=self._labels)}
            found = changes(self._known, now)
            self._known = now
            if found:
                return found
        return None

    async def _told(self, info: ContainerInfo) -> ContainerInfo:
        """The container with its exit code, which not every list tells."""
        before = self._known.get(info.id)
        if info.status not in _ENDED or info.exit_code is not None:
            return info
        if before is not None and before.status == info.status:
            return before
        try:
            return await self._backend.inspect_container(info.id)
        except NotFound:
            return info

    async def aclose(self) -> None:
        self._closed.set()


def changes(before: Mapping[str, ContainerInfo], now: Mapping[str, ContainerInfo]) -> list[EngineEvent]:
    """The events that lead from one look to the next. Pure."""
    found: list[EngineEvent] = []
    for ident, info in now.items():
        old = before.get(ident)
        if old is None:
            found.append(_event(info, "create"))
        found += [_event(info, action) for action in _between(old, info)]
    found += [_event(info, "destroy") for ident, info in before.items() if ident not in now]
    return found


def _between(old: ContainerInfo | None, new: ContainerInfo) -> list[str]:
    """What has happened to one container."""
    was_live = old is not None and old.status in _LIVE
    anew = was_live and old is not None and bool(old.started_at and new.started_at and old.started_at != new.started_at)
    if anew:
        return ["die", "start"] if new.status in _LIVE else ["die", "start", "die"]
    if new.status in _ENDED:
        ended = old is not None and old.status in _ENDED
        return [] if ended else ["die"] if was_live else ["start", "die"]
    if new.status not in _LIVE:
        return []
    if not was_live or old is None:
        return ["start"]
    actions = []
    if (old.status == "paused") != (new.status == "paused"):
        actions.append("pause" if new.status == "paused" else "unpause")
    if new.status == "restarting" and old.status != "restarting":
        actions.append("die")
    if old.health != new.health and new.health is not None:
        actions.append("health_status")
    return actions


def _event(info: ContainerInfo, action: str) -> EngineEvent:
    return EngineEvent(
        kind="container", action=action, id=info.id, name=info.name, attributes=dict(info.labels), time=time.time_ns(),
        exit_code=info.exit_code if action == "die" else None, health=info.health if action == "health_status" else None,
    )  # fmt: skip


class WaitedExit(ExitWatch):
    """The next end of a container, by waiting for it as soon as it runs."""

    def __init__(self, backend: Core, info: ContainerInfo) -> None:
        self._backend, self._ident, self._name = backend, info.id, info.name
        self._before = info.started_at if info.status in _ENDED else None
        """When a run began that had ended before: its end is not the next one."""
        self._code: int | None = None
        self._scopes: set[anyio.CancelScope] = set()
        self._closed = False

    async def exit_code(self, timeout: float | None = None) -> int:
        with anyio.move_on_after(timeout), anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                await self._until_it_ends()
            finally:
                self._scopes.discard(scope)
        if self._code is not None:
            return self._code
        if self._closed:
            raise BackendError(f"{self._name}: the watch was given up", backend=self._backend.name)
        raise Timeout(f"{self._name} has not ended", waitedFor=self._name, seconds=timeout)

    async def _until_it_ends(self) -> None:
        while self._code is None and not self._closed:
            self._code = await self._look()
            if self._code is None:
                await anyio.sleep(LOOK_SECONDS)

    async def _look(self) -> int | None:
        """The code of a run that has ended; waits for one that goes on. ``None`` where none has begun."""
        if self._before is not None and (await self._backend.inspect_container(self._ident)).started_at == self._before:
            return None
        try:
            return await self._backend.wait_container(self._ident)
        except Conflict:
            return None

    async def aclose(self) -> None:
        self._closed = True
        for scope in self._scopes:
            scope.cancel()


class _NoInput(Session):
    """A session that takes no input."""

    def __init__(self, output: Stream[LogChunk], name: str) -> None:
        self.output = output
        self._name = name

    async def send(self, data: bytes) -> None:
        raise Conflict(f"{self._name}: it was opened without input")

    async def end_input(self) -> None:
        raise Conflict(f"{self._name}: it was opened without input")

    async def aclose(self) -> None:
        await self.output.aclose()


class LogSession(_NoInput):
    """What a container's main process says, read from its log."""

    def __init__(self, backend: Core, info: ContainerInfo) -> None:
        super().__init__(_LogFromStart(backend, info), info.name)


class _LogFromStart(Stream[LogChunk]):
    """The log of a container from now on; of one that is not started yet, from its start."""

    def __init__(self, backend: Core, info: ContainerInfo) -> None:
        from perry_ffi.model.container import LogOptions

        self._backend, self._ident = backend, info.id
        self._options = LogOptions(tail=None if info.status == "created" else 0)
        self._log: Stream[LogChunk] | None = None
        self._closed = anyio.Event()

    async def next(self) -> Sequence[LogChunk] | None:
        try:
            while self._log is None and not self._closed.is_set():
                if (await self._backend.inspect_container(self._ident)).status != "created":
                    self._log = await self._backend.follow_logs(self._ident, self._options)
                    break
                with anyio.move_on_after(LOOK_SECONDS):
                    await self._closed.wait()
        except NotFound:
            return None  # It was removed: there is nothing more to come.
        return None if self._log is None or self._closed.is_set() else await self._log.next()

    async def aclose(self) -> None:
        self._closed.set()
        if self._log is not None:
            await self._log.aclose()


class EndedExecution(_NoInput, Execution):
    """A command inside a container that has ended already."""

    def __init__(self, result: ExecResult, name: str) -> None:
        said = [LogChunk(stream="stdout", text=result.stdout), LogChunk(stream="stderr", text=result.stderr)]
        super().__init__(Listed([chunk for chunk in said if chunk.text]), name)
        self._code = result.exit_code

    async def exit_code(self) -> int:
        await anyio.lowlevel.checkpoint()
        return self._code


__all__ = ["LOOK_SECONDS", "EndedExecution", "Listed", "LogSession", "SeenEvents", "WaitedExit", "changes"]
