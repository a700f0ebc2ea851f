"""perry/workloads: one function for each of its rows but the two that are composed in C."""

from __future__ import annotations

from perry_ffi.api.arguments import command_of, need, optional, required
from perry_ffi.model.base import decode
from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.model.container import ContainerLogs, ExecOptions, ExecResult, LogOptions
from perry_ffi.model.stack import DownOptions
from perry_ffi.model.workload import GraphLogOptions, RunGraphOptions, WaitGraphOptions, WorkloadGraph
from perry_ffi.model.workload_status import GraphDocument, GraphPlan, GraphStatus, NodeInfo
from perry_ffi.service import workloads
from perry_ffi.service.client import Client
from perry_ffi.service.options import down_of
from perry_ffi.service.workloads import opened

# -- running ----------------------------------------------------------------------------------------


async def run_graph(client: Client, graph: bytes | None, options: bytes | None) -> int:
    wanted = decode(RunGraphOptions, options)
    return client.handles.number(await workloads.run_graph(client, required(WorkloadGraph, graph, "WorkloadGraph"), wanted))


async def inspect_graph(client: Client, graph: bytes | None) -> GraphPlan:
    return await plan_graph(client, graph, None)


async def plan_graph(client: Client, graph: bytes | None, options: bytes | None) -> GraphPlan:
    wanted = decode(RunGraphOptions, options)
    return await workloads.plan_graph(client, required(WorkloadGraph, graph, "WorkloadGraph"), wanted)


async def attach(client: Client, name: str | None) -> int:
    return client.handles.number(await workloads.attach(client, need(name, "name")))


async def down(client: Client, handle: int, options: bytes | None) -> CleanupReport:
    wanted = down_of(decode(DownOptions, options))
    return await workloads.down(client, opened(client, handle), wanted)


async def exec_(client: Client, handle: int, node: str | None, command: bytes | None, options: bytes | None) -> ExecResult:
    graph, words = opened(client, handle), command_of(command)
    return await workloads.exec_(graph, need(node, "node"), words, decode(ExecOptions, options))


# -- looking ----------------------------------------------------------------------------------------


async def status(client: Client, handle: int) -> GraphStatus:
    return await workloads.status(opened(client, handle))


async def graph(client: Client, handle: int) -> GraphDocument:
    return await workloads.graph_of(opened(client, handle))


async def ps(client: Client, handle: int) -> list[NodeInfo]:
    return await workloads.ps(opened(client, handle))


async def logs(client: Client, handle: int, node: str | None, options: bytes | None) -> ContainerLogs:
    graph = opened(client, handle)
    return await workloads.logs(graph, optional(node, "node"), decode(LogOptions, options))


async def follow_logs(client: Client, handle: int, options: bytes | None) -> int:
    graph = opened(client, handle)
    return client.handles.number(await workloads.follow_logs(client, graph, decode(GraphLogOptions, options)))


async def events(client: Client, handle: int) -> int:
    return client.handles.number(await workloads.events(client, opened(client, handle)))


async def wait(client: Client, handle: int, options: bytes | None) -> GraphStatus:
    graph = opened(client, handle)
    return await workloads.wait(graph, decode(WaitGraphOptions, options).timeout)
