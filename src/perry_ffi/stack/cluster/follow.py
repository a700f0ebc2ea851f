"""Follows the logs of a project's services, whatever tasks come, go, and take each other's places."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup

from perry_ffi.errors import BackendError, BackendNotAvailable, NotFound, Timeout, Unsupported
from perry_ffi.model.container_values import Moment, moment
from perry_ffi.stack.cluster.logs import Voices, chosen, speakers
from perry_ffi.stack.cluster.poll import Change, Tasks
from perry_ffi.stack.cluster.reading import nodes_of, read_out, tell_lacking
from perry_ffi.stack.cluster.rows import is_one_off, place_of, present, service_of, service_row
from perry_ffi.stack.follow import FollowedLogs
from perry_ffi.stack.logs import Record, tell_unreadable
from perry_ffi.stack.run_ends import PATIENCE, end_of

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceState, TaskLog
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.model.container import LogOptions
    from perry_ffi.stack.observed import Replica

AGAIN_SECONDS = 0.5
"""Before a log is read on that broke off."""
QUIET_SECONDS = 0.3
"""For how long a task that has ended says nothing before that were its last words."""
LATE_NS = 60 * 10**9
"""How much later the words of one node may come than those of another."""
LAST_LINES = 2
"""So many lines tell how far a task's log has come: of each stream one may have its time and be written behind newer ones."""
_OVER = frozenset({"complete", "failed", "rejected", "stopped"})


class ClusterLogs(FollowedLogs):
    """As ``FollowedLogs``: one stream a service; ends are seen by looking at tasks."""

    _voices: dict[str, Voices]

    async def _begun(self) -> asyncio.Task[None]:
        assert self._backend.services is not None
        self._services: Services = self._backend.services
        self._voices, self._heard, self._lacking = {}, dict[str, float](), dict[str, str]()
        self._tasks = Tasks(self._services, self._project)
        found = await chosen(self._backend, self._services, self._project, self._request, self._known)
        self._rows: dict[str, Replica] = dict(found.rows)
        self._present = list(found.rows.values())
        self._first = set(found.rows)
        self.rows = [row for row in found.rows.values() if self._request.number in (None, row.number)]
        self._quiet_since = time.monotonic()
        return asyncio.get_running_loop().create_task(self._run_all())

    async def _run_all(self) -> None:
        with self._to_the_end():
            async with anyio.create_task_group() as group:
                async for changes in self._tasks.looks():
                    if self._looked(group, changes):
                        break
                group.cancel_scope.cancel()

    # -- which services -------------------------------------------------------------------------------

    def _looked(self, group: TaskGroup, changes: list[Change]) -> bool:
        """Joins services as they come, tells ends; whether all have ended for good."""
        wanted = [state for state in self._tasks.states.values() if self._is_asked_for(state)]
        self._rows.update(speakers(self._backend, wanted, self._tasks.tasks))
        for state in wanted:
            if state.id not in self._voices:
                self._voices[state.id] = Voices(state, self._rows, self._request.number)
                if service_of(state) not in self._unread:
                    group.start_soon(self._follow_service, state)
        if self._runs is not None:
            for change in changes:
                if self._is_asked_for(change.state) and self._is_end(change):
                    group.start_soon(self._tell_end, change)
        if self._endless or any(self._goes_on(state) for state in wanted):
            self._quiet_since = time.monotonic()
        return time.monotonic() - self._quiet_since > max(self._grace, 2 * QUIET_SECONDS)

    def _is_asked_for(self, state: ServiceState) -> bool:
        names = self._request.services
        return not is_one_off(state) and (names is None or service_of(state) in names)

    def _goes_on(self, state: ServiceState) -> bool:
        """Whether a task of it runs, or will."""
        own = self._tasks.tasks.get(state.id, ())
        return any(task.state not in _OVER and task.state != "lost" for task in present(state, own))

    # -- the words of one -----------------------------------------------------------------------------

    async def _follow_service(self, state: ServiceState) -> None:
        """Until the service is gone. A log that breaks off is read on, from there."""
        options = self._request.options.model_copy(update={"timestamps": True})
        position = Position(options.model_copy(update={"tail": None}))
        # One that was made meanwhile has said nothing that is no news.
        ends = options.tail is not None and any(row.service == service_of(state) for row in self._present)
        while True:
            try:
                if ends:
                    await self._read_ends(state, options, position)
                    ends = False
                await self._read_service(state, position)
            except NotFound:
                return
            except Unsupported as error:
                return tell_unreadable(self._bus, service_row(state), error)
            except (BackendError, BackendNotAvailable, Timeout):
                pass  # Whether the engine answers at all, the looks at tasks tell.
            await anyio.sleep(AGAIN_SECONDS)

    async def _read_ends(self, state: ServiceState, options: LogOptions, position: Position) -> None:
        """The last lines of the tasks that there are. Of a follow an engine takes such a number for every task that is to come, too,
        and leaves out what that said before it was listened to.
        """
        found: list[TaskLog] = []
        tail = options.tail or 0
        lines = options.model_copy(update={"tail": max(tail, LAST_LINES)})
        nodes = nodes_of(self._rows.values(), service_of(state))
        self._lacks(state, await read_out(self._services, state.id, lines, nodes, found.extend))
        own = [row.place.task for row in self._present if row.place is not None and row.service == service_of(state)]
        position.heard(found, own)
        told = sorted(_last_of_each(found, tail), key=lambda piece: piece.time)
        if records := self._voices[state.id].cut(told):
            await self._send.send(records)

    async def _read_service(self, state: ServiceState, position: Position) -> None:
        voices = self._voices[state.id]
        stream = await self._services.logs(state.id, position.options(), follow=True)
        try:
            while (batch := await stream.next()) is not None:
                self._lacks(state, stream.lacking)
                fresh = position.fresh(batch)
                if any(piece.task not in self._rows for piece in fresh):
                    tasks = {state.id: await self._services.tasks([state.id])}
                    self._rows.update(speakers(self._backend, [state], tasks))
                self._heard.update({piece.task: time.monotonic() for piece in fresh})
                if records := voices.cut(fresh):
                    await self._send.send(records)
            self._lacks(state, stream.lacking)
        finally:
            with anyio.CancelScope(shield=True):
                await stream.aclose()

    def _lacks(self, state: ServiceState, reason: str) -> None:
        """Tells of words that do not come, once for each reason."""
        if reason != self._lacking.get(state.id, ""):
            self._lacking[state.id] = reason
            tell_lacking(self._bus, service_of(state), reason)

    # -- ends -----------------------------------------------------------------------------------------

    def _is_end(self, change: Change) -> bool:
        """Whether it tells of an end that nobody has heard of: what had ended before anybody asked is no news."""
        before, now = change.before, change.task
        if self._request.number not in (None, now.slot):
            return False
        if change.gone:
            return now.state not in _OVER and bool(now.container)
        if now.state not in _OVER or not (now.container or now.state == "rejected"):
            return False
        return before.state not in _OVER if before is not None else now.id not in self._first

    async def _tell_end(self, change: Change) -> None:
        """Behind the last words, which come on another way, and may come later."""
        task = change.task
        with anyio.move_on_after(PATIENCE):
            while True:
                silent = time.monotonic() - self._heard.setdefault(task.id, time.monotonic())
                if silent >= QUIET_SECONDS:
                    break
                await anyio.sleep(QUIET_SECONDS - silent)
        row = self._rows.get(task.id)
        if row is None:
            return
        rest: list[Record] = self._voices[change.state.id].end(task.id)
        code = 0 if task.state == "complete" else task.exit_code
        await self._send.send([*rest, end_of(row, code, self._is_replaced(change))])

    def _is_replaced(self, change: Change) -> bool:
        """Whether another task has the place by now."""
        own = self._tasks.tasks.get(change.state.id, ())
        return any(task.wanted and task.id != change.task.id and place_of(task) == place_of(change.task) for task in own)


def _last_of_each(pieces: Iterable[TaskLog], number: int) -> list[TaskLog]:
    """The last so many pieces of each task."""
    found: dict[str, list[TaskLog]] = {}
    for piece in pieces:
        found.setdefault(piece.task, []).append(piece)
    return [piece for own in found.values() for piece in own[max(0, len(own) - number) :]]


class Position:
    """How far the log of a service was read: the time of the last piece of each task's streams."""

    def __init__(self, first: LogOptions) -> None:
        self._first = first
        self._last: dict[tuple[str, str], int] = {}
        self._known: dict[tuple[str, str], int] = {}

    def options(self) -> LogOptions:
        """How to read on. Engines give a log again from a second on, no finer."""
        self._known = dict(self._last)
        if not self._last:
            return self._first
        newest = max(self._last.values())
        # Nodes are heard with different delays, and one that was silent for longer has been heard to its end.
        since = min(last for last in self._last.values() if newest - last <= LATE_NS) // 10**9 * 10**9
        return self._first.model_copy(update={"tail": None, "since": Moment(since)})

    def heard(self, pieces: Iterable[TaskLog], present: Iterable[str] = ()) -> None:
        """Takes in the end of a log: whatever its tasks said before was there, on either stream. present: tasks that were there then;
        of one whose end was not told, what it had said by the time of the last of all is old.
        """
        ends: dict[str, int] = {}
        for piece in pieces:
            ends[piece.task] = max(moment(piece.time).ns if piece.time else 0, ends.get(piece.task, 0))
        newest = max(ends.values(), default=0)
        for task in {*ends, *present} if newest else ():
            for stream in ("stdout", "stderr"):
                self._last[task, stream] = ends.get(task, newest)

    def fresh(self, batch: Iterable[TaskLog]) -> list[TaskLog]:
        """Those of ``batch`` that were not read before."""
        found: list[TaskLog] = []
        for piece in batch:
            key, at = (piece.task, piece.stream), moment(piece.time).ns if piece.time else 0
            if at and at <= self._known.get(key, 0):
                continue
            self._last[key] = max(at, self._last.get(key, 0))
            found.append(piece)
        return found
