"""Restart policies: the engine has none, so the process that started a container starts it again, as long as it lives itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError

if TYPE_CHECKING:
    from perry_ffi.backends.apple.runs import Run, Runs
    from perry_ffi.model.container_facts import RestartPolicy
    from perry_ffi.model.container_info import ContainerInfo

PAUSES = (0.1, 60.0)
"""Seconds before a container is started again: at first, doubled with each run that was short, and at most."""
LONG_RUN = 10.0
"""Seconds after which a run counts as good, and the pause is short again."""


class Restarts:
    """The containers that are watched, each by a task of its own."""

    def __init__(self, runs: Runs, then: Callable[[str], Awaitable[None]]) -> None:
        """then: what follows each start."""
        self._runs, self._then = runs, then
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def watch(self, info: ContainerInfo, run: Run) -> None:
        """Starts a container again when ``run`` ends, if its policy says so; the latest run of a name counts."""
        self.forget(info.id)
        if info.restart.name != "no":
            self._tasks[info.id] = asyncio.ensure_future(self._keep_up(info, run))

    def forget(self, name: str) -> None:
        """Somebody stopped it, or it is gone."""
        task = self._tasks.pop(name, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def close(self) -> None:
        for name in list(self._tasks):
            self.forget(name)

    async def _keep_up(self, info: ContainerInfo, run: Run) -> None:
        pause, tries = PAUSES[0], 0
        while True:
            began = asyncio.get_running_loop().time()
            await run.over.wait()
            if run.code is None or not wanted(info.restart, run.code, tries):
                return
            if asyncio.get_running_loop().time() - began >= LONG_RUN:
                pause = PAUSES[0]
            await asyncio.sleep(pause)
            pause, tries = min(2 * pause, PAUSES[1]), tries + 1
            with suppress(ContainerError):  # It is gone, or cannot be started: nobody waits for an answer.
                run = await self._runs.again(info.id, f"start the container {info.name} again")
                await self._then(info.id)
                continue
            return


def wanted(policy: RestartPolicy, code: int, tries: int) -> bool:
    """Whether a run that ended by itself with ``code`` is followed by another one. tries: how often it was started again."""
    if policy.name == "on-failure":
        return code != 0 and (policy.retries <= 0 or tries < policy.retries)
    return policy.name in ("always", "unless-stopped")


__all__ = ["LONG_RUN", "PAUSES", "Restarts", "wanted"]
