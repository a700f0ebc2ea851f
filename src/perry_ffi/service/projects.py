"""Projects: read from Compose files and documents, and brought up, looked at and taken down by their models and names.

Nothing stays open here; ``perry_ffi.service.stacks`` has the projects that a host holds by a handle.
"""

from __future__ import annotations

import os
from collections.abc import Container, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import one_line
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.cleanup import CleanupReport
    from perry_ffi.model.stack import LoadRequest, UpOptions
    from perry_ffi.model.stack_status import ServiceStatus
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.stack.follow import FollowedLogs
    from perry_ffi.stack.log_merge import MergedLogs
    from perry_ffi.stack.logs import LogRequest, Record
    from perry_ffi.stack.observed import Replica
    from perry_ffi.stack.options import Down, Up
    from perry_ffi.trust.in_force import Asked


# -- reading ----------------------------------------------------------------------------------------


async def load(client: Client, request: LoadRequest) -> Project:
    """The project of Compose files. What is to be said of them is told as events."""
    import anyio.to_thread

    from perry_ffi.compose import load as load_files

    def read() -> Project:
        return load_files(
            list(request.files) if request.files else None,
            project_directory=request.project_directory,
            project_name=request.project_name,
            profiles=request.profiles or None,
            env_files=request.env_files,
            env=dict(client.environ) if request.env is None else request.env,
            working_directory=os.getcwd(),
        )

    project = await anyio.to_thread.run_sync(read, abandon_on_cancel=True)
    _tell_warnings(client, project)
    return project


async def read_document(client: Client, document: dict[str, Any], options: UpOptions, *, tell: bool = True) -> Project:
    """The project of a Compose document as plain values, with the profiles of the services that are named. tell: whether it is
    warned of what is odd about it.
    """
    import anyio.to_thread

    from perry_ffi.service.project_document import from_document

    wanted = partial(from_document, document, options, client.environ, os.getcwd())
    project = await anyio.to_thread.run_sync(wanted, abandon_on_cancel=True)
    if tell:
        _tell_warnings(client, project)
    return project


def _tell_warnings(client: Client, project: Project) -> None:
    for code, message in project.warnings:
        client.event_bus.tell("warning", code=code, message=one_line(message), project=project.name)


# -- up and down ------------------------------------------------------------------------------------


async def up(client: Client, project: Project, options: Up) -> Plan:
    """Brings a project up, and gives the plan that was carried out."""
    from perry_ffi.stack.up import up as bring_up

    return await bring_up(await stack_context(client), project, options)


async def plan(client: Client, project: Project, options: Up, asked: Sequence[Asked] = ()) -> Plan:
    """What ``up`` would do. Changes nothing. asked: which signatures the images must have, beside what machine and project say."""
    from perry_ffi.stack.up import plan as plan_up

    return await plan_up(await stack_context(client, asked), project, options)


async def down(client: Client, name: str, project: Project | None, options: Down) -> CleanupReport:
    """Takes a project down; one that is not there is a report of nothing. project: its model, where it is known.

    The run of a workload graph that this client has under that name ends first.
    """
    from perry_ffi.stack.down import down as take_down

    await end_runs(client, name)
    return await take_down(await stack_context(client), name, project, options)


async def end_runs(client: Client, name: str | None = None) -> None:
    """Ends the runs of workload graphs that this client has, which keep everybody from changing their projects; name: of one alone."""
    if client.handles.of_kind("graph"):
        from perry_ffi.service import workloads

        await workloads.end_runs(client, name)


async def plan_down(client: Client, name: str, project: Project | None, options: Down) -> Plan:
    """What ``down`` would do. Changes nothing."""
    from perry_ffi.stack.down import plan_down

    return await plan_down(await stack_context(client), name, project, options)


async def down_all(client: Client, options: Down) -> CleanupReport:
    """Takes down every project that this library brought up."""
    from perry_ffi.stack.projects import down_all as take_all_down

    await end_runs(client)
    return await take_all_down(await stack_context(client), options)


async def model_for_down(client: Client, name: str, options: Down) -> Project | None:
    """The model of a project that is known by its name, from the files that its containers name; hooks are in it.

    Raises Conflict where images are to be removed, which the model tells, and nobody knows it.
    """
    from perry_ffi.stack.project_lookup import find_model, model_if_there

    find = model_if_there if options.images is None else find_model
    return await find(await stack_context(client), name, client.environ)


async def stop(client: Client, project: Project, services: Sequence[str] | None, timeout: float | None) -> None:
    """Stops containers, dependents first. services: ``None`` all. timeout: seconds before a kill; ``None`` their own."""
    from perry_ffi.stack.lifecycle import lifecycle

    await lifecycle(await stack_context(client), project.name, project).stop(services, timeout)


# -- looking ----------------------------------------------------------------------------------------


async def ps(client: Client, name: str) -> list[ServiceStatus]:
    """A row for each container."""
    from perry_ffi.stack.status import ps as containers

    return await containers(await stack_context(client), name)


async def logs(client: Client, name: str, request: LogRequest, known: Container[str] = ()) -> list[Record]:
    """The logs so far, in order of time. known: the services of the model, where it is known."""
    from perry_ffi.stack.logs import logs as read

    return await read(await stack_context(client), name, request, known)


async def read_logs(client: Client, name: str, request: LogRequest, known: Container[str] = ()) -> MergedLogs:
    """The same as they are read, however large they are. Whoever asked closes the stream."""
    from perry_ffi.stack.log_merge import MergedLogs

    return await MergedLogs(await stack_context(client), name, request, known).open()


async def follow_logs(client: Client, name: str, request: LogRequest, known: Container[str] = ()) -> FollowedLogs:
    """The logs as they grow, whatever containers come and go. Whoever asked closes the stream."""
    from perry_ffi.stack.follow import followed_logs

    return await followed_logs(await stack_context(client), name, request, known).open()


async def attached_logs(
    client: Client, name: str, services: Sequence[str] | None, unread: Container[str], known: Container[str]
) -> FollowedLogs:
    """What is said from now on, and how each run ends, until it is told that it may end. unread: services of which only that is
    told. Whoever asked closes the stream.
    """
    from perry_ffi.model.container import LogOptions
    from perry_ffi.stack.follow import followed_logs
    from perry_ffi.stack.logs import LogRequest

    request = LogRequest(None if services is None else tuple(services), LogOptions(tail=0))
    context = await stack_context(client)
    return await followed_logs(context, name, request, known, endless=True, ends=True, unread=unread).open()


def rows_to_come(project: Project, services: Container[str]) -> list[Replica]:
    """The containers that ``services`` will have by the model, as far as their names tell."""
    from perry_ffi.stack.identity import container_name
    from perry_ffi.stack.observed import Replica

    return [
        Replica("", str(tree.get("container_name") or container_name(project.name, name, number)), name, number, "")
        for name, tree in project.services.items()
        if name in services
        for number in range(1, project.replicas(name) + 1)
    ]
