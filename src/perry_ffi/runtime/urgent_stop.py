"""Stops that may become urgent: whoever asked for them has asked again, and nothing waits for a container's grace any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import Conflict, NotFound

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend


async def stop(backend: Backend, ident: str, timeout: float | None, urgent: asyncio.Event) -> None:
    """Stops a container, as ``Backend.stop_container`` does, and kills it as soon as it is urgent."""
    if urgent.is_set():
        return await backend.stop_container(ident, 0)

    async def kill_when_urgent() -> None:
        await urgent.wait()
        with suppress(NotFound, Conflict):  # It ended by itself.
            await backend.kill_container(ident, "SIGKILL")

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(kill_when_urgent)
            await backend.stop_container(ident, timeout)
            group.cancel_scope.cancel()


async def unless(urgent: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
    """Does ``work``, and gives it up as soon as it is urgent."""
    if urgent.is_set():
        return
    with one_error():
        async with anyio.create_task_group() as group:

            async def give_up() -> None:
                await urgent.wait()
                group.cancel_scope.cancel()

            group.start_soon(give_up)
            await work()
            group.cancel_scope.cancel()
