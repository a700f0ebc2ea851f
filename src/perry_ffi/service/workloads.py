"""Workload graphs: run, planned, attached to. What a client has open of them are ``RunningGraph``s."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import BackendNotAvailable, Conflict, NoBackendFound, Unsupported
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context
from perry_ffi.service.streams import open_stream
from perry_ffi.workload.handle import RunningGraph

if TYPE_CHECKING:
    from perry_ffi.model.cleanup import CleanupReport
    from perry_ffi.model.container import ContainerLogs, ExecOptions, ExecResult, LogOptions
    from perry_ffi.model.workload import GraphLogOptions, RunGraphOptions, WorkloadGraph
    from perry_ffi.model.workload_status import GraphDocument, GraphPlan, GraphStatus, NodeInfo
    from perry_ffi.service.streams import OpenStream
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.options import Down

KIND = "graph"
"""What a graph is among a client's handles."""


def opened(client: Client, handle: int) -> RunningGraph:
    """The graph that a number stands for. Raises NotFound for one that is wrong, closed, or of something else."""
    graph = client.handles.get(KIND, handle)
    assert isinstance(graph, RunningGraph)
    return graph


def _all(client: Client, name: str | None = None) -> list[RunningGraph]:
    """Those that are open; name: of one graph alone, which may have several handles."""
    graphs = (graph for graph in client.handles.of_kind(KIND) if isinstance(graph, RunningGraph))
    return [graph for graph in graphs if name in (None, graph.name)]


def _begin_probes(client: Client, graph: RunningGraph) -> None:
    """Health checks are run once, however many handles a graph has."""
    if not any(other.probes for other in _all(client, graph.name)):
        graph.begin_probes()


async def _context(client: Client) -> StackContext:
    """Raises Unsupported where the engine keeps services: the nodes of a graph are containers of one machine."""
    context = await stack_context(client)
    if context.backend.services is not None:
        raise Unsupported(
            f"{context.backend.name}: the nodes of a workload graph are containers of one engine, and this one runs services",
            backend=context.backend.name, operation="runGraph", remedy="choose an engine of containers for it, by setBackend say",
        )  # fmt: skip
    return context


# -- running ----------------------------------------------------------------------------------------


async def run_graph(client: Client, document: WorkloadGraph, options: RunGraphOptions) -> RunningGraph:
    """Checks a graph and runs it.

    Raises what is wrong with it, before any engine call; Conflict where a project of its name is no graph, or another run of it
    goes on; Cancelled where somebody took it down meanwhile; and what stopped the run. Where that was not put back, the error's
    detail ``graph`` is the number of a handle of what is there.
    """
    from perry_ffi.workload.check import check
    from perry_ffi.workload.run import run_graph as run

    checked = check(document)
    if any(other.runs for other in _all(client, checked.name)):
        raise Conflict(
            f"graph {checked.name}: a run of it goes on", project=checked.name, subject=checked.name,
            remedy="wait for that one, or take it down",
        )  # fmt: skip
    context = await _context(client)
    graph = RunningGraph(context, checked.name, checked)
    client.handles.add(KIND, graph)  # So that who takes it down, or ends the host, finds it.
    try:
        begun = await graph.begin(run(graph.context, checked, options, allow_shared_kernel=client.settings.allow_shared_kernel))
    except BaseException:
        client.handles.discard(graph)
        await graph.aclose()
        raise
    _begin_probes(client, graph)
    if (failure := begun.failure) is not None:
        failure.details["graph"] = client.handles.number(graph)
        raise failure
    return graph


async def plan_graph(client: Client, document: WorkloadGraph, options: RunGraphOptions) -> GraphPlan:
    """What a run would do, and why. Changes nothing. Without an engine it is what is known without one, and its errors say why.

    Raises what is wrong with the graph.
    """
    from perry_ffi.workload import plan
    from perry_ffi.workload.check import check

    checked = check(document)
    try:
        context = await _context(client)
    except (NoBackendFound, BackendNotAvailable) as error:
        return plan.static_plan(checked, options, error)
    return await plan.plan_graph(context, checked, options, allow_shared_kernel=client.settings.allow_shared_kernel)


async def attach(client: Client, name: str) -> RunningGraph:
    """The graph of that name, whoever runs or ran it. Raises NotFound if no engine has anything of it, Conflict if it is no graph, or
    another engine has it.
    """
    from perry_ffi.workload.handle import attach as attach_to

    graph = await attach_to(await _context(client), name)
    _begin_probes(client, graph)
    client.handles.add(KIND, graph)
    return graph


# -- ending -----------------------------------------------------------------------------------------


async def down(client: Client, graph: RunningGraph, options: Down) -> CleanupReport:
    """Ends its run, takes it down, and closes it unless something could not be removed. Of several who ask at once the first closes
    it.
    """
    from perry_ffi.stack.down import down as take_down

    await end_runs(client, graph.name)
    report = await take_down(graph.context, graph.name, None, options)
    if not report.errors and client.handles.discard(graph):
        await graph.aclose()
    return report


async def end_runs(client: Client, name: str | None = None) -> None:
    """Ends the runs of this client that go on, and waits until they have put back what they were to; name: of one graph alone.

    A run keeps everybody else from changing its project.
    """
    await asyncio.gather(*(graph.end_run() for graph in _all(client, name)))


# -- looking ----------------------------------------------------------------------------------------


async def status(graph: RunningGraph) -> GraphStatus:
    """The state, node by node."""
    return await graph.status()


async def ps(graph: RunningGraph) -> list[NodeInfo]:
    """A row for each container."""
    return await graph.ps()


async def graph_of(graph: RunningGraph) -> GraphDocument:
    """Who depends on whom."""
    return await graph.document()


async def logs(graph: RunningGraph, node: str | None, options: LogOptions) -> ContainerLogs:
    """The log so far of a node, or of all of them."""
    return await graph.logs(node, options)


async def follow_logs(client: Client, graph: RunningGraph, options: GraphLogOptions) -> OpenStream[dict[str, Any]]:
    """The logs as they grow, whatever tries come and go."""
    return open_stream(client, await graph.follow_logs(options))


async def events(client: Client, graph: RunningGraph) -> OpenStream[dict[str, Any]]:
    """What happens to the graph from now on."""
    return open_stream(client, await graph.events())


async def exec_(graph: RunningGraph, node: str, command: Sequence[str], options: ExecOptions) -> ExecResult:
    """Runs a command in the container of a node's last try."""
    return await graph.exec_in(node, command, options)


async def wait(graph: RunningGraph, seconds: float | None) -> GraphStatus:
    """The state once it is settled."""
    return await graph.wait(seconds)
