"""The walk over a graph: when each node runs, runs again, or never will. Knows no engine and reads no clock but for back-off.

One task drives it and each node that is at work has one of its own; every change of a node goes through ``Changes``, which looks at
what follows from it along the edges that lead to it. So a graph is walked in time linear in nodes and edges, and nothing polls.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from perry_ffi.cancellation import one_error
from perry_ffi.errors import ContainerError, from_unexpected
from perry_ffi.workload import failure
from perry_ffi.workload.ahead import Ahead
from perry_ffi.workload.changes import Changes
from perry_ffi.workload.order import Turns
from perry_ffi.workload.records import Record, status_of
from perry_ffi.workload.release import Release
from perry_ffi.workload.retrying import again, delay
from perry_ffi.workload.stopping import Stopping

if TYPE_CHECKING:
    from perry_ffi.model.workload_status import GraphStatus, Phase
    from perry_ffi.model.workload_values import OnFailure, Strategy
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.workload.graph import Graph
    from perry_ffi.workload.runner import NodeRunner, Result

UNNEEDED = "nobody needs it any more"


class Walk:
    """One run of a graph. places: how many nodes at once where nobody says. timeout: seconds for all of it."""

    def __init__(
        self, graph: Graph, runner: NodeRunner, bus: EventBus, *, strategy: Strategy = "dependencyAware",
        on_failure: OnFailure = "rollbackAll", parallel: int | None = None, places: int | None = None, stop_running: bool = False,
        timeout: float | None = None, chance: random.Random | None = None,
    ) -> None:  # fmt: skip
        self.graph = graph
        self.records = {name: Record(node) for name, node in graph.nodes.items()}
        self.failure: ContainerError | None = None
        """Why the run has failed, if it has: the first node that failed for good, or the time."""
        self.settled = anyio.Event()
        """Set when every service is ready and every job has ended, or nothing goes on any more."""
        self._runner, self._bus = runner, bus
        self._stops = Stopping(runner, bus)
        self._on_failure, self._stop_running, self._timeout = on_failure, stop_running, timeout
        self._turns = Turns(graph, self.records, strategy, parallel or places)
        self._release = Release(graph)
        self._ahead = (
            Ahead(runner, self.records.values()) if strategy in ("dependencyAware", "maxParallel") else Ahead(runner, ())
        )
        self._chance = chance or random.Random()
        self._ending = False
        """Nothing is let go any more: the graph is about to halt, and services stay."""
        self._why = "the run was cancelled"
        """Why what has not settled by the end never will."""
        self._active: dict[str, anyio.CancelScope] = {}
        """The nodes at work or backing off, and what cancels each."""
        self._changes = Changes(graph, self.records, bus, self._turns, self._release, self._active, self._free)
        self._watched: dict[str, anyio.CancelScope] = {}
        """The services that are ready, and what ends the watch over each."""
        self._leaving: set[str] = set()
        """The services that are being stopped because nobody needs them any more."""
        self._stopping = 0
        self._group: TaskGroup
        self._idle = anyio.Event()

    # -- what whoever runs it sees --------------------------------------------------------------------

    def status(self) -> GraphStatus:
        return status_of(self.records)

    async def run(self) -> None:
        """Walks until everything is settled, or the run has failed. Raises the failure, but where it is to go on whatever fails.

        Cancelled, it ends every task; what ran is the runner's to put back or to leave.
        """
        try:
            with anyio.move_on_after(self._timeout) as bound:
                await self._walk()
            if bound.cancelled_caught and not self._idle.is_set():
                await self._out_of_time()
        except Exception as error:
            self._why = from_unexpected(error).message
            raise
        finally:
            self._changes.halted = self._ending = True
            for record in self.records.values():
                if not record.settled:
                    self._changes.note(record, "cancelled", self._why)
            self.settled.set()
        if self.failure is not None:
            if self._on_failure != "rollbackAll":
                self.failure.details["nodes"] = self._phases()
            raise self.failure

    def rolled_back(self) -> None:
        """What ran has been put back."""
        for record in self.records.values():
            if record.phase in ("ready", "succeeded", "failed", "cancelled", "stopped") and record.attempt and not record.reused:
                self._changes.note(record, "rolledBack", record.reason)

    def _phases(self) -> dict[str, Phase]:
        return {name: record.phase for name, record in self.records.items()}

    # -- the drive ------------------------------------------------------------------------------------

    async def _walk(self) -> None:
        with one_error():
            async with anyio.create_task_group() as self._group:
                await self._drive()

    async def _drive(self) -> None:
        for record in self.records.values():
            self._changes.note(record, "waiting")
        for record in self.records.values():
            self._changes.look(record)
        self._advance()
        self._group.start_soon(self._ahead.all)
        await self._idle.wait()
        self._group.cancel_scope.cancel()

    def _advance(self) -> None:
        """Starts whoever's turn it is; ends the walk where nobody is at work and nobody's turn will come."""
        if self._idle.is_set():
            return
        self._start_turns()
        while not self._active and not self._stopping:
            if self._changes.halted or not self._changes.give_up_waiting():
                self._idle.set()
                return
            self._start_turns()

    def _start_turns(self) -> None:
        while not self._changes.halted and (name := self._turns.next()) is not None:
            record = self.records[name]
            if record.phase != "waiting" or record.missing:
                self._turns.free(name)
                continue
            self._ahead.takes(name)
            self._active[name] = anyio.CancelScope()
            self._group.start_soon(self._try, record, self._active[name])

    # -- one node -------------------------------------------------------------------------------------

    async def _try(self, record: Record, scope: anyio.CancelScope) -> None:
        """One try, and what comes of it."""
        name = record.node.name
        with scope:
            await self._ahead.wait(name)
            await anyio.lowlevel.checkpoint_if_cancelled()
            if record.phase == "waiting" and not record.missing:
                record.begins()
                result = await self._result(record)
                # It may have ended in the moment in which it was told not to go on.
                if not record.settled:
                    await self._judge(record, result, scope)
                    return
            # What held when it was its turn holds no more: a service has ended by itself.
        if not record.settled and scope.cancel_called:
            self._changes.becomes(record, "cancelled", self._why)
        if self._active.get(name) is scope:
            del self._active[name]
            self._turns.free(name)
        self._changes.look(record)
        self._advance()

    async def _result(self, record: Record) -> Result:
        def told(phase: Phase, *, container: str | None = None, isolation: str | None = None) -> None:
            record.container = container or record.container
            record.isolation = isolation or record.isolation
            if phase != record.phase and not record.settled:
                self._changes.becomes(record, phase)

        if (unprepared := self._ahead.failure(record.node.name)) is not None:
            return failure.failed(unprepared)
        try:
            return await self._runner.run(record.node, record.attempt, told)
        except ContainerError as error:
            return failure.failed(error)

    async def _judge(self, record: Record, result: Result, scope: anyio.CancelScope) -> None:
        """How a try went, or how a service ended that was ready."""
        self._facts(record, result)
        if result.ended == "failed" and not self._changes.halted and again(record, result):
            self._active[record.node.name] = scope
            await self._back_off(record, result)
            return
        self._active.pop(record.node.name, None)
        self._take(record, result)
        self._advance()

    def _facts(self, record: Record, result: Result) -> None:
        record.exit_code, record.oom_killed, record.error = result.exit_code, result.oom_killed, result.error
        record.container = result.container or record.container
        record.isolation = result.isolation or record.isolation
        record.reused = result.reused

    async def _back_off(self, record: Record, result: Result) -> None:
        """Waits for the next try, without a place."""
        assert record.node.retry is not None
        name = record.node.name
        self._changes.becomes(record, "retrying", failure.reason(result))
        self._turns.pauses(name)
        self._advance()
        await anyio.sleep(delay(record.node.retry, record.attempt, self._chance))
        if record.phase != "retrying":
            return
        self._active.pop(name, None)
        self._turns.free(name)
        self._changes.note(record, "waiting", record.reason)
        self._changes.look(record)
        self._advance()

    def _take(self, record: Record, result: Result) -> None:
        """A try has ended, and is not followed by another one."""
        if result.ended == "failed":
            self._failed(record, result)
            return
        name = record.node.name
        if result.ended == "ready":
            self._watched[name] = scope = anyio.CancelScope()
            self._group.start_soon(self._until_end, record, scope)
        self._changes.becomes(record, result.ended, failure.reason(result) if result.ended == "stopped" else None)
        if result.ended == "ready" and self._release.unneeded(name):
            self._free(record)

    async def _until_end(self, record: Record, scope: anyio.CancelScope) -> None:
        """A service that is ready may end by itself while the walk goes on."""
        with scope:
            try:
                result = await self._runner.until_end(record.node)
            except ContainerError as error:
                result = failure.failed(error)
            # Nobody needs it any more, or the walk has ended: what becomes of it is no longer the walk's business.
            if self._watched.pop(record.node.name, None) is not None and not self._idle.is_set():
                await self._judge(record, result, scope)

    def _free(self, record: Record) -> None:
        """Nobody needs a service any more: it stops. One that is at work is looked at again when it is ready."""
        name = record.node.name
        if self._ending:
            return
        if record.phase == "ready" and (watch := self._watched.pop(name, None)) is not None:
            watch.cancel()
            self._leaving.add(name)
            self._stopping += 1
            self._group.start_soon(self._let_go, record)
        elif record.phase == "retrying":
            record.released = True
            self._changes.becomes(record, "stopped", UNNEEDED)
            self._active.pop(name).cancel()

    async def _let_go(self, record: Record) -> None:
        """Stops a service that nobody needs any more."""
        if not self._ending and await self._stops.stop(record.node):
            record.released = True
            self._changes.becomes(record, "stopped", UNNEEDED)
        self._leaving.discard(record.node.name)
        self._stopping -= 1
        self._advance()

    # -- failures -------------------------------------------------------------------------------------

    def _failed(self, record: Record, result: Result) -> None:
        """A node has failed for good; or it was told to stop, and did."""
        if record.ending:
            self._changes.becomes(record, "cancelled", self._why)
            return
        before = record.phase
        fails = not self._changes.halted and self._on_failure != "partialContinue" and not self._changes.handled(record)
        self._ending = self._ending or fails
        self._changes.becomes(record, "failed", failure.reason(result))
        if fails:
            self._why = f"the graph halts, for {record.node.name} failed"
            self.failure = failure.of_node(record, result, before, self._phases())
            self._halt()

    def _halt(self) -> None:
        """Nothing new starts. What is to be put back is left at once, and otherwise what has started goes on to its end."""
        self._changes.halted = True
        self._ahead.stop()
        ends_jobs = self._stop_running and self._on_failure == "haltGraph"
        for name, record in self.records.items():
            if record.phase in ("waiting", "retrying") or (name in self._active and _not_begun(record)):
                self._turns.drop(name)
                self._changes.becomes(record, "cancelled", self._why)
                if (scope := self._active.pop(name, None)) is not None:
                    scope.cancel()
            elif ends_jobs and name in self._active and record.node.kind == "job":
                record.ending = True
                self._stopping += 1
                self._group.start_soon(self._end_job, record, self._active[name])
        if self._on_failure == "rollbackAll":
            self._idle.set()

    async def _end_job(self, record: Record, scope: anyio.CancelScope) -> None:
        await self._stops.stop(record.node)
        scope.cancel()
        self._stopping -= 1
        self._advance()

    async def _out_of_time(self) -> None:
        left = [record for record in self.records.values() if not record.settled]
        if not left:
            await self._let_go_all()
            return
        self._why = f"the graph was not settled within {self._timeout:g} s"
        if self.failure is None:
            self.failure = failure.of_time(self.graph.name, self._timeout, (record.node.name for record in left), self._phases())
        if self._on_failure != "rollbackAll":
            jobs = [record for record in left if record.node.kind == "job" and record.phase in ("starting", "running")]
            await self._stops.stop_all(record.node for record in jobs)

    async def _let_go_all(self) -> None:
        """All had settled in time, but for the end of services that nobody needs."""
        self._stopping = len(self._leaving)
        async with anyio.create_task_group() as self._group:
            for name in sorted(self._leaving):
                self._group.start_soon(self._let_go, self.records[name])


def _not_begun(record: Record) -> bool:
    """Whether nothing of a try is to be seen yet: of a service that is made anew the old container may be gone by then."""
    return record.phase == "pulling" or (record.phase == "creating" and record.node.kind == "job")


__all__ = ["Walk"]
