"""A run that failed or was cancelled is put back, and that is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import uninterrupted
from perry_ffi.errors import Cancelled, from_unexpected

if TYPE_CHECKING:
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.runtime.rollback import UndoLog


async def put_back(undo: UndoLog, bus: EventBus, error: BaseException, done: Callable[[], None] | None = None) -> None:
    """Puts all of ``undo`` back because of ``error``, whatever cancels it meanwhile; done: called when that has been tried.

    The error gets the details ``rolledBack`` and ``leftOver``; where it is a cancellation nobody hears of it but the events.
    """
    if not len(undo):
        return
    cancelled = isinstance(error, anyio.get_cancelled_exc_class())
    cause = Cancelled.kind if cancelled else from_unexpected(error).message
    bus.tell("rollback", state="started", cause=cause)
    left = await uninterrupted(_undone(undo, bus, cause, done))
    if not cancelled:
        told = from_unexpected(error)
        told.details["rolledBack"] = not left
        if left:
            told.details["leftOver"] = left


async def _undone(undo: UndoLog, bus: EventBus, cause: str, done: Callable[[], None] | None) -> list[str]:
    """Tells of it also where nobody waits for the run any more."""
    left = await undo.roll_back()
    if done is not None:
        done()
    bus.tell("rollback", state="done", cause=cause, leftOver=left or None)
    return left


__all__ = ["put_back"]
