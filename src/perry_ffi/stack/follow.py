"""Follows the logs of a project, whatever containers come, go, restart and are replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
from anyio.abc import TaskGroup

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import Conflict, ContainerError, NotFound, Unsupported
from perry_ffi.model.container_values import Moment, moment
from perry_ffi.model.event import EventAction
from perry_ffi.stack import identity
from perry_ffi.stack.logs import LogRequest, Record, chosen_rows, read_records, service_rows, tell_unreadable
from perry_ffi.stack.observed import Replica, replica
from perry_ffi.stack.run_ends import RunEnds

if TYPE_CHECKING:
    from perry_ffi.model.container import LogChunk, LogOptions
    from perry_ffi.stack.context import StackContext

BATCHES = 16
"""How many batches may wait for the reader; past that the engine waits."""
GRACE_SECONDS = 3.0
"""How long the logs of a project whose containers have all ended wait for one that takes over."""
_SECOND = 10**9


class Position:
    """How far the log of one container was read: the last second, and how many parts of lines of it, by stream.

    Engines give the log again from a second on, no finer; the parts of that second that were read are skipped. Lines are
    no measure: an unfinished one is joined with the first of the next run in one reading, and not in another.
    """

    def __init__(self, first: LogOptions) -> None:
        self._first = first
        self._second: int | None = None
        self._taken = {"stdout": 0, "stderr": 0}
        self._to_pass = dict(self._taken)

    def reopen(self, started_ns: int | None) -> LogOptions:
        """How to read on. started_ns: when the container was started again, if it was."""
        if self._second is None and started_ns is None:
            return self._first
        since = self._second if self._second is not None else (started_ns or 0) // _SECOND * _SECOND
        self._to_pass = dict(self._taken)
        return self._first.model_copy(update={"tail": None, "since": Moment(since)})

    def fresh(self, record: Record) -> Record | None:
        """Takes a record in; ``None`` for one that was read before, the rest of it where only its beginning was."""
        stream = record["stream"]
        skipped = min(self._to_pass[stream], len(record.pieces))
        self._to_pass[stream] -= skipped
        pieces = record.pieces[skipped:]
        if not pieces:
            return None
        for time, _ in pieces:
            self._take(stream, time)
        return record if not skipped else _rest(record, pieces)

    def _take(self, stream: str, time: str) -> None:
        second = moment(time).ns // _SECOND * _SECOND if time else self._second
        if second is not None and (self._second is None or second > self._second):
            self._second = second
            self._taken = dict.fromkeys(self._taken, 0)
        if second == self._second:
            self._taken[stream] += 1


def _rest(record: Record, pieces: tuple[tuple[str, str], ...]) -> Record:
    """The record less its first parts."""
    found = Record(record, text="".join(text for _, text in pieces), time=pieces[0][0] or record["time"])
    found.pieces = pieces
    return found


def followed_logs(
    context: StackContext,
    project: str,
    request: LogRequest,
    known: Container[str] = (),
    *,
    endless: bool = False,
    ends: bool = False,
    unread: Container[str] = (),
) -> FollowedLogs:
    """The logs of a project as they grow, as the engine has them; to be opened. What is said of it is as of ``FollowedLogs``."""
    kind = FollowedLogs
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.follow import ClusterLogs

        kind = ClusterLogs
    return kind(context, project, request, known, endless=endless, ends=ends, unread=unread)


class FollowedLogs(Stream[Record]):
    """A stream of records of a project's containers, read at most a few batches ahead of the reader.

    It ends some seconds after the last container has, if none took over and the engine starts none again; with ``endless`` only
    when it is closed. known: the services of the project's model. Containers of ``run`` and of hooks are left out. ends: how each
    run ended is told too, behind its last words, as ``End``. unread: services of which only that is told.
    """

    def __init__(
        self,
        context: StackContext,
        project: str,
        request: LogRequest,
        known: Container[str] = (),
        *,
        endless: bool = False,
        ends: bool = False,
        unread: Container[str] = (),
    ) -> None:
        self._context = context
        self._backend = context.backend
        self._bus = context.bus
        self._project = project
        self._request = request
        self._known = known
        self._endless = endless
        self._runs = RunEnds(context.backend) if ends else None
        self._unread = unread
        self._grace = GRACE_SECONDS
        self._send, self._receive = anyio.create_memory_object_stream[list[Record]](BATCHES)
        self._task: asyncio.Task[None] | None = None
        self._events: Stream[Any] | None = None
        self._failure: BaseException | None = None
        self._active: set[str] = set()
        self._restarted: dict[str, int] = {}
        self.rows: list[Replica] = []
        """The containers that were there at first."""
        self._positions: dict[str, Position] = {}
        self._looking = anyio.CancelScope()

    async def open(self) -> FollowedLogs:
        """Subscribes and begins to read. Raises what the backend raises, and NotFound for a service that nobody knows."""
        if self._request.services == ():
            self._send.close()
            return self
        try:
            self._task = await self._begun()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def _begun(self) -> asyncio.Task[None]:
        events = await self._backend.events({identity.THEIRS + "project": self._project})
        try:
            self.rows = rows = chosen_rows(await service_rows(self._context, self._project), self._request, self._known)
        except BaseException:
            await events.aclose()
            raise
        self._events = events
        return asyncio.get_running_loop().create_task(self._run(events, rows))

    async def next(self) -> Sequence[Record] | None:
        try:
            return await self._receive.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            failure, self._failure = self._failure, None
            if failure is not None:
                raise failure from None
            return None

    def expect_no_more(self) -> None:
        """Nobody takes over any more: it ends with the logs of the containers there are, once these have ended."""
        self._endless, self._grace = False, 0.0
        self._looking.cancel()

    def may_end(self, seconds: float = GRACE_SECONDS) -> None:
        """It ends so many seconds after the last container has, as one that is not ``endless``."""
        self._endless, self._grace = False, seconds
        self._looking.cancel()

    async def aclose(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._events is not None:
            await self._events.aclose()  # The task gives it back, but not where it never began.
        self._receive.close()
        self._send.close()

    # -- which containers -----------------------------------------------------------------------------

    async def _run(self, events: Stream[Any], rows: list[Replica]) -> None:
        with self._to_the_end():
            try:
                async with anyio.create_task_group() as group:
                    for row in rows:
                        self._begin(group, row, None)
                    await self._supervise(events, group)
                    group.cancel_scope.cancel()
            finally:
                with anyio.CancelScope(shield=True):
                    await events.aclose()

    @contextmanager
    def _to_the_end(self) -> Iterator[None]:
        """Around the reading: what it fails with is the reader's to hear, behind all that was read."""
        try:
            yield
        except BaseExceptionGroup as errors:
            self._failure = errors.exceptions[0]
        except ContainerError as error:
            self._failure = error
        finally:
            self._send.close()

    def _begin(self, group: TaskGroup, row: Replica, started_ns: int | None) -> None:
        names, number = self._request.services, self._request.number
        if row.id in self._active and started_ns is not None:
            # Its last run is still being read; this one comes after it.
            self._restarted[row.id] = started_ns
        if row.id in self._active or row.status == "created" or (names is not None and row.service not in names):
            return
        if number not in (None, row.number):
            return
        self._active.add(row.id)
        group.start_soon(self._follow, row, started_ns)

    async def _supervise(self, events: Stream[Any], group: TaskGroup) -> None:
        """Joins containers as they start, until all have ended for good."""
        while True:
            batch = None
            quiet = not self._active and not self._endless
            with anyio.move_on_after(self._grace if quiet else None) as self._looking:
                batch = await events.next()
            if batch is None and not self._looking.cancelled_caught:
                return
            if batch is None and quiet and not self._active and not (self._grace and await self._comes_again()):
                return
            for event in batch or ():
                if self._runs is not None:
                    self._runs.hear(event)
                if event.kind == "container" and event.action == EventAction.STARTED:
                    await self._join(group, event.id, event.time)

    async def _comes_again(self) -> bool:
        """Whether the engine will start one again that was read: each time it waits longer before it does."""
        rows = await service_rows(self._context, self._project)
        return any(row.status == "restarting" and row.id in self._positions for row in rows)

    async def _join(self, group: TaskGroup, ident: str, started_ns: int) -> None:
        try:
            info = await self._backend.inspect_container(ident)
        except NotFound:
            return
        row = replica(self._backend, info)
        # An engine may tell of a start later than what is started says its first words.
        started_ns = min(started_ns, moment(info.started_at).ns) if info.started_at else started_ns
        if not row.one_off and identity.is_of(info.labels, self._project):
            self._begin(group, row, started_ns)

    # -- one container --------------------------------------------------------------------------------

    async def _follow(self, row: Replica, started_ns: int | None) -> None:
        options = self._request.options.model_copy(update={"timestamps": True})
        if self._runs is not None and all(row.id != first.id for first in self.rows):
            # It was made meanwhile: all that it has said is news, whenever the engine says that it was started.
            options, started_ns = options.model_copy(update={"tail": None}), None
        position = self._positions.setdefault(row.id, Position(options))
        try:
            await self._follow_run(row, position, started_ns)
            while row.id in self._restarted:
                await self._follow_run(row, position, self._restarted.pop(row.id))
        except (NotFound, Conflict):
            return
        finally:
            self._restarted.pop(row.id, None)
            self._active.discard(row.id)
            if not self._active:
                self._looking.cancel()

    async def _follow_run(self, row: Replica, position: Position, started_ns: int | None) -> None:
        """One run of a container: its words, and how it ended."""
        readable = row.service not in self._unread
        if started_ns is None and not row.running and self._runs is not None and row in self.rows:
            return  # It ended before anybody asked.
        try:
            if readable:
                await self._read_run(row, position, started_ns)
        except Unsupported as error:
            tell_unreadable(self._bus, row, error)
            readable = False
        if self._runs is not None and (end := await self._runs.of(row, wait=not readable)) is not None:
            await self._send.send([end])

    async def _read_run(self, row: Replica, position: Position, started_ns: int | None) -> None:
        stream = await self._backend.follow_logs(row.id, position.reopen(started_ns))
        try:
            await self._read(stream, row, position)
        finally:
            with anyio.CancelScope(shield=True):
                await stream.aclose()

    async def _read(self, stream: Stream[LogChunk], row: Replica, position: Position) -> None:
        async for records in read_records(stream, row):
            await self._tell(records, position)

    async def _tell(self, records: list[Record], position: Position) -> None:
        fresh = [found for record in records if (found := position.fresh(record)) is not None]
        if fresh:
            await self._send.send(fresh)
