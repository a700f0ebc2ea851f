"""Events of an engine that tells none: its containers are looked at, and what differs is told."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.emulated import LOOK_SECONDS
from perry_ffi.backends.contract.stream import Labels, Stream
from perry_ffi.errors import NotFound
from perry_ffi.model.container_info import ENDED
from perry_ffi.model.container_values import moment
from perry_ffi.model.event import EngineEvent, EventAction

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Core
    from perry_ffi.model.container import ContainerInfo

_RUNS, _OVER = ("running", "paused"), (*ENDED, "restarting")
_LATEST = 2**63


class SeenEvents(Stream[EngineEvent]):
    """Events made of what differs between one look at the containers and the next.

    Of the runs of a container that lie between two looks the last one is told, of a container that came and went nothing, and who
    ended one never is. The time of an event is that of the look, by this machine's clock.
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
        if before is not None and before.status == info.status and not _is_another_run(before, info):
            return before
        try:
            return await self._backend.inspect_container(info.id)
        except NotFound:
            return info

    async def aclose(self) -> None:
        self._closed.set()


def changes(before: Mapping[str, ContainerInfo], now: Mapping[str, ContainerInfo]) -> list[EngineEvent]:
    """The events that lead from one look to the next, in the order in which they happened where containers tell when. Pure."""
    found: list[tuple[int, EngineEvent]] = []
    for ident, info in sorted(now.items(), key=lambda item: item[1].created):
        old = before.get(ident)
        at, actions = 0, [*(["create"] if old is None else []), *_between(old, info)]
        for index, action in enumerate(actions):
            at = max(at, _when(info, action, last=index == len(actions) - 1))
            found.append((at, _event(info, action, code_known=index == len(actions) - 1)))
    found.sort(key=lambda row: row[0])
    return [event for _, event in found] + [
        _event(info, EventAction.REMOVED) for ident, info in before.items() if ident not in now
    ]


def _between(old: ContainerInfo | None, new: ContainerInfo) -> list[str]:
    """What has happened to one container. ``restarting`` is a run that has ended."""
    runs, over = new.status in _RUNS, new.status in _OVER
    if not runs and not over:
        return []
    ran = old is not None and old.status in _RUNS
    another = True
    if old is not None and (ran or (over and old.status in _OVER)):
        another = _is_another_run(old, new) or (old.status in ENDED and new.status == "restarting")
    found = [EventAction.ENDED] if ran and (over or another) else []
    if another:
        found += [EventAction.STARTED, *([EventAction.ENDED] if over else [])]
    return list(found) or (_while_it_lives(old, new) if old is not None else [])


def _when(info: ContainerInfo, action: str, *, last: bool) -> int:
    """When it happened, by the engine's clock. An end that another start follows was before that."""
    told = {
        "create": info.created, EventAction.STARTED: info.started_at, EventAction.ENDED: info.finished_at if last else info.started_at,
    }.get(action)  # fmt: skip
    return moment(told).ns if told else _LATEST if last else 0


def _is_another_run(old: ContainerInfo, new: ContainerInfo) -> bool:
    return bool(old.started_at and new.started_at and old.started_at != new.started_at)


def _while_it_lives(old: ContainerInfo, new: ContainerInfo) -> list[str]:
    found: list[str] = []
    if (old.status == "paused") != (new.status == "paused"):
        found.append("pause" if new.status == "paused" else EventAction.RESUMED)
    if new.health not in (None, old.health):
        found.append(EventAction.HEALTH)
    return found


def _event(info: ContainerInfo, action: str, *, code_known: bool = True) -> EngineEvent:
    return EngineEvent(
        kind="container", action=action, id=info.id, name=info.name, attributes=dict(info.labels), time=time.time_ns(),
        exit_code=info.exit_code if action == EventAction.ENDED and code_known else None,
        health=info.health if action == EventAction.HEALTH else None,
    )  # fmt: skip


__all__ = ["SeenEvents", "changes"]
