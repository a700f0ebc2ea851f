"""perry/compose: one function for each of its rows. A stack is a project on an engine, behind a handle."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from perry_ffi.api.arguments import need, object_of, strings
from perry_ffi.api.resolved import from_document, to_document
from perry_ffi.api.session import Session
from perry_ffi.api.streams import open_stream
from perry_ffi.errors import ValidationError, one_line
from perry_ffi.model.base import decode
from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.model.container import ExecOptions, ExecResult, LogOptions
from perry_ffi.model.stack import (
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
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.stack import Stack

if TYPE_CHECKING:
    from perry_ffi.compose import Project

KIND = "stack"


async def _context(session: Session) -> StackContext:
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.runtime.lock import lock_folder

    backend = await session.backend()
    return StackContext(
        backend, lock_folder(session.settings.runtime_dir), backend.identity, session.hub(EventBus), session.elsewhere
    )


def _stack(session: Session, handle: int) -> Stack:
    stack = session.handles.get(KIND, handle)
    assert isinstance(stack, Stack)
    return stack


# -- projects ---------------------------------------------------------------------------------------


async def load(session: Session, request: bytes | None) -> dict[str, Any]:
    """The resolved project, as a Compose document that ``up`` takes: what is left of dollars is doubled."""
    import anyio.to_thread

    from perry_ffi.compose import load as load_files

    wanted = decode(LoadRequest, request)

    def read() -> Project:
        return load_files(
            list(wanted.files) if wanted.files else None,
            project_directory=wanted.project_directory,
            project_name=wanted.project_name,
            profiles=wanted.profiles or None,
            env_files=wanted.env_files,
            env=dict(session.settings.environ or {}) if wanted.env is None else wanted.env,
            working_directory=os.getcwd(),
        )

    project = await anyio.to_thread.run_sync(read, abandon_on_cancel=True)
    _warn(session, project)
    return to_document(project, session.settings.environ or {})


async def _project(session: Session, spec: bytes | None, options: UpOptions) -> Project:
    import anyio.to_thread

    document = object_of(spec, "ComposeSpec")
    wanted = partial(from_document, document, options, session.settings.environ or {}, os.getcwd())
    project = await anyio.to_thread.run_sync(wanted, abandon_on_cancel=True)
    _warn(session, project)
    return project


def _warn(session: Session, project: Project) -> None:
    from perry_ffi.runtime.event_bus import EventBus

    for code, message in project.warnings:
        session.hub(EventBus).tell("warning", code=code, message=one_line(message), project=project.name)


def _up_options(options: UpOptions) -> Up:
    return Up(
        services=None if options.services is None else tuple(options.services),
        build=options.build,
        pull=options.pull,
        remove_orphans=options.remove_orphans,
        force_recreate=options.force_recreate,
        no_recreate=options.no_recreate,
        recreate_dependencies=options.always_recreate_deps,
        renew_volumes=options.renew_anon_volumes,
        dependencies=options.dependencies,
        start=options.start,
        wait=options.wait,
        wait_timeout=options.wait_timeout,
        scale=options.scale,
        rollback=options.rollback,
        strict=options.strict,
        timeout=options.timeout,
    )


async def up(session: Session, spec: bytes | None, options: bytes | None) -> int:
    from perry_ffi.stack.up import up as bring_up

    wanted = decode(UpOptions, options)
    how = _up_options(wanted)
    project = await _project(session, spec, wanted)
    context = await _context(session)
    stack = Stack(context, project.name, project, owned=True)
    await bring_up(stack.context, project, how)
    _begin_probes(session, stack)
    return session.handles.add(KIND, stack)


def _begin_probes(session: Session, stack: Stack) -> None:
    """Health checks are run once, however many handles a project has."""
    others = (other for other in session.handles.of_kind(KIND) if isinstance(other, Stack) and other.name == stack.name)
    if not any(other.probes for other in others):
        stack.begin_probes()


async def plan(session: Session, spec: bytes | None, options: bytes | None) -> dict[str, Any]:
    from perry_ffi.stack.up import plan as make_plan

    wanted = decode(UpOptions, options)
    how = _up_options(wanted)
    project = await _project(session, spec, wanted)
    found = await make_plan(await _context(session), project, how)
    return found.to_dict()


async def attach(session: Session, project: str | None) -> int:
    from perry_ffi.stack.stack import attach as attach_to

    name = need(project, "project")
    stack = await attach_to(await _context(session), name, dict(session.settings.environ or {}))
    _begin_probes(session, stack)
    return session.handles.add(KIND, stack)


async def down(session: Session, handle: int, options: bytes | None) -> CleanupReport:
    """The handle lives on if something could not be removed. Of several who ask at once the first one closes it."""
    from perry_ffi.stack.down import down as take_down

    wanted = decode(DownOptions, options)
    stack = _stack(session, handle)
    report = await take_down(
        stack.context,
        stack.name,
        await (stack.model_if_there() if wanted.images is None else stack.model()),
        Down(wanted.volumes, True, wanted.remove_orphans, wanted.timeout, wanted.images),
    )
    if not report.errors and stack in session.handles.of_kind(KIND):
        await session.handles.remove(KIND, handle).aclose()
    return report


async def take_down_owned(session: Session) -> None:
    """Takes down the stacks that this process brought up, as the host is about to end; volumes stay."""
    from perry_ffi.stack.down import down as take_down

    owned = [stack for stack in session.handles.of_kind(KIND) if isinstance(stack, Stack) and stack.owned]
    downs = (take_down(stack.context, stack.name, stack.project, Down()) for stack in owned)
    await asyncio.gather(*downs, return_exceptions=True)


async def down_by_project(session: Session, project: str | None, options: bytes | None) -> CleanupReport:
    from perry_ffi.stack.projects import down_project

    name, wanted = need(project, "project"), _cleanup(options)
    return await down_project(await _context(session), name, wanted)


async def down_all(session: Session, options: bytes | None) -> CleanupReport:
    from perry_ffi.stack.projects import down_all as take_all_down

    wanted = _cleanup(options)
    return await take_all_down(await _context(session), wanted)


def _cleanup(options: bytes | None) -> Down:
    from perry_ffi.model.stack import CleanupOptions

    wanted = decode(CleanupOptions, options)
    return Down(volumes=wanted.volumes, networks=wanted.networks)


# -- looking ----------------------------------------------------------------------------------------


async def ps(session: Session, handle: int) -> list[dict[str, Any]]:
    from perry_ffi.stack.status import ps as containers

    stack = _stack(session, handle)
    return await containers(stack.context, stack.name)


async def status(session: Session, handle: int) -> dict[str, Any]:
    from perry_ffi.stack.status import status as state

    stack = _stack(session, handle)
    return await state(stack.context, stack.name, stack.project, stack.scaled)


async def graph(session: Session, handle: int) -> dict[str, Any]:
    from perry_ffi.stack.status import graph as dependencies

    stack = _stack(session, handle)
    return await dependencies(stack.context, stack.name, stack.project)


async def config(session: Session, handle: int) -> str:
    """The project as YAML that gives the same project again."""
    from perry_ffi.compose.render import escaped, to_yaml

    return to_yaml(escaped((await _stack(session, handle).model()).to_spec()))


async def logs(session: Session, handle: int, options: bytes | None) -> list[dict[str, Any]]:
    from perry_ffi.stack.logs import logs as read

    stack = _stack(session, handle)
    return await read(stack.context, stack.name, _log_request(options), stack.known)


async def follow_logs(session: Session, handle: int, options: bytes | None) -> int:
    from perry_ffi.stack.follow import FollowedLogs

    stack = _stack(session, handle)
    return open_stream(session, await FollowedLogs(stack.context, stack.name, _log_request(options), stack.known).open())


def _log_request(options: bytes | None) -> Any:
    from perry_ffi.stack.logs import LogRequest

    wanted = decode(StackLogOptions, options)
    services = None if wanted.services is None else tuple(wanted.services)
    plain = {name: getattr(wanted, name) for name in LogOptions.model_fields}
    return LogRequest(services, LogOptions.model_construct(**plain))


async def events(session: Session, handle: int) -> int:
    return open_stream(session, await _stack(session, handle).events())


def progress(session: Session) -> int:
    """What happens in every stack and to work that has no handle yet."""
    from perry_ffi.runtime.event_bus import EventBus

    return open_stream(session, session.hub(EventBus).subscribe())


# -- running ----------------------------------------------------------------------------------------


async def exec_(session: Session, handle: int, service: str | None, command: bytes | None, options: bytes | None) -> ExecResult:
    from perry_ffi.stack.one_off import exec_in

    stack = _stack(session, handle)
    words = strings(command, "command")
    if not words:
        raise ValidationError("command: it is empty", path="command", expected="a command and its arguments")
    return await exec_in(stack.context, stack.name, need(service, "service"), words, decode(ExecOptions, options))


async def run(session: Session, handle: int, service: str | None, options: bytes | None) -> RunResult:
    from perry_ffi.stack.one_off import run as run_one_off

    stack = _stack(session, handle)
    return await run_one_off(stack.context, await stack.model(), need(service, "service"), decode(RunOptions, options))


def _services(document: bytes | None) -> list[str] | None:
    return None if document is None else strings(document, "services")


async def start(session: Session, handle: int, services: bytes | None, options: bytes | None) -> None:
    wanted = decode(LifecycleOptions, options)
    await (await _stack(session, handle).lifecycle()).start(_services(services), wanted.timeout)


async def stop(session: Session, handle: int, services: bytes | None, options: bytes | None) -> None:
    wanted = decode(LifecycleOptions, options)
    await (await _stack(session, handle).lifecycle()).stop(_services(services), wanted.timeout)


async def restart(session: Session, handle: int, services: bytes | None, options: bytes | None) -> None:
    wanted = decode(LifecycleOptions, options)
    verbs = await _stack(session, handle).lifecycle()
    await verbs.restart(_services(services), wanted.timeout, dependents=wanted.dependents)


async def pause(session: Session, handle: int, services: bytes | None, options: bytes | None) -> None:
    decode(LifecycleOptions, options)
    await (await _stack(session, handle).lifecycle()).pause(_services(services))


async def unpause(session: Session, handle: int, services: bytes | None, options: bytes | None) -> None:
    decode(LifecycleOptions, options)
    await (await _stack(session, handle).lifecycle()).unpause(_services(services))


async def kill(session: Session, handle: int, services: bytes | None, options: bytes | None) -> None:
    wanted = decode(LifecycleOptions, options)
    await (await _stack(session, handle).lifecycle()).kill(_services(services), wanted.signal or "SIGKILL")


async def scale(session: Session, handle: int, replicas: bytes | None) -> None:
    wanted = object_of(replicas, "replicas")
    for name, number in wanted.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise ValidationError(
                f"replicas.{name}: expected a number from 0", path=f"replicas.{name}", expected="a number from 0"
            )
    await _stack(session, handle).scale(wanted)


# -- images -----------------------------------------------------------------------------------------


async def pull(session: Session, handle: int, options: bytes | None) -> ImagesReport:
    from perry_ffi.stack import images

    stack, wanted = _stack(session, handle), decode(ImagesOptions, options)
    return await images.pull(stack.context, await stack.model(), wanted.services, wanted.ignore_failures)


async def build(session: Session, handle: int, options: bytes | None) -> ImagesReport:
    from perry_ffi.stack import images

    stack, wanted = _stack(session, handle), decode(ImagesOptions, options)
    return await images.build(stack.context, await stack.model(), wanted.services, wanted.ignore_failures)


async def push(session: Session, handle: int, options: bytes | None) -> ImagesReport:
    from perry_ffi.stack import images

    stack, wanted = _stack(session, handle), decode(ImagesOptions, options)
    return await images.push(stack.context, await stack.model(), wanted.services, wanted.ignore_failures)
