"""Events of an engine that tells none: its containers are looked at, and what differs is told."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.emulated import LOOK_SECONDS
from perry_ffi.backends.contract.stream import Labels, Stream
from perry_ffi.errors import NotFound
from perry_ffi.model.container_info import ENDED, LIVE
from perry_ffi.model.event import EngineEvent, EventAction

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Core
    from perry_ffi.model.container import ContainerInfo


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
        if info.status not in ENDED or info.exit_code is not None:
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
    found += [_event(info, EventAction.REMOVED) for ident, info in before.items() if ident not in now]
    return found


def _between(old: ContainerInfo | None, new: ContainerInfo) -> list[str]:
    """What has happened to one container."""
    was_live = old is not None and old.status in LIVE
    if new.status in ENDED:
        if was_live:
            return [EventAction.ENDED]
        return [] if old is not None and old.status in ENDED else [EventAction.STARTED, EventAction.ENDED]
    if new.status not in LIVE:
        return []
    if old is None or not was_live:
        return [EventAction.STARTED]
    if old.started_at and new.started_at and old.started_at != new.started_at:
        return [EventAction.ENDED, EventAction.STARTED]
    return _while_it_lives(old, new)


def _while_it_lives(old: ContainerInfo, new: ContainerInfo) -> list[str]:
    found: list[str] = []
    if (old.status == "paused") != (new.status == "paused"):
        found.append("pause" if new.status == "paused" else EventAction.RESUMED)
    if new.status == "restarting" and old.status != "restarting":
        found.append(EventAction.ENDED)
    if new.health not in (None, old.health):
        found.append(EventAction.HEALTH)
    return found


def _event(info: ContainerInfo, action: str) -> EngineEvent:
    return EngineEvent(
        kind="container", action=action, id=info.id, name=info.name, attributes=dict(info.labels), time=time.time_ns(),
        exit_code=info.exit_code if action == EventAction.ENDED else None, health=info.health if action == EventAction.HEALTH else None,
    )  # fmt: skip


__all__ = ["SeenEvents", "changes"]
