"""What a container uses: two samples, for the engine tells the work of its processors as one sum since the start."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.apple import words
from perry_ffi.backends.apple.calls import AppleCalls
from perry_ffi.backends.apple.responses.fields import of, one
from perry_ffi.backends.apple.responses.resources import Sample, sample
from perry_ffi.backends.command_line.arguments import shown
from perry_ffi.cancellation import one_error
from perry_ffi.errors import Conflict

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerStats

APART = 1.0
"""Seconds between the two."""


class Use(AppleCalls):
    """``op.stats``"""

    async def container_stats(self, ident: str) -> ContainerStats:
        from perry_ffi.model.container import ContainerStats

        doing = f"sample the container {shown(ident)}"
        info = await self.look(ident, doing)
        if info.status != "running":
            raise Conflict(f"{doing}: it does not run", backend=self.name, operation=doing, subject=ident)
        found: dict[int, Sample] = {}

        async def take(number: int) -> None:
            await anyio.sleep(number * APART)
            said = await self.line.read(["stats", "--no-stream", words.JSON, info.id], doing=doing, subject=ident)
            found[number] = sample(one(said.stdout, doing))

        with one_error():
            async with anyio.create_task_group() as group:
                for number in (0, 1):
                    group.start_soon(take, number)
        first, last = found[0], found[1]
        return ContainerStats(
            id=info.id,
            name=info.name,
            read=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            cpu_percent=round(max(0, last.cpu - first.cpu) / APART / 10_000, 2),
            online_cpus=int(of(of(info.raw or {}, "configuration"), "resources").get("cpus") or 0),
            memory_usage=last.memory,
            memory_limit=last.memory_limit,
            memory_percent=round(last.memory / last.memory_limit * 100, 3) if last.memory_limit else 0.0,
            network_rx=last.received,
            network_tx=last.sent,
            block_read=last.read,
            block_write=last.written,
            pids=last.processes,
        )


__all__ = ["APART", "Use"]
