"""Follows containers by the engine's events, so that waiting needs no polling."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import BackendError, ContainerError, Timeout
from perry_ffi.model.event import COMMANDS, EngineEvent, EventAction

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.stream import Stream

RESUBSCRIBE_SECONDS = 0.5
REMEMBERED = 64
"""Events that may be told again: those of the moment at which a subscription is made anew."""


class Watch:
    """What has happened to the watched containers since the watch began."""

    def __init__(self) -> None:
        self._marks: dict[str | None, anyio.Event] = {}
        self._ends: dict[str, list[tuple[int, int]]] = {}
        self._stopped: set[str] = set()

    def note(self, event: EngineEvent) -> None:
        """Takes an event in and wakes those who wait for its container. Commands that run inside change nothing."""
        if event.action in COMMANDS:
            return
        if event.action == EventAction.ENDED and event.exit_code is not None:
            self._ends.setdefault(event.id, []).append((event.time, event.exit_code))
        elif event.action in (EventAction.SIGNALLED, EventAction.STOPPED):
            self._stopped.add(event.id)
        elif event.action == EventAction.STARTED:
            self._stopped.discard(event.id)
        self._wake(event.id, None)

    def wake(self) -> None:
        """Has everybody look again."""
        self._wake(*self._marks)

    def _wake(self, *keys: str | None) -> None:
        for key in keys:
            if mark := self._marks.pop(key, None):
                mark.set()

    def failures(self, ident: str, since: int = 0) -> int:
        """How often a container has ended with another code than 0 since the watch began, and since then by the engine's clock."""
        return len(self._failures(ident, since))

    def last_failure(self, ident: str, since: int = 0) -> int | None:
        """The code of the last such end."""
        return next(reversed(self._failures(ident, since)), None)

    def ended_well(self, ident: str, since: int = 0) -> bool:
        """Whether a container has ended with 0."""
        return any(time >= since and code == 0 for time, code in self._ends.get(ident, ()))

    def _failures(self, ident: str, since: int) -> list[int]:
        return [code for time, code in self._ends.get(ident, ()) if time >= since and code != 0]

    def stopped(self, ident: str) -> bool:
        """Whether somebody has ended a container, and nothing started it again."""
        return ident in self._stopped

    def mark(self, ident: str | None = None) -> anyio.Event:
        """To be taken before looking: it is set by whatever happens after, to the container ``ident`` or to any."""
        return self._marks.setdefault(ident, anyio.Event())


Tell = Callable[["EngineEvent"], Awaitable[None]]


@asynccontextmanager
async def watching(backend: Backend, labels: Mapping[str, str], tell: Tell | None = None) -> AsyncIterator[Watch]:
    """A live watch over the containers that carry ``labels``. ``tell`` is given every event, once.

    A subscription that breaks is made anew, from there.
    """
    watch = Watch()
    stream = await backend.events(labels)

    async def follow(stream: Stream[EngineEvent]) -> None:
        told = Told()
        while True:
            try:
                await _read(stream, watch, tell, told)
            finally:
                with anyio.CancelScope(shield=True):
                    await stream.aclose()
            watch.wake()
            stream = await _again(backend, labels, told.newest)
            # What came before it is told only where an event has told the engine's clock.
            watch.wake()

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(follow, stream)
            try:
                yield watch
            finally:
                group.cancel_scope.cancel()


class Told:
    """The events that were told last, so that none is told again by a subscription that is made anew."""

    def __init__(self) -> None:
        self.newest: float | None = None
        """Seconds since 1970, by the engine's clock."""
        self._keys: deque[tuple[int, str, str]] = deque(maxlen=REMEMBERED)

    def is_new(self, event: EngineEvent) -> bool:
        """Whether it was not told before; it is from now on."""
        key = (event.time, event.id, event.action)
        if key in self._keys:
            return False
        self._keys.append(key)
        self.newest = max(self.newest or 0.0, event.time / 1e9)
        return True


async def _read(stream: Stream[EngineEvent], watch: Watch, tell: Tell | None, told: Told) -> None:
    """Takes events in until the stream ends or breaks."""
    try:
        while (batch := await stream.next()) is not None:
            for event in batch:
                if told.is_new(event):
                    if tell is not None:
                        await tell(event)
                    watch.note(event)
    except (BackendError, Timeout):
        return


async def _again(backend: Backend, labels: Mapping[str, str], since: float | None) -> Stream[EngineEvent]:
    """A new subscription, as soon as the engine takes one, with what has happened since then."""
    while True:
        try:
            return await backend.events(labels, since)
        except ContainerError:
            await anyio.sleep(RESUBSCRIBE_SECONDS)
