"""What becomes of the tasks of a project: an engine tells no events of them, so they are looked at again and again, and not too often."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import BackendError, ContainerError
from perry_ffi.stack.cluster.rows import own_services, tasks_of
from perry_ffi.stack.cluster.watch import AWAY_SECONDS, passes

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceState, TaskState
    from perry_ffi.backends.contract.services import Services

SECONDS = 0.5
"""Between two looks."""
_SHARE = 5.0
"""A look that takes long is followed by a pause so many times as long: the engine has other work, too."""


@dataclass(frozen=True)
class Change:
    """A task that is another one than at the look before. before: ``None`` where it was not there. gone: it is not there any more."""

    state: ServiceState
    task: TaskState
    before: TaskState | None = None
    gone: bool = False


class Tasks:
    """The tasks of a project as they were at the last look. states: its services, by id."""

    def __init__(self, services: Services, project: str) -> None:
        self._services, self._project = services, project
        self.states: dict[str, ServiceState] = {}
        self.tasks: dict[str, list[TaskState]] = {}
        self._seen: dict[str, tuple[ServiceState, TaskState]] = {}

    async def look(self) -> list[Change]:
        """What has changed since the last look; at the first one each task that there is. Raises what the engine raises."""
        states = await own_services(self._services, self._project)
        self.tasks = await tasks_of(self._services, states)
        self.states = {state.id: state for state in states}
        now = {task.id: (self.states[ident], task) for ident, own in self.tasks.items() if ident in self.states for task in own}
        found = [
            Change(state, task, self._seen[ident][1] if ident in self._seen else None)
            for ident, (state, task) in now.items()
            if ident not in self._seen or _differs(self._seen[ident][1], task)
        ]
        found += [Change(state, task, task, gone=True) for ident, (state, task) in self._seen.items() if ident not in now]
        self._seen = now
        return found

    async def looks(self) -> AsyncIterator[list[Change]]:
        """What changed, look by look, also where that is nothing. An engine that does not answer is asked again for ``AWAY_SECONDS``: a
        leader that fell is followed by another one. Raises what it answers then.
        """
        answered = time.monotonic()
        while True:
            began = time.monotonic()
            changed: list[Change] = []
            try:
                changed = await self.look()
            except ContainerError as error:
                if not (passes(error) or isinstance(error, BackendError)) or time.monotonic() - answered > AWAY_SECONDS:
                    raise
            else:
                answered = time.monotonic()
                yield changed
            await anyio.sleep(max(SECONDS, _SHARE * (time.monotonic() - began)))


def _differs(before: TaskState, now: TaskState) -> bool:
    return (before.state, before.wanted, before.container) != (now.state, now.wanted, now.container)
