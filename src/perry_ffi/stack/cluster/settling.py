"""Waits until what was put back stands again, and what was removed has ended; of nodes that do not answer nothing is waited for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import ContainerError
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.readiness import is_placeless
from perry_ffi.stack.cluster.watch import PATIENCE_SECONDS

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceState, TaskState
    from perry_ffi.backends.contract.services import Services

STAND_SECONDS = 60.0
"""How long what was put back may take to stand again."""
LOOK_SECONDS = 0.25


class Settling:
    """What a run that is put back waits for at its end.

    restored: what the services were that are to stand again, by the ids that they have now. removed: the ids of those that were removed.
    tell: hears of tasks that nobody waits for any more.
    """

    def __init__(self, services: Services, project: str, tell: Callable[[str], object]) -> None:
        self.restored: dict[str, ServiceState] = {}
        self.removed: set[str] = set()
        self._services, self._project, self._tell = services, project, tell

    async def wait(self, seconds: float) -> None:
        """Raises ContainerError for what does not stand after ``seconds``."""
        now = anyio.current_time()
        bound, patience = now + seconds, now + min(seconds, PATIENCE_SECONDS)
        silent: dict[str, str] = {}
        while (now := anyio.current_time()) < bound:
            if now >= patience and not silent:
                silent = {node.id: node.name for node in await self._services.nodes() if not node.up}
                patience = now + PATIENCE_SECONDS
            left, waiting = await self._ending(), await self._unsettled()
            if not _but_on(left, silent) and not (waiting and await self._come_yet(waiting, silent)):
                return self._tell_silent(left, waiting, silent)
            await anyio.sleep(LOOK_SECONDS)
        if waiting := await self._unsettled():
            names = ", ".join(sorted(state.name for state in waiting))
            raise ContainerError(f"{names}: put back, and does not stand yet")

    async def _ending(self) -> list[TaskState]:
        """The tasks of what was removed that have not ended."""
        return await self._services.tasks(self.removed) if self.removed else []

    async def _unsettled(self) -> list[ServiceState]:
        """The services that were put back and are still being changed."""
        if not self.restored:
            return []
        found = {state.id: state for state in await self._services.services({identity.PROJECT: self._project})}
        there = {ident: was for ident, was in self.restored.items() if ident in found}
        moving = [found[ident] for ident, was in there.items() if not at_rest(found[ident], was)]
        return moving or [found[ident] for ident in await self._not_standing(there, found)]

    async def _not_standing(self, there: Mapping[str, ServiceState], found: Mapping[str, ServiceState]) -> set[str]:
        """Those with tasks that are yet to be replaced, or of whose own too few run: an engine tells of a change some moments after it
        was asked for it, and counts until then what is to be replaced.
        """
        given_up = {
            ident for ident, state in found.items() if state.update and state.update.state in ("paused", "rollback_paused")
        }
        rows = await self._services.tasks(there.keys() - given_up)
        version = {ident: was.task_labels.get(identity.CONFIG_HASH) for ident, was in there.items()}
        own = {row.id for row in rows if row.labels.get(identity.CONFIG_HASH) == version[row.service]}
        runs = Counter(row.service for row in rows if row.wanted and row.state == "running" and row.id in own)
        return {row.service for row in rows if row.wanted and row.id not in own} | {
            ident for ident in there.keys() - given_up if runs[ident] < least(found[ident], there[ident])
        }

    async def _come_yet(self, waiting: Sequence[ServiceState], silent: Collection[str]) -> bool:
        """Whether more tasks of these services may come to run while the nodes stay away that do now."""
        if not silent:
            return True
        tasks = await self._services.tasks([state.id for state in waiting])
        return not all(_is_stuck(state, [task for task in tasks if task.service == state.id], silent) for state in waiting)

    def _tell_silent(self, left: Sequence[TaskState], waiting: Sequence[ServiceState], silent: dict[str, str]) -> None:
        if names := sorted({silent[task.node] for task in left if task.node in silent}):
            self._tell(f"{', '.join(names)}: no answer; what runs there of what was put back ends when it comes back")
        for state in waiting:
            away = ", ".join(sorted(silent.values()))
            self._tell(f"{state.name}: put back, and not all of its tasks run: no answer from {away}")


def _but_on(tasks: Sequence[TaskState], nodes: Collection[str]) -> list[TaskState]:
    return [task for task in tasks if task.node not in nodes]


def _is_stuck(state: ServiceState, tasks: Sequence[TaskState], silent: Collection[str]) -> bool:
    """Whether those of its tasks that do not run wait for a node, or are on one that does not answer. A change of it waits with them."""
    coming = [task for task in tasks if task.wanted and task.state != "running" and task.node not in silent]
    return all(is_placeless(task) for task in coming) and (bool(coming) or not is_moving(state))


def is_moving(state: ServiceState) -> bool:
    """Whether a change of it goes on."""
    return state.update is not None and state.update.state in ("updating", "rolling_back")


def at_rest(state: ServiceState, former: ServiceState) -> bool:
    """Whether no change goes on, and as many tasks run as did, or as there shall be by now: one on each node has fewer of them."""
    return not is_moving(state) and state.running >= least(state, former)


def least(state: ServiceState, former: ServiceState) -> int:
    """How many tasks run where it stands as it did."""
    return min(former.running, former.wanted, state.wanted)


__all__ = ["Settling", "at_rest", "is_moving"]
