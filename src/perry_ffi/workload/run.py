"""A run of a graph: what is there is looked at, what cannot be is refused, then the walk; and how it settles."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import one_error, uninterrupted
from perry_ffi.errors import Conflict, ContainerError, Timeout, one_line
from perry_ffi.runtime.putting_back import put_back
from perry_ffi.runtime.readiness import Readiness
from perry_ffi.runtime.rollback import UndoLog
from perry_ffi.runtime.run import Run
from perry_ffi.runtime.watch import watching
from perry_ffi.stack import identity
from perry_ffi.stack.elsewhere import refuse_elsewhere
from perry_ffi.workload import existing
from perry_ffi.workload.clean_up import clean_up
from perry_ffi.workload.images import Images, rules_of
from perry_ffi.workload.isolation import Isolation, choose, demands
from perry_ffi.workload.made import Maker
from perry_ffi.workload.naming import NODES
from perry_ffi.workload.node_run import EngineRunner
from perry_ffi.workload.objects import GraphSpecs, Missing, look, make
from perry_ffi.workload.others import Others, Surroundings
from perry_ffi.workload.placement import Placement
from perry_ffi.workload.refusals import refuse
from perry_ffi.workload.selection import only
from perry_ffi.workload.walk import Walk

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.sandbox_records import SandboxHost
    from perry_ffi.model.workload import RunGraphOptions
    from perry_ffi.model.workload_status import GraphStatus
    from perry_ffi.runtime.watch import Watch
    from perry_ffi.stack.context import StackContext
    from perry_ffi.workload.existing import Rows
    from perry_ffi.workload.graph import Graph

TURN_SECONDS = 10.0
"""How long another may keep the project before it is taken for a run."""


@dataclass(frozen=True)
class Prepared:
    """What is known before anything is touched. graph: less what does not run. host: what the engine isolates with, if it tells."""

    graph: Graph
    placement: Placement
    rows: Rows
    missing: Missing
    isolation: Mapping[str, Isolation]
    host: SandboxHost | None


class GraphRun:
    """A graph that runs, or has run. failure: why it failed, where it was not put back: for whoever started it to raise, with a
    handle. settled: set when nothing goes on any more, and the project is free for others.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.failure: ContainerError | None = None
        self.settled = anyio.Event()
        self.began: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when all that can be refused has been, and what the nodes need is there."""
        self._walk: Walk | None = None
        self._task: asyncio.Task[None] | None = None

    def status(self) -> GraphStatus:
        """Of every node, as the run knows it."""
        assert self._walk is not None, "it is given away when it has begun"
        return self._walk.status()

    async def wait(self) -> None:
        """Until it is settled."""
        await self.settled.wait()

    async def cancel(self) -> None:
        """Ends it, if it goes on, and waits until the project is free. What it made is put back where the run was to do so."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    def walks(self, walk: Walk) -> None:
        self._walk = walk

    def rolled_back(self) -> None:
        if self._walk is not None:
            self._walk.rolled_back()

    def goes_on(self, task: asyncio.Task[None]) -> None:
        self._task = task


async def run_graph(
    context: StackContext, graph: Graph, options: RunGraphOptions, *, allow_shared_kernel: bool = False
) -> GraphRun:
    """Runs a graph that was checked. Raises Conflict where another run of it is at work.

    Settles when every service is ready and every job has ended; with ``until: "started"`` as soon as nothing can be refused any
    more, and the rest goes on. Raises what is refused, before anything is made. Where a node fails: what stopped it with the details
    ``rolledBack`` (and ``leftOver``) with ``rollbackAll``; with ``haltGraph`` the run has a ``failure``; with ``partialContinue``
    its status tells. Cancelled, it puts back.

    allow_shared_kernel: whether ``untrusted`` nodes may share the host's kernel where no other is to be had.
    """
    run = GraphRun(graph)
    work = _Work(context, only(graph, options.only), options, run, allow_shared_kernel)
    if options.until == "settled":
        await work.do()
        return run
    task = asyncio.get_running_loop().create_task(work.do_behind())
    run.goes_on(task)
    try:
        await asyncio.wait({task, run.began}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        await run.cancel()
        raise
    if not run.began.done():
        task.result()
    return run


async def prepare(
    context: StackContext, graph: Graph, options: RunGraphOptions, *, allow_shared_kernel: bool = False
) -> Prepared:
    """Looks at what is there, and refuses what cannot be. Changes nothing."""
    backend = context.backend
    placement = Placement(graph)
    found: dict[str, object] = {}

    async def rows() -> None:
        found["rows"] = await existing.read(backend, graph.name)

    async def host() -> None:
        found["host"] = await sandbox_host(backend, graph)

    async def missing() -> None:
        found["missing"] = await look(backend, graph, placement, graph.nodes)

    with one_error():
        async with anyio.create_task_group() as group:
            for each in (rows, host, missing):
                group.start_soon(each)
    prepared = Prepared(graph, placement, found["rows"], found["missing"], {}, found["host"])  # type: ignore[arg-type]
    if not prepared.rows:
        await refuse_elsewhere(context, graph.name)
    isolation = {
        name: choose(node, prepared.host, backend.name, allow_shared=allow_shared_kernel) for name, node in graph.nodes.items()
    }
    for node in graph.nodes.values():
        await rules_of(context, node)
    await refuse(context, graph, placement, isolation, prepared.host, strict=options.strict)
    return replace(prepared, isolation=isolation)


async def sandbox_host(backend: Backend, graph: Graph) -> SandboxHost | None:
    """What the engine isolates with; ``None`` where it does not tell, and no node needs to know."""
    needed = any(demands(node) or node.enforcement.seccomp for node in graph.nodes.values())
    try:
        return await backend.sandbox_host() if needed else None
    except ContainerError:
        return None


class _Work:
    """One run."""

    def __init__(
        self, context: StackContext, graph: Graph, options: RunGraphOptions, run: GraphRun, allow_shared_kernel: bool
    ) -> None:
        self._context = context
        self._graph = graph
        self._options = options
        self._run = run
        self._allow_shared_kernel = allow_shared_kernel

    async def do_behind(self) -> None:
        """The same where nobody waits for it: what fails after it has begun is told, and kept."""
        try:
            await self.do()
        except ContainerError as error:
            if not self._run.began.done():
                raise
            self._run.failure = error
            self._context.bus.tell("warning", message=error.message, error=error.to_dict(), **_of_node(error))

    async def do(self) -> None:
        try:
            async with self._alone():
                prepared = await prepare(self._context, self._graph, self._options, allow_shared_kernel=self._allow_shared_kernel)
                for note in (*self._graph.warnings, *prepared.missing.notes):
                    self._context.bus.tell("warning", message=one_line(note))
                await self._transaction(prepared)
        finally:
            self._run.settled.set()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """While it changes the project. A verb's turn is waited for, a run's is not."""
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self._context.locked(self._graph.name, TURN_SECONDS))
            except Timeout as error:
                raise Conflict(
                    f"graph {self._graph.name}: another run of it is at work", project=self._graph.name, subject=self._graph.name,
                    remedy="wait for that one, or take it down where it runs",
                ) from error  # fmt: skip
            yield

    async def _transaction(self, prepared: Prepared) -> None:
        undo = UndoLog(self._context.backend, secrets.token_hex(8), identity.TRANSACTION, self._context.urgent)
        try:
            await self._carry_out(prepared, undo)
        except BaseException as error:
            await put_back(undo, self._context.bus, error, self._run.rolled_back)
            raise

    async def _carry_out(self, prepared: Prepared, undo: UndoLog) -> None:
        context, graph, options = self._context, self._graph, self._options
        backend = context.backend
        specs = GraphSpecs(backend, graph, prepared.placement, undo.transaction)
        run = Run(backend, undo, context.bus, NODES, specs, {identity.PROJECT: graph.name})
        await make(prepared.missing, run)
        async with watching(backend, identity.watched(graph.name)) as watch:
            around = self._surroundings(prepared, run, watch)
            others = Others(around)
            walk = Walk(
                graph, EngineRunner(around, others), context.bus, strategy=options.strategy, on_failure=options.on_failure, parallel=options.parallel,
                places=backend.parallel_calls, stop_running=options.stop_running, timeout=options.timeout,
            )  # fmt: skip
            self._run.walks(walk)
            self._run.began.set_result(None)
            try:
                await walk.run()
            except ContainerError as error:
                if options.on_failure == "rollbackAll":
                    raise
                self._run.failure = error
            await uninterrupted(clean_up(around, others, undo.transaction))
            undo.close()

    def _surroundings(self, prepared: Prepared, run: Run, watch: Watch) -> Surroundings:
        context, graph, undo = self._context, self._graph, run.undo
        architecture = prepared.host.architecture if prepared.host else ""
        maker = Maker(context.backend, graph, prepared.placement, prepared.isolation, undo.transaction, architecture)
        readiness = Readiness(context.backend, watch, NODES, context.probed, context.bus)
        images = Images(context, undo, self._options.pull)
        return Surroundings(context, graph, run, images, prepared.rows, maker, readiness, watch, self._options.resume)


def _of_node(error: ContainerError) -> dict[str, object]:
    return {"node": error.details["node"]} if "node" in error.details else {}
