"""Puts things back: again where the engine failed, and again where one needs another that comes later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from perry_ffi.errors import BackendNotAvailable, ContainerError, NotFound
from perry_ffi.runtime.undo_entry import Entry

T = TypeVar("T")

UNDO_SECONDS = 120.0
TRIES = 3
AWAY_SECONDS = 20.0
"""How long an engine that cannot be reached may take to come back."""
AGAIN_SECONDS = 0.5


async def each_in_the_end(items: list[T], work: Callable[[T], Awaitable[None]]) -> None:
    """Does each; what failed is done again for as long as another succeeds. Raises what the last failure was."""
    failure: ContainerError | None = None
    progress = True
    while items and progress:
        left: list[T] = []
        for item in items:
            try:
                await work(item)
            except NotFound:
                continue
            except ContainerError as error:
                failure = error
                left.append(item)
        progress, items = len(left) < len(items), left
    if items and failure is not None:
        raise failure


async def undo_all(todo: list[Entry], urgent: asyncio.Event) -> list[str]:
    """Undoes all, in turn, and what failed once more for as long as something else succeeds: one may need another.

    An engine that is not there is waited for, unless it is urgent: it may be starting anew.
    """
    failed: dict[str, ContainerError] = {}
    with anyio.move_on_after(UNDO_SECONDS) as scope:
        away = anyio.current_time() + AWAY_SECONDS
        while todo:
            left: list[Entry] = []
            failed.clear()
            for entry in todo:
                if error := await _attempt(entry):
                    failed[entry.text] = error
                    left.append(entry)
            progress, todo = len(left) < len(todo), left
            if progress:
                continue
            if (
                urgent.is_set()
                or anyio.current_time() > away
                or not any(isinstance(error, BackendNotAvailable) for error in failed.values())
            ):
                break
            await anyio.sleep(AGAIN_SECONDS)
    told = [f"{text}: {error.message}" for text, error in failed.items()]
    if scope.cancelled_caught:
        told += [f"{entry.text}: not tried to the end, the time was up" for entry in todo if entry.text not in failed]
    return told


async def _attempt(entry: Entry) -> ContainerError | None:
    """Undoes one entry, trying again where the engine failed; gives why it could not be done."""
    failure: ContainerError | None = None
    for _ in range(TRIES):
        try:
            await entry.undo(entry)
            return None
        except NotFound:
            return None
        except ContainerError as error:
            failure = error
        if isinstance(failure, BackendNotAvailable):
            break
    return failure
