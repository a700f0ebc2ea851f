"""What every verb needs: the engine, where its locks are, and who is told what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.stack.project_lock import project_lock

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.engine import Elsewhere
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.runtime.probes import Turn
    from perry_ffi.trust.in_force import Asked, Trust

LOCK_SECONDS = 600.0


async def _nobody(labels: Labels) -> list[Elsewhere]:
    return []


@dataclass(frozen=True)
class StackContext:
    """backend: the engine. locks: the folder of the project locks. engine: a text that tells engines apart.

    elsewhere: tells which other engines have containers with labels. urgent: set when whoever asked for a stop, or for an
    ``up`` that is being put back, will wait no longer: what still has to stop is killed. probed: whose health is probed from
    here, so that between a wait for it and the probes of an open handle nobody takes it for forgotten. trust, asked: which
    signatures images must have, and what is asked for in addition to the machine's policy and to what the project says.
    parallel: how many things may be done at once, at most; ``None``: as many as the engine does well.
    """

    backend: Backend
    locks: Path
    engine: str
    bus: EventBus
    elsewhere: Callable[[Labels], Awaitable[list[Elsewhere]]] = _nobody
    urgent: asyncio.Event = field(default_factory=asyncio.Event)
    probed: dict[str, Turn] = field(default_factory=dict)
    trust: Trust | None = None
    asked: tuple[Asked, ...] = ()
    parallel: int | None = None

    @property
    def places(self) -> int:
        """How many things are done at once."""
        own = self.backend.parallel_calls
        return own if self.parallel is None else min(self.parallel, own)

    @asynccontextmanager
    async def locked(self, project: str, seconds: float | None = LOCK_SECONDS) -> AsyncIterator[None]:
        """While a verb changes ``project``. Raises Timeout if another keeps it for ``seconds``."""
        async with project_lock(self.locks, self.engine, project, seconds):
            yield

    def with_bus(self, bus: EventBus) -> StackContext:
        return replace(self, bus=bus)
