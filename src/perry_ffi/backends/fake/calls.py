"""What all calls to the engine in memory share: each is recorded, gives others a turn, and can be made to fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import anyio

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.fake.streams import Queue
from perry_ffi.backends.fake.world import Call, World
from perry_ffi.backends.rules.one_machine import ONE_MACHINE
from perry_ffi.backends.rules.rule import declare
from perry_ffi.model.backend import BackendInfo
from perry_ffi.model.event import EngineEvent

Interrupt = Callable[[Call, str], Awaitable[None]]
"""Awaited with each call, and with ``before`` or ``after`` it was carried out; what it raises is the call's outcome."""

STEP = "2000-01-01T00:00:00.000000000Z"
"""The time of whatever has none of its own."""


async def nothing(call: Call, when: str) -> None:
    """Gives others a turn."""
    await anyio.lowlevel.checkpoint()


class FakeCalls(Backend):
    """The engine's world, and the way to it.

    world: what it holds; several backends may share one, as clients of one engine do. interrupt: see ``Interrupt``.
    probes: whether the engine runs health checks by itself.
    """

    name = "fake"
    capabilities = declare(ONE_MACHINE)
    identity = "fake"
    parallel_calls = 4

    def __init__(self, world: World | None = None, *, interrupt: Interrupt = nothing, probes: bool = False) -> None:
        self.world = world or World()
        self.calls: list[Call] = []
        self.interrupt = interrupt
        self._probes = probes
        self._streams: set[Queue[EngineEvent]] = set()

    @property
    def late_networks(self) -> int:
        return self.world.late_networks

    @property
    def writes(self) -> list[Call]:
        """The calls that may have changed something."""
        return [call for call in self.calls if call.write]

    @property
    def open_streams(self) -> int:
        """How many subscriptions nobody has closed."""
        return len(self._streams)

    @asynccontextmanager
    async def call(self, method: str, subject: str = "", *, write: bool = False) -> AsyncIterator[World]:
        """Around what a call does to the world; ``write`` for one that may change something."""
        call = Call(method, subject, write)
        self.calls.append(call)
        await self.interrupt(call, "before")
        yield self.world
        await self.interrupt(call, "after")

    async def aclose(self) -> None:
        for stream in list(self._streams):
            await stream.aclose()

    async def info(self) -> BackendInfo:
        return BackendInfo(name=self.name, available=True, version="1", mode="local", isolation_level="container")

    def listen(self, wanted: Callable[[EngineEvent], object]) -> Queue[EngineEvent]:
        """The events that are ``wanted``, from now on until the stream is closed."""

        def hear(event: EngineEvent) -> None:
            if wanted(event):
                queue.put(event)

        def forget() -> None:
            self.world.listeners.remove(hear)
            self._streams.discard(queue)

        queue: Queue[EngineEvent] = Queue(on_close=forget)
        self.world.listeners.append(hear)
        self._streams.add(queue)
        return queue


def carries(found: Mapping[str, str], labels: Labels | None) -> bool:
    """Whether ``found`` has all ``labels``."""
    return all(key in found and value in (None, found[key]) for key, value in (labels or {}).items())


__all__ = ["STEP", "FakeCalls", "Interrupt", "carries", "nothing"]
