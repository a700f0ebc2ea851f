"""One run of a job's container, from its start to its end: listened to, bounded, and ended where its time is up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import BackendError, Conflict, NotFound, Timeout
from perry_ffi.runtime.readiness import started
from perry_ffi.workload.naming import NODES
from perry_ffi.workload.output import Said

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.events import ExitWatch
    from perry_ffi.backends.contract.sessions import Session
    from perry_ffi.workload.graph import Node

KILL_SECONDS = 30.0
"""How long an engine may take to end what was killed."""
WATCH_SECONDS = 0.3
"""How long after the end of the output the watch for the end is believed to be about to tell it."""
REST_SECONDS = 10.0
"""How long output may take that was said before the end."""


@dataclass
class Ended:
    """code: ``None`` where it was killed and nobody told its end. timed_out: it was killed from here."""

    said: Said = field(default_factory=Said)
    code: int | None = None
    timed_out: bool = False


async def to_the_end(
    backend: Backend, node: Node, ident: str, name: str, slots: anyio.CapacityLimiter, began: Callable[[], None]
) -> Ended:
    """Starts the container ``name`` of a job and gives how it ended. slots: for the start. began: told when it has started.

    Both its output and its end are asked for before the start: not a byte of the one is missed, however short its life.
    Raises ServiceStartupFailed where its command cannot be run.
    """
    session = await backend.attach_container(ident)
    try:
        ending = await backend.wait_exit(ident)
        try:
            return await _listened(backend, node, ident, name, session, ending, slots, began)
        finally:
            await ending.aclose()
    finally:
        await session.aclose()


async def _listened(
    backend: Backend, node: Node, ident: str, name: str, session: Session, ending: ExitWatch, slots: anyio.CapacityLimiter,
    began: Callable[[], None],
) -> Ended:  # fmt: skip
    found, silent = Ended(), anyio.Event()

    async def drain() -> None:
        with suppress(BackendError, Timeout):
            while (batch := await session.output.next()) is not None:
                found.said.add(batch)
        silent.set()

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(drain)
            async with slots:
                await started(backend, ident, node.name, name, NODES)
            began()
            with anyio.move_on_after(node.timeout):
                found.code = await _exit_code(backend, ident, ending, silent)
            if found.code is None:
                found.timed_out = await _kill(backend, ident)
                with anyio.move_on_after(KILL_SECONDS):
                    found.code = await _exit_code(backend, ident, ending, silent)
            # What it has started may hold the output open; it ends with the container.
            with anyio.move_on_after(REST_SECONDS):
                await silent.wait()
            group.cancel_scope.cancel()
    return found


async def _exit_code(backend: Backend, ident: str, ending: ExitWatch, silent: anyio.Event) -> int:
    """As soon as anybody knows it: the watch; or, where the output has ended and that says nothing, the engine."""
    found: list[int] = []

    async def told() -> None:
        try:
            found.append(await ending.exit_code())
        except BackendError:
            found.append(await backend.wait_container(ident))
        group.cancel_scope.cancel()

    async def asked() -> None:
        await silent.wait()
        await anyio.sleep(WATCH_SECONDS)
        found.append(await backend.wait_container(ident))
        group.cancel_scope.cancel()

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(told)
            group.start_soon(asked)
    return found[0]


async def _kill(backend: Backend, ident: str) -> bool:
    """Whether it ran until now. Its output is read meanwhile: docker's kill waits for output that nobody reads."""
    try:
        await backend.kill_container(ident)
    except (Conflict, NotFound):
        return False
    return True
