"""A stream of events that ends at a moment, where an engine's own has no end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.stream import Stream

if TYPE_CHECKING:
    from perry_ffi.model.event import EngineEvent

SETTLING = 1.0
"""Seconds that an engine has to tell what happened before the moment."""


class UntilThen(Stream["EngineEvent"]):
    """``stream`` up to ``until``, in seconds since 1970 by this machine's clock."""

    def __init__(self, stream: Stream[EngineEvent], until: float) -> None:
        self._stream, self._until = stream, until
        self._end = anyio.current_time() + max(0.0, until - time.time()) + SETTLING

    async def next(self) -> Sequence[EngineEvent] | None:
        while anyio.current_time() < self._end:
            with anyio.move_on_at(self._end):
                if (batch := await self._stream.next()) is None:
                    return None
                if kept := [event for event in batch if event.time <= self._until * 1e9]:
                    return kept
        return None

    async def aclose(self) -> None:
        await self._stream.aclose()
