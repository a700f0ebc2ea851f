"""How concurrent work ends: clean-ups that finish although their caller is cancelled, and one error out of many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import anyio

from perry_ffi.errors import ContainerError

T = TypeVar("T")

GRACE = 20.0
"""Seconds that a cancelled caller waits for the undoing; it goes on without the caller after that."""

_running: set[asyncio.Task[None]] = set()


async def all_or_nothing(work: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[None]]) -> T:
    """The result of ``work``. If the caller is cancelled meanwhile, ``work`` still ends, and is undone.

    An engine does not stop creating something because its client hung up, and only its answer says
    what there is to remove. ``work`` bounds itself; errors of ``undo`` after a cancellation are dropped,
    for nobody is left to hear them.
    """
    task: asyncio.Task[T] = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if task.cancelled():
            raise
        await finish(_undo(task, undo))
        raise


async def finish(work: Coroutine[Any, Any, None]) -> None:
    """Runs a clean-up to its end although the caller is cancelled, waiting for it ``GRACE`` seconds."""
    cleaning = asyncio.ensure_future(work)
    _running.add(cleaning)
    cleaning.add_done_callback(_running.discard)
    with anyio.move_on_after(GRACE, shield=True):
        await asyncio.shield(cleaning)


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, which runs to its end although the caller is cancelled; the cancellation comes after it.

    ``work`` bounds itself. It holds against cancelled tasks as well as cancelled scopes, which a shield alone does not.
    """
    task: asyncio.Task[T] = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None and not task.cancelled():
        task.exception()  # Nobody is left to hear it.
        raise cancelled
    return task.result()


async def _undo(task: asyncio.Task[T], undo: Callable[[T], Awaitable[None]]) -> None:
    try:
        await undo(await task)
    except Exception:
        return


@contextmanager
def one_error() -> Iterator[None]:
    """Around a task group: the first error of the family comes out by itself, not wrapped in a group."""
    try:
        yield
    except BaseExceptionGroup as group:
        family = _first(group)
        if family is None:
            raise
        raise family from None


def _first(group: BaseExceptionGroup[BaseException]) -> ContainerError | None:
    for error in group.exceptions:
        if isinstance(error, ContainerError):
            return error
        if isinstance(error, BaseExceptionGroup) and (inner := _first(error)) is not None:
            return inner
    return None
