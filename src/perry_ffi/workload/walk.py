"""The walk over a graph: when each node runs, runs again, or never will. Knows no engine and reads no clock but for back-off.

One task drives it and each node that is at work has one of its own; every change of a node goes through ``_becomes``, which looks
only at the edges that lead to it. So a graph is walked in time linear in nodes and edges, and nothing polls.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup

from perry_ffi.cancellation import one_error
from perry_ffi.errors import ContainerError, ServiceStartupFailed, Timeout
from perry_ffi.workload.order import Turns
from perry_ffi.workload.phases import FINAL
from perry_ffi.workload.records import Record, status_of
from perry_ffi.workload.release import Release
from perry_ffi.workload.retrying import again, delay
from perry_ffi.workload.runner import Result

if TYPE_CHECKING:
    from perry_ffi.model.workload_status import GraphStatus, Phase
    from perry_ffi.model.workload_values import OnFailure, Strategy
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.workload.graph import Edge, Graph
    from perry_ffi.workload.runner import NodeRunner

AHEAD = 4
"""So many nodes are prepared at once before their turn."""
STOP_SECONDS = 60.0
"""How long what is not to go on may take to stop."""


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
        """Why the run has failed, if it has."""
        self.settled = anyio.Event()
        """Set when every service is ready and every job has ended, or nothing goes on any more."""
        self._runner, self._bus = runner, bus
        self._on_failure, self._stop_running, self._timeout = on_failure, stop_running, timeout
        self._ahead = strategy in ("dependencyAware", "maxParallel")
        self._turns = Turns(graph, self.records, strategy, parallel or places)
        self._release = Release(graph)
        self._dependents = graph.dependents()
        self._chance = chance or random.Random()
        self._halted = False
        self._active: dict[str, anyio.CancelScope] = {}
        """The nodes at work or backing off, and what cancels each."""
        self._watched: dict[str, anyio.CancelScope] = {}
        self._stopping = 0
        self._prepared: dict[str, anyio.Event] = {}
        self._unprepared: dict[str, ContainerError] = {}
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
            if bound.cancelled_caught:
                await self._out_of_time()
        finally:
            for record in self.records.values():
                if not record.settled:
                    self._note(record, "cancelled", record.reason or "the run ended before its turn")
            self.settled.set()
        if self.failure is not None:
            raise self.failure

    def rolled_back(self) -> None:
        """What ran has been put back."""
        for record in self.records.values():
            if record.phase in ("ready", "succeeded", "failed", "cancelled", "stopped") and record.attempt and not record.reused:
                self._note(record, "rolledBack", record.reason)

    # -- the drive ------------------------------------------------------------------------------------

    async def _walk(self) -> None:
        with one_error():
            async with anyio.create_task_group() as self._group:
                await self._drive()

    async def _drive(self) -> None:
        for record in self.records.values():
            self._note(record, "waiting")
        if self._ahead:
            self._group.start_soon(self._prepare_all)
        for record in list(self.records.values()):
            self._look(record)
        self._advance()
        await self._idle.wait()
        self._group.cancel_scope.cancel()

    def _advance(self) -> None:
        """Starts whoever's turn it is; ends the walk where nobody is at work and nobody's turn will come."""
        while not self._halted and (name := self._turns.next()) is not None:
            record = self.records[name]
            if record.phase not in ("waiting", "retrying") or not self._may_start(record):
                self._turns.free(name)
                continue
            self._active[name] = anyio.CancelScope()
            self._group.start_soon(self._try, record, self._active[name])
        if not self._active and not self._stopping and not self._give_up_waiting():
            self._idle.set()

    def _give_up_waiting(self) -> bool:
        """Nobody is at work: what still waits, waits for something that does not happen. Whether that changed anything."""
        waiting = [record for record in self.records.values() if not record.settled]
        if not waiting or self._halted:
            return False
        record = min(waiting, key=lambda each: (each.node.level, each.node.name))
        edge = next((edge for edge in record.node.edges if self._holds(edge) is None), None)
        if edge is None:
            return False
        self._never(record, edge, f"{edge.target} did not fail" if edge.condition == "failed" else f"it is not {edge.condition}")
        self._look(record)
        self._group.start_soon(self._again)
        return True

    async def _again(self) -> None:
        self._advance()

    # -- edges ----------------------------------------------------------------------------------------

    def _holds(self, edge: Edge) -> bool | None:
        return self.records[edge.node].edge_holds(edge, self.records[edge.target])

    def _look(self, record: Record) -> None:
        """Has a node that waits take its turn, or skips it, where its edges say so."""
        if record.phase == "waiting" and record.node.name not in self._active and self._may_start(record):
            self._turns.add(record.node.name)

    def _may_start(self, record: Record) -> bool:
        """Whether all edges hold by now. One that never will has it skipped."""
        holding = True
        for edge in record.node.edges:
            verdict = self._holds(edge)
            if verdict is False:
                target = self.records[edge.target]
                self._never(record, edge, f"{edge.target} {_told(target.phase)}")
                verdict = edge in record.held
            if record.phase == "skipped":
                return False
            holding = holding and verdict is True
        return holding

    def _never(self, record: Record, edge: Edge, why: str) -> None:
        """An edge can never hold."""
        if not edge.required:
            record.held.add(edge)
            self._bus.tell("warning", message=f"not required, so it goes on: {edge.node} waits for {edge.target} ({edge.condition}), and {why}",
                           node=edge.node)  # fmt: skip
            return
        record.excused = edge.condition == "failed" or (
            self.records[edge.target].phase == "skipped" and self.records[edge.target].excused
        )
        self._becomes(record, "skipped", f"it waits for {edge.target} ({edge.condition}), and {why}")

    def _becomes(self, record: Record, phase: Phase, reason: str | None = None) -> None:
        """A change of a node, and what follows from it for others."""
        self._note(record, phase, reason)
        name = record.node.name
        if record.settled:
            self._turns.settled(name)
        for edge in self._dependents[name]:
            follower = self.records[edge.node]
            if not self._halted and follower.phase == "waiting":
                self._look(follower)
        if phase in FINAL:
            for service in self._release.ended(name):
                self._free(self.records[service])

    def _free(self, record: Record) -> None:
        """Nobody needs a service any more: it stops, if it is ready; one that has yet to be is looked at again then."""
        if record.phase == "ready" and not self._halted:
            self._stopping += 1
            self._group.start_soon(self._let_go, record)

    def _note(self, record: Record, phase: Phase, reason: str | None = None) -> None:
        if record.phase == phase:
            return
        record.becomes(phase)
        record.reason = reason
        if phase not in ("pending", "waiting"):
            self._bus.tell(
                "node", node=record.node.name, phase=phase, attempt=record.attempt, reason=reason, container=record.container,
                exitCode=record.exit_code, reused=record.reused or None,
            )  # fmt: skip

    # -- one node -------------------------------------------------------------------------------------

    async def _try(self, record: Record, scope: anyio.CancelScope) -> None:
        """One try, and what comes of it."""
        name = record.node.name
        with scope:
            await self._is_prepared(record)
            if record.settled or not self._may_start(record):
                # The graph halts, or what held when it was its turn holds no more: a service ended by itself.
                self._active.pop(name, None)
                self._turns.free(name)
                self._look(record)
                self._advance()
                return
            record.attempt += 1
            record.was_ready = False
            record.container = record.exit_code = record.oom_killed = record.error = None
            try:
                result = await self._result(record)
            except ContainerError as error:
                result = Result("failed", error=error)
            if result.ended == "failed" and not self._halted and again(record, result):
                await self._back_off(record, result)
                return
            self._active.pop(name, None)
            self._take(record, result)
        if scope.cancelled_caught:
            self._active.pop(name, None)
            if not record.settled:
                self._becomes(record, "cancelled", "it was stopped because the graph halts")
        self._advance()

    async def _is_prepared(self, record: Record) -> None:
        if (prepared := self._prepared.get(record.node.name)) is not None:
            await prepared.wait()

    async def _result(self, record: Record) -> Result:
        if (error := self._unprepared.pop(record.node.name, None)) is not None:
            raise error

        def told(phase: Phase, *, container: str | None = None, isolation: str | None = None) -> None:
            record.container = container or record.container
            record.isolation = isolation or record.isolation
            if phase != record.phase and not record.settled:
                self._becomes(record, phase)

        return await self._runner.run(record.node, record.attempt, told)

    async def _back_off(self, record: Record, result: Result) -> None:
        """Waits for the next try, without a place."""
        assert record.node.retry is not None
        self._facts(record, result)
        self._becomes(record, "retrying", _reason(result))
        self._turns.free(record.node.name)
        self._advance()
        await anyio.sleep(delay(record.node.retry, record.attempt, self._chance))
        self._active.pop(record.node.name, None)
        if self._halted:
            return
        self._note(record, "waiting", record.reason)
        self._look(record)
        self._advance()

    def _take(self, record: Record, result: Result) -> None:
        self._facts(record, result)
        self._becomes(record, result.ended, _reason(result) if result.ended in ("failed", "stopped") else None)
        if result.ended == "ready":
            self._watched[record.node.name] = scope = anyio.CancelScope()
            self._group.start_soon(self._until_end, record, scope)
            if self._release.unneeded(record.node.name):
                self._free(record)
        elif result.ended == "failed":
            self._failed(record, result)

    def _facts(self, record: Record, result: Result) -> None:
        record.exit_code, record.oom_killed, record.error = result.exit_code, result.oom_killed, result.error
        record.container = result.container or record.container
        record.isolation = result.isolation or record.isolation
        record.reused = result.reused

    async def _until_end(self, record: Record, scope: anyio.CancelScope) -> None:
        """A service that is ready may end by itself while the walk goes on."""
        with scope:
            result = await self._runner.until_end(record.node)
            if self._idle.is_set():
                return  # The walk has ended; what becomes of services since is no longer its business.
            self._watched.pop(record.node.name, None)
            self._facts(record, result)
            if result.ended == "failed" and not self._halted and again(record, result):
                self._active[record.node.name] = scope
                await self._back_off(record, result)
                return
            self._becomes(record, result.ended, _reason(result))
            if result.ended == "failed":
                self._failed(record, result)
            self._advance()

    async def _let_go(self, record: Record) -> None:
        """Stops a service that nobody needs any more."""
        try:
            if (watch := self._watched.pop(record.node.name, None)) is not None:
                watch.cancel()
            await self._runner.stop(record.node)
            if record.phase == "ready":
                record.released = True
                self._becomes(record, "stopped", "nobody needs it any more")
        finally:
            self._stopping -= 1
            self._advance()

    async def _prepare_all(self) -> None:
        """What can be done before a node's turn comes, in the order in which turns come."""
        slots = anyio.CapacityLimiter(AHEAD)
        later = [record for record in self.records.values() if record.node.edges]
        for record in later:
            self._prepared[record.node.name] = anyio.Event()
        async with anyio.create_task_group() as group:
            for record in later:
                group.start_soon(self._prepare, record, slots)

    async def _prepare(self, record: Record, slots: anyio.CapacityLimiter) -> None:
        name = record.node.name
        try:
            async with slots:
                if record.phase == "waiting" and not self._halted:
                    await self._runner.prepare(record.node)
        except ContainerError as error:
            self._unprepared[name] = error
        finally:
            self._prepared[name].set()

    # -- failures -------------------------------------------------------------------------------------

    def _failed(self, record: Record, result: Result) -> None:
        """A node has failed for good."""
        if self._handled(record) or self._on_failure == "partialContinue" or self._halted:
            return
        self.failure = self._told_failure(record, result)
        self._halt(stop=self._on_failure == "rollbackAll" or self._stop_running)
        if self._on_failure == "rollbackAll":
            self._idle.set()

    def _handled(self, record: Record) -> bool:
        """Whether all that depends on it is there for its failure, or does without it."""
        edges = self._dependents[record.node.name]
        return bool(edges) and all(edge.condition in ("failed", "completed") or not edge.required for edge in edges)

    def _told_failure(self, record: Record, result: Result) -> ContainerError:
        error = result.error or ServiceStartupFailed(
            f"nodes.{record.node.name}: it ended with exit code {result.exit_code}", exitCode=result.exit_code
        )
        error.details.setdefault("node", record.node.name)
        error.details.setdefault("attempt", record.attempt)
        error.details["nodes"] = {name: each.phase for name, each in self.records.items()}
        return error

    def _halt(self, *, stop: bool) -> None:
        """Nothing new starts. stop: jobs that run are ended too."""
        self._halted = True
        for record in self.records.values():
            name = record.node.name
            if record.phase in ("waiting", "retrying"):
                self._turns.drop(name)
                self._becomes(record, "cancelled", "the graph halts")
                if (scope := self._active.pop(name, None)) is not None:
                    scope.cancel()
            elif stop and name in self._active and record.node.kind == "job":
                self._stopping += 1
                self._group.start_soon(self._end_job, record, self._active[name])

    async def _end_job(self, record: Record, scope: anyio.CancelScope) -> None:
        try:
            with anyio.move_on_after(STOP_SECONDS):
                await self._runner.stop(record.node)
        except ContainerError as error:
            self._bus.tell("warning", message=error.message, node=record.node.name)
        finally:
            scope.cancel()
            self._stopping -= 1
            self._advance()

    async def _out_of_time(self) -> None:
        running = [record for record in self.records.values() if not record.settled]
        self.failure = Timeout(
            f"the graph {self.graph.name} was not settled within {self._timeout:g} s",
            waitedFor=", ".join(sorted(record.node.name for record in running)), seconds=self._timeout,
            nodes={name: each.phase for name, each in self.records.items()},
        )  # fmt: skip
        if self._on_failure != "rollbackAll":
            await self._stop_all(
                record for record in running if record.node.kind == "job" and record.phase in ("starting", "running")
            )

    async def _stop_all(self, records: Iterable[Record]) -> None:
        async with anyio.create_task_group() as group:
            for record in records:
                group.start_soon(self._stopped, record)

    async def _stopped(self, record: Record) -> None:
        try:
            with anyio.move_on_after(STOP_SECONDS):
                await self._runner.stop(record.node)
        except ContainerError as error:
            self._bus.tell("warning", message=error.message, node=record.node.name)


def _reason(result: Result) -> str | None:
    if result.error is not None:
        return result.error.message
    return None if result.exit_code is None else f"it ended with exit code {result.exit_code}"


def _told(phase: Phase) -> str:
    return {"succeeded": "succeeded", "failed": "failed", "ready": "is ready"}.get(phase, f"was {phase}")


__all__ = ["Walk"]
