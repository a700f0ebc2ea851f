"""What the operations share: the command line, and what they look up for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.backends.apple.responses.container import container
from perry_ffi.backends.apple.responses.fields import one
from perry_ffi.backends.apple.words import NAME
from perry_ffi.backends.command_line.arguments import named, shown
from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.errors import ContainerError
from perry_ffi.model.container_facts import Probe
from perry_ffi.model.container_info import ContainerInfo

if TYPE_CHECKING:
    from perry_ffi.backends.apple.restarts import Restarts
    from perry_ffi.backends.apple.runs import Runs
    from perry_ffi.backends.command_line.invocation import CommandLine
    from perry_ffi.model.event import HealthResult, HealthStatus


def carries(found: Mapping[str, str], labels: Labels | None) -> bool:
    """Whether ``found`` has all ``labels``; its lists have no filter of their own."""
    return all(key in found and value in (None, found[key]) for key, value in (labels or {}).items())


class Tidying:
    """Work that follows the end of runs, and that nobody waits for; it ends with the backend."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        async def quietly() -> None:
            with suppress(ContainerError):  # Nobody is there to hear it.
                await work

        task = asyncio.ensure_future(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()


@dataclass
class Checks:
    """The health of one run of a container, as far as it was looked at here. started: of which run."""

    started: str | None
    failures: int = 0
    status: HealthStatus = "starting"
    log: list[HealthResult] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    """The same, as a container's record tells them."""


class AppleCalls(Backend):
    """One engine behind its command line."""

    name = NAME
    line: CommandLine
    runs: Runs
    restarts: Restarts
    checks: dict[str, Checks]
    tidying: Tidying
    naming: anyio.Lock
    """Held while files of names are written: the last of them knows everybody."""

    def named(self, ident: str, kind: str = "container") -> str:
        """A name as a word of its own; ``NotFound`` for one that nothing can have."""
        return named(ident, kind, self.name)

    async def look(self, ident: str, doing: str | None = None) -> ContainerInfo:
        """One container as it is now, with what this process knows of its runs."""
        doing = doing or f"inspect the container {shown(ident)}"
        found = await self.line.read(["inspect", self.named(ident)], doing=doing, subject=ident)
        return self._with_health(self.runs.known(container(one(found.stdout, doing))))

    def _with_health(self, info: ContainerInfo) -> ContainerInfo:
        """What the probes found that were run here; ``starting`` before the first."""
        if info.health_check is None or info.status != "running":
            return info
        found = self.checks.get(info.id)
        if found is None or found.started != info.started_at:
            return info.model_copy(update={"health": "starting"})
        return info.model_copy(update={"health": found.status, "probes": list(found.probes)})


__all__ = ["AppleCalls", "Checks", "carries"]
