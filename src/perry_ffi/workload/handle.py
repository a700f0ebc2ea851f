"""A graph on an engine, behind a handle. What it holds beside what the engine holds is the run of this process, if there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.errors import BackendNotAvailable, Cancelled, Conflict, NotFound, Timeout
from perry_ffi.model.container import ContainerLogs, LogOptions
from perry_ffi.runtime.watch import watching
from perry_ffi.stack import identity
from perry_ffi.stack.elsewhere import refuse_elsewhere
from perry_ffi.stack.logs import LogRequest, logs
from perry_ffi.stack.stack import Stack
from perry_ffi.workload import existing, observed
from perry_ffi.workload.drawing import graph_document

if TYPE_CHECKING:
    from perry_ffi.errors import ContainerError
    from perry_ffi.model.container import ExecOptions, ExecResult
    from perry_ffi.model.workload import GraphLogOptions
    from perry_ffi.model.workload_status import GraphDocument, GraphStatus, NodeInfo
    from perry_ffi.stack.context import StackContext
    from perry_ffi.workload.followed import NodeLogs
    from perry_ffi.workload.graph import Graph
    from perry_ffi.workload.run import GraphRun

_MOVING = ("starting", "running")
"""Phases that somebody waits for; what was created and never started is nobody's any more."""


class RunningGraph(Stack):
    """One graph. A graph is a project, so that what holds of a stack holds of it: its events, its probes, its end.

    graph: as it was checked; ``None`` where it was attached to by its name alone. run: of this process, once it can be looked at.
    """

    def __init__(self, context: StackContext, name: str, graph: Graph | None) -> None:
        super().__init__(context, name, None, owned=graph is not None)
        self.graph = graph
        self.run: GraphRun | None = None
        self._beginning: asyncio.Task[GraphRun] | None = None
        self._ended = False

    async def begin(self, run: Coroutine[Any, Any, GraphRun]) -> GraphRun:
        """The run, as soon as ``run_graph`` gives it. Raises what that raises; Cancelled where somebody ended it meanwhile."""
        self._beginning = asyncio.get_running_loop().create_task(run)
        try:
            self.run = await self._beginning
        except asyncio.CancelledError:
            if self._ended:
                raise Cancelled(f"graph {self.name}: it was taken down while it ran", project=self.name) from None
            raise
        return self.run

    @property
    def nodes(self) -> Collection[str]:
        """Those that it has, if that is known here."""
        return () if self.graph is None else self.graph.nodes

    @property
    def runs(self) -> bool:
        """Whether a run of this process goes on."""
        if self.run is None:
            return self._beginning is not None and not self._beginning.done()
        return not self.run.settled.is_set()

    # -- looking ------------------------------------------------------------------------------------

    async def status(self) -> GraphStatus:
        """Node by node: as the run knows it while it goes on, then as the engine has it too. Raises NotFound where nothing is left of
        one that this process did not run.
        """
        if self.run is not None and self.runs:
            return self.run.status()
        try:
            rows = await observed.tries(self.context.backend, self.name)
        except BackendNotAvailable as error:
            return self._unknown(error)
        if self.run is not None:
            return _with_failure(observed.refreshed(self.run.status(), rows), self.run.failure)
        if not rows:
            await _refuse_absent(self.context, self.name)
        return observed.status(rows)

    def _unknown(self, error: BackendNotAvailable) -> GraphStatus:
        """What was known, and that nobody answers. Raises the error where nothing was."""
        if self.run is None:
            raise error
        known = self.run.status()
        names = list(known["nodes"])
        return {
            **known, "nodes": dict.fromkeys(names, "unknown"), "healthy": False, "errors": dict.fromkeys(names, error.message),
        }  # fmt: skip

    async def ps(self) -> list[NodeInfo]:
        """A row for each container, those of earlier tries too."""
        return [row.row() for row in await observed.tries(self.context.backend, self.name)]

    async def document(self) -> GraphDocument:
        """Who depends on whom: as it was checked, else as the labels tell."""
        if self.graph is not None:
            kinds = {name: node.kind for name, node in self.graph.nodes.items()}
            return graph_document(self.name, kinds, (edge for node in self.graph.nodes.values() for edge in node.edges))
        rows = await observed.tries(self.context.backend, self.name)
        if not rows:
            await _refuse_absent(self.context, self.name)
        return graph_document(self.name, observed.kinds(rows), observed.edges(rows))

    # -- one node -----------------------------------------------------------------------------------

    async def latest(self, node: str) -> observed.Try:
        """The container of a node's last try. Raises NotFound where it has none."""
        if (found := observed.latest(await observed.tries(self.context.backend, self.name, node)).get(node)) is not None:
            return found
        rows = await observed.tries(self.context.backend, self.name)
        if not rows and self.graph is None:
            await _refuse_absent(self.context, self.name)
        known = dict.fromkeys([*self.nodes, *observed.kinds(rows)])
        if node in known:
            raise NotFound(f"nodes.{node}: it has no container", node=node, project=self.name)
        raise NotFound(f"nodes.{node}: no such node; there are {', '.join(known) or 'none'}", node=node, project=self.name)

    async def logs(self, node: str | None, options: LogOptions) -> ContainerLogs:
        """The log so far of a node's last try; of all of them where none is named, each line after its node's name."""
        if node is not None:
            return await self.context.backend.container_logs((await self.latest(node)).info.id, options)
        last = {row.info.name for row in observed.latest(await observed.tries(self.context.backend, self.name)).values()}
        lines = [row for row in await logs(self.context, self.name, LogRequest(None, options)) if row["container"] in last]
        width = max((len(row["service"]) for row in lines), default=0)
        text = {"stdout": "", "stderr": ""}
        for stream in text:
            text[stream] = "".join(
                f"{row['service']:<{width}} | {row['time'] + ' ' if options.timestamps else ''}{row['text']}\n"
                for row in lines
                if row["stream"] == stream
            )
        return ContainerLogs(**text)

    async def exec_in(self, node: str, command: Sequence[str], options: ExecOptions) -> ExecResult:
        """Runs a command in the container of a node's last try. Raises NotFound where it has none, Conflict if it does not run."""
        info = (await self.latest(node)).info
        if info.status != "running":
            raise Conflict(f"nodes.{node}: {info.name} does not run ({info.status})", node=node, project=self.name)
        return await self.context.backend.exec_container(info.id, list(command), options)

    async def follow_logs(self, options: GraphLogOptions) -> NodeLogs:
        """The logs of nodes as they grow; later tries join. Raises NotFound for a node that nobody knows."""
        from perry_ffi.workload.followed import follow

        rows = await observed.tries(self.context.backend, self.name)
        known = {*self.nodes, *observed.kinds(rows)}
        for node in options.nodes or ():
            if node not in known:
                await self.latest(node)
        last = {row.info.id for row in observed.latest(rows).values()}
        earlier = set() if options.attempts else {row.info.name for row in rows if row.info.id not in last}
        return await follow(self.context, self.name, options, self.run, known, earlier)

    # -- waiting ------------------------------------------------------------------------------------

    async def wait(self, seconds: float | None) -> GraphStatus:
        """Until every service is ready and every job has ended, or nothing goes on any more. Raises Timeout after ``seconds``
        (``None``: without a bound).

        What another process of this machine runs is waited for by the project's lock, so that its next tries count too.
        """
        with anyio.move_on_after(seconds):
            if self.run is not None:
                await self.run.wait()
                return await self.status()
            await self.status()
            async with self.context.locked(self.name, None):
                pass
            return await self._settled()
        raise Timeout(
            f"graph {self.name}: it was not settled within {seconds:g} s", waitedFor=f"graph {self.name}", seconds=seconds,
            project=self.name,
        )  # fmt: skip

    async def _settled(self) -> GraphStatus:
        """By events, of containers that somebody else has begun."""
        async with watching(self.context.backend, identity.watched(self.name)) as watch:
            while True:
                mark = watch.mark()
                found = await self.status()
                if not any(phase in _MOVING for phase in found["phases"].values()):
                    return found
                await mark.wait()

    # -- ending -------------------------------------------------------------------------------------

    async def end_run(self) -> None:
        """Ends the run of this process, if it goes on, and waits until it has put back what it was to put back."""
        if self.run is not None:
            await self.run.cancel()
        elif self._beginning is not None and not self._beginning.done():
            self._ended = True
            self._beginning.cancel()
            await asyncio.wait([self._beginning])

    async def aclose(self) -> None:
        """Ends the run, and forgets the graph; its containers go on."""
        await self.end_run()
        await super().aclose()

    # -- what a stack does otherwise ----------------------------------------------------------------

    async def _probe(self) -> None:
        """A run probes what it waits for."""
        if self.run is not None:
            await self.run.wait()
        await super()._probe()

    def _about(self, labels: Mapping[str, str]) -> dict[str, Any]:
        """By the words of graphs."""
        return {"node": identity.label(labels, identity.SERVICE), "attempt": identity.number_of(labels) or None}


def _with_failure(found: GraphStatus, failure: ContainerError | None) -> GraphStatus:
    """What ended a run stays told of its node, also where all has been put back."""
    if failure is None or failure.details.get("node") not in found["details"]:
        return found
    return {**found, "errors": {failure.details["node"]: failure.message, **found["errors"]}}


async def _refuse_absent(context: StackContext, name: str) -> None:
    """Raises Conflict where another engine has it, else NotFound."""
    await refuse_elsewhere(context, name)
    raise NotFound(f"graph {name}: the engine has no container of it", project=name)


async def attach(context: StackContext, name: str) -> RunningGraph:
    """The graph of that name that is there already. Raises NotFound if no engine has anything of it, Conflict if another has, or if
    it is a project that is no graph.
    """
    if not await existing.read(context.backend, name):
        await _refuse_absent(context, name)
    return RunningGraph(context, name, None)


__all__ = ["RunningGraph", "attach"]
