"""How the containers of services end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.model.container_info import ENDED
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.elsewhere import present_replicas
from perry_ffi.stack.observed import Replica


async def ends(context: StackContext, project: str, services: Sequence[str]) -> AsyncIterator[tuple[Replica, int]]:
    """Those that run or have ended, each with its exit code, in the order in which they end; one that is removed meanwhile has 137.

    Raises NotFound where there is none of them: none at all, or none that was ever started. Of a cluster: those that run alone.
    """
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.ends import ends as of_tasks

        async for ended in of_tasks(context, context.backend.services, project, services):
            yield ended
        return
    present = [row for row in await present_replicas(context, project) if row.service in services]
    rows = [row for row in present if row.running or row.status in ENDED]
    if not rows:
        raise NotFound(f"project {project}: no container of {', '.join(services)} runs or has ended", project=project)
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
    if not row.running and row.exit_code is not None:
        return row.exit_code
    try:
        return await context.backend.wait_container(row.id, None)
    except NotFound:
        return 137
