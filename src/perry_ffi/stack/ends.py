"""How the containers of services end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.elsewhere import present_replicas
from perry_ffi.stack.observed import Replica


async def ends(context: StackContext, project: str, services: Sequence[str]) -> AsyncIterator[tuple[Replica, int]]:
    """Those that run, each with its exit code, in the order in which they end; one that is removed meanwhile has 137.

    Raises NotFound where none of them runs.
    """
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.ends import ends as of_tasks

        async for ended in of_tasks(context, context.backend.services, project, services):
            yield ended
        return
    rows = [row for row in await present_replicas(context, project) if row.service in services and row.running]
    if not rows:
        raise NotFound(f"project {project}: no container of {', '.join(services)} runs", project=project)
    waits = {asyncio.ensure_future(_end(context, row)): row for row in rows}
    try:
        left = set(waits)
        while left:
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(done, key=lambda task: (waits[task].service, waits[task].number)):
                yield waits[task], task.result()
    finally:
        for task in waits:
            task.cancel()
        for task in waits:
            with suppress(asyncio.CancelledError, ContainerError):
                await task


async def _end(context: StackContext, row: Replica) -> int:
    try:
        return await context.backend.wait_container(row.id, None)
    except NotFound:
        return 137
