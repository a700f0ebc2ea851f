"""Stacks: projects that a client has open. Health checks run and events are told while one is, until it is taken down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.service import projects
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context
from perry_ffi.service.options import log_request, up_of
from perry_ffi.service.streams import open_stream
from perry_ffi.service.trust import asked
from perry_ffi.stack.options import Down
from perry_ffi.stack.stack import Stack

if TYPE_CHECKING:
    from perry_ffi.model.cleanup import CleanupReport
    from perry_ffi.model.container import ExecOptions, ExecResult
    from perry_ffi.model.stack import (
        ImagesOptions,
        ImagesReport,
        LifecycleOptions,
        RunOptions,
        RunResult,
        StackLogOptions,
        UpOptions,
    )
    from perry_ffi.model.stack_status import DependencyGraph, ServiceStatus, StackStatus
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.service.streams import OpenStream
    from perry_ffi.stack.logs import Record

KIND = "stack"
"""What a stack is among a client's handles."""

Services = Sequence[str] | None
"""Names of services; ``None`` all, an empty list none."""


def opened(client: Client, handle: int) -> Stack:
    """The stack that a number stands for. Raises NotFound for one that is wrong or closed."""
    stack = client.handles.get(KIND, handle)
    assert isinstance(stack, Stack)
    return stack


def _open(client: Client, stack: Stack) -> Stack:
    """Registers it. Health checks are run once, however many handles a project has."""
    others = (other for other in client.handles.of_kind(KIND) if isinstance(other, Stack) and other.name == stack.name)
    if not any(other.probes for other in others):
        stack.begin_probes()
    client.handles.add(KIND, stack)
    return stack


# -- up and down ------------------------------------------------------------------------------------


async def up(client: Client, document: dict[str, Any], options: UpOptions) -> Stack:
    """Brings the project of a Compose document up, as a transaction."""
    from perry_ffi.stack.up import up as bring_up

    how = up_of(options)
    project = await projects.read_document(client, document, options)
    context = await stack_context(client, asked(options.verify, "UpOptions.verify"))
    stack = Stack(context, project.name, project, owned=True)
    await bring_up(stack.context, project, how)
    return _open(client, stack)


async def plan(client: Client, document: dict[str, Any], options: UpOptions) -> Plan:
    """What ``up`` would do. Changes nothing."""
    how = up_of(options)
    project = await projects.read_document(client, document, options)
    return await projects.plan(client, project, how, asked(options.verify, "UpOptions.verify"))


async def attach(client: Client, name: str) -> Stack:
    """The stack of a project that is there already. Raises NotFound if no engine has anything of it, Conflict if another has."""
    from perry_ffi.stack.stack import attach as attach_to

    return _open(client, await attach_to(await stack_context(client), name, dict(client.environ)))


async def down(client: Client, stack: Stack, options: Down) -> CleanupReport:
    """Takes a stack down, and closes it unless something could not be removed. Of several who ask at once the first closes it."""
    from perry_ffi.stack.down import down as take_down

    project = await (stack.model_if_there() if options.images is None else stack.model())
    await projects.end_runs(client, stack.name)
    report = await take_down(stack.context, stack.name, project, options)
    if not report.errors and client.handles.discard(stack):
        await stack.aclose()
    return report


async def take_down_owned(client: Client) -> None:
    """Takes down the stacks and graphs that this process brought up, as the host is about to end; volumes stay."""
    from perry_ffi.stack.down import down as take_down

    await projects.end_runs(client)
    open_ = [*client.handles.of_kind(KIND), *client.handles.of_kind("graph")]
    owned = {stack.name: stack for stack in open_ if isinstance(stack, Stack) and stack.owned}
    downs = (take_down(stack.context, stack.name, stack.project, Down()) for stack in owned.values())
    await asyncio.gather(*downs, return_exceptions=True)


# -- looking ----------------------------------------------------------------------------------------


async def ps(stack: Stack) -> list[ServiceStatus]:
    """A row for each container."""
    from perry_ffi.stack.status import ps as containers

    return await containers(stack.context, stack.name)


async def status(stack: Stack) -> StackStatus:
    """The state, service by service."""
    from perry_ffi.stack.status import status as state

    return await state(stack.context, stack.name, stack.project, stack.scaled)


async def graph(stack: Stack) -> DependencyGraph:
    """Who depends on whom."""
    from perry_ffi.stack.status import graph as dependencies

    return await dependencies(stack.context, stack.name, stack.project)


async def config(stack: Stack) -> str:
    """The project as YAML that gives the same project again."""
    from perry_ffi.compose.render import escaped, to_yaml

    return to_yaml(escaped((await stack.model()).to_spec()))


async def logs(stack: Stack, options: StackLogOptions) -> list[Record]:
    """The logs so far, in order of time."""
    from perry_ffi.stack.logs import logs as read

    return await read(stack.context, stack.name, log_request(options), stack.known)


async def follow_logs(client: Client, stack: Stack, options: StackLogOptions) -> OpenStream[Record]:
    """The logs as they grow, whatever containers come and go."""
    from perry_ffi.stack.follow import followed_logs

    return open_stream(client, await followed_logs(stack.context, stack.name, log_request(options), stack.known).open())


async def events(client: Client, stack: Stack) -> OpenStream[dict[str, Any]]:
    """What happens to the stack from now on."""
    return open_stream(client, await stack.events())


def progress(client: Client) -> OpenStream[dict[str, Any]]:
    """What happens in every stack and to work that has no handle yet."""
    return open_stream(client, client.event_bus.subscribe())


# -- running ----------------------------------------------------------------------------------------


async def exec_(stack: Stack, service: str, command: Sequence[str], options: ExecOptions) -> ExecResult:
    """Runs a command in the first running container of a service."""
    from perry_ffi.stack.one_off import exec_in

    return await exec_in(stack.context, stack.name, service, list(command), options)


async def run(stack: Stack, service: str, options: RunOptions) -> RunResult:
    """Runs a one-off container of a service to its end."""
    from perry_ffi.stack.one_off import run as run_one_off

    return await run_one_off(stack.context, await stack.model(), service, options)


async def start(stack: Stack, services: Services, options: LifecycleOptions) -> None:
    """Starts services and what they depend on, dependencies first."""
    await (await stack.lifecycle()).start(services, options.timeout)


async def stop(stack: Stack, services: Services, options: LifecycleOptions) -> None:
    """Stops services, dependents first."""
    await (await stack.lifecycle()).stop(services, options.timeout)


async def restart(stack: Stack, services: Services, options: LifecycleOptions) -> None:
    """Restarts services, those that ask to restart with them, and those in their namespaces."""
    await (await stack.lifecycle()).restart(services, options.timeout, dependents=options.dependents)


async def pause(stack: Stack, services: Services) -> None:
    """Pauses services, dependents first."""
    await (await stack.lifecycle()).pause(services)


async def unpause(stack: Stack, services: Services) -> None:
    """Resumes paused services."""
    await (await stack.lifecycle()).unpause(services)


async def kill(stack: Stack, services: Services, options: LifecycleOptions) -> None:
    """Sends a signal to services; SIGKILL where none is named."""
    await (await stack.lifecycle()).kill(services, options.signal or "SIGKILL")


async def scale(stack: Stack, replicas: dict[str, int]) -> None:
    """Changes how many containers services have."""
    await stack.scale(replicas)


# -- images -----------------------------------------------------------------------------------------


async def pull(stack: Stack, options: ImagesOptions) -> ImagesReport:
    """Pulls the images that are not built."""
    from perry_ffi.stack import images

    return await images.pull(stack.context, await stack.model(), options.services, options.ignore_failures)


async def build(stack: Stack, options: ImagesOptions) -> ImagesReport:
    """Builds the images of the services that have a ``build``."""
    from perry_ffi.stack import images

    return await images.build(stack.context, await stack.model(), options.services, options.ignore_failures)


async def push(stack: Stack, options: ImagesOptions) -> ImagesReport:
    """Pushes the images that are built and have names of their own."""
    from perry_ffi.stack import images

    return await images.push(stack.context, await stack.model(), options.services, options.ignore_failures)
