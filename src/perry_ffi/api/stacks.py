"""perry/compose: one function for each of its rows, and for the rows of perry/container that name projects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perry_ffi.api.arguments import command_of, counts, need, object_of, optional_strings
from perry_ffi.model.base import decode
from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.model.container import ExecOptions, ExecResult
from perry_ffi.model.stack import (
    CleanupOptions,
    DownOptions,
    ImagesOptions,
    ImagesReport,
    LifecycleOptions,
    LoadRequest,
    RunOptions,
    RunResult,
    StackLogOptions,
    UpOptions,
)
from perry_ffi.model.stack_status import DependencyGraph, ServiceStatus, StackStatus
from perry_ffi.service import projects, stacks
from perry_ffi.service.client import Client
from perry_ffi.service.options import down_of, down_of_cleanup
from perry_ffi.service.stacks import opened

# -- projects ---------------------------------------------------------------------------------------


async def load(client: Client, request: bytes | None) -> dict[str, Any]:
    """The resolved project, as a Compose document that ``up`` takes: what is left of dollars is doubled."""
    from perry_ffi.service.project_document import to_document

    return to_document(await projects.load(client, decode(LoadRequest, request)), client.environ)


async def up(client: Client, spec: bytes | None, options: bytes | None) -> int:
    wanted = decode(UpOptions, options)
    stack = await stacks.up(client, object_of(spec, "ComposeSpec"), wanted)
    return client.handles.number(stack)


async def plan(client: Client, spec: bytes | None, options: bytes | None) -> dict[str, Any]:
    wanted = decode(UpOptions, options)
    return (await stacks.plan(client, object_of(spec, "ComposeSpec"), wanted)).to_dict()


async def attach(client: Client, project: str | None) -> int:
    return client.handles.number(await stacks.attach(client, need(project, "project")))


async def down(client: Client, handle: int, options: bytes | None) -> CleanupReport:
    wanted = down_of(decode(DownOptions, options))
    return await stacks.down(client, opened(client, handle), wanted)


async def down_by_project(client: Client, project: str | None, options: bytes | None) -> CleanupReport:
    return await projects.down(client, need(project, "project"), None, down_of_cleanup(decode(CleanupOptions, options)))


async def down_all(client: Client, options: bytes | None) -> CleanupReport:
    return await projects.down_all(client, down_of_cleanup(decode(CleanupOptions, options)))


# -- looking ----------------------------------------------------------------------------------------


async def ps(client: Client, handle: int) -> list[ServiceStatus]:
    return await stacks.ps(opened(client, handle))


async def status(client: Client, handle: int) -> StackStatus:
    return await stacks.status(opened(client, handle))


async def graph(client: Client, handle: int) -> DependencyGraph:
    return await stacks.graph(opened(client, handle))


async def config(client: Client, handle: int) -> str:
    return await stacks.config(opened(client, handle))


async def logs(client: Client, handle: int, options: bytes | None) -> Sequence[dict[str, Any]]:
    stack = opened(client, handle)
    return await stacks.logs(stack, decode(StackLogOptions, options))


async def follow_logs(client: Client, handle: int, options: bytes | None) -> int:
    stack = opened(client, handle)
    return client.handles.number(await stacks.follow_logs(client, stack, decode(StackLogOptions, options)))


async def events(client: Client, handle: int) -> int:
    return client.handles.number(await stacks.events(client, opened(client, handle)))


def progress(client: Client) -> int:
    return client.handles.number(stacks.progress(client))


# -- running ----------------------------------------------------------------------------------------


async def exec_(client: Client, handle: int, service: str | None, command: bytes | None, options: bytes | None) -> ExecResult:
    stack, words = opened(client, handle), command_of(command)
    return await stacks.exec_(stack, need(service, "service"), words, decode(ExecOptions, options))


async def run(client: Client, handle: int, service: str | None, options: bytes | None) -> RunResult:
    return await stacks.run(opened(client, handle), need(service, "service"), decode(RunOptions, options))


async def start(client: Client, handle: int, services: bytes | None, options: bytes | None) -> None:
    wanted = decode(LifecycleOptions, options)
    await stacks.start(opened(client, handle), optional_strings(services, "services"), wanted)


async def stop(client: Client, handle: int, services: bytes | None, options: bytes | None) -> None:
    wanted = decode(LifecycleOptions, options)
    await stacks.stop(opened(client, handle), optional_strings(services, "services"), wanted)


async def restart(client: Client, handle: int, services: bytes | None, options: bytes | None) -> None:
    wanted = decode(LifecycleOptions, options)
    await stacks.restart(opened(client, handle), optional_strings(services, "services"), wanted)


async def pause(client: Client, handle: int, services: bytes | None, options: bytes | None) -> None:
    decode(LifecycleOptions, options)
    await stacks.pause(opened(client, handle), optional_strings(services, "services"))


async def unpause(client: Client, handle: int, services: bytes | None, options: bytes | None) -> None:
    decode(LifecycleOptions, options)
    await stacks.unpause(opened(client, handle), optional_strings(services, "services"))


async def kill(client: Client, handle: int, services: bytes | None, options: bytes | None) -> None:
    wanted = decode(LifecycleOptions, options)
    await stacks.kill(opened(client, handle), optional_strings(services, "services"), wanted)


async def scale(client: Client, handle: int, replicas: bytes | None) -> None:
    wanted = counts(replicas, "replicas")
    await stacks.scale(opened(client, handle), wanted)


# -- images -----------------------------------------------------------------------------------------


async def pull(client: Client, handle: int, options: bytes | None) -> ImagesReport:
    return await stacks.pull(opened(client, handle), decode(ImagesOptions, options))


async def build(client: Client, handle: int, options: bytes | None) -> ImagesReport:
    return await stacks.build(opened(client, handle), decode(ImagesOptions, options))


async def push(client: Client, handle: int, options: bytes | None) -> ImagesReport:
    return await stacks.push(opened(client, handle), decode(ImagesOptions, options))
