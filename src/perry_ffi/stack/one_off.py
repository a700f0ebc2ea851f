"""``run`` and ``exec``: a command in a container of its own, or in one that runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from perry_ffi.cancellation import finish
from perry_ffi.errors import ContainerError, NotFound, Timeout
from perry_ffi.model.container import ExecOptions, ExecResult
from perry_ffi.model.stack import RunOptions, RunResult
from perry_ffi.runtime.readiness import Readiness, command_of
from perry_ffi.runtime.unshared import tell_unshared
from perry_ffi.runtime.watch import watching
from perry_ffi.stack import identity
from perry_ffi.stack.check import named
from perry_ffi.stack.conditions import hold as hold_conditions
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.delivery import put_files, refuse_unreachable, without_needless_carriers
from perry_ffi.stack.edges import service_edges
from perry_ffi.stack.index import Index
from perry_ffi.stack.inside import Wanted, engine_with, running_container
from perry_ffi.stack.mounted_files import with_mounted
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.observe import read_replicas
from perry_ffi.stack.one_off_spec import OneOff, one_off_of, spec_of
from perry_ffi.stack.options import Up
from perry_ffi.stack.services import require_services
from perry_ffi.stack.translate.archive import read_files
from perry_ffi.stack.translate.files import file_mounts
from perry_ffi.stack.up import plan as plan_up
from perry_ffi.stack.up import up
from perry_ffi.stack.verify import admitted_spec

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.compose.project import Project
    from perry_ffi.model.container import ContainerHandle
    from perry_ffi.runtime.plan import Plan


async def exec_in(
    context: StackContext, project: str, service: str, command: list[str], options: ExecOptions, number: int | None = None
) -> ExecResult:
    """Runs a command in a running container of ``service``: number ``number``, or the first.

    Raises NotFound if the service has no container, Conflict if it does not run.
    """
    row = await running_container(context, project, Wanted(service, number))
    return await (await engine_with(context, row)).exec_container(row.id, command, options)


Heard = Callable[[str, str], object]
"""Is called with ``stdout`` or ``stderr``, and a piece of text of it."""


async def run(
    context: StackContext, project: Project, service: str, options: RunOptions, heard: Heard | None = None
) -> RunResult:
    """Runs a one-off container of ``service`` to its end and gives its exit code and output.

    What the service depends on is brought up first. Cancelled, failed or too long (Timeout), the container is removed.
    heard: takes the output as it comes, and nothing of it is kept for the result then.
    """
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.one_off import run as of_cluster

        return await of_cluster(context, project, service, options, heard)
    created = await create(context, project, service, one_off_of(options))
    try:
        with command_of(service, created.name or "", SERVICES):
            result = await _to_the_end(context, created.id, created.name or "", options.timeout, heard)
        if not options.rm:
            # Docker tells of an end before its lists do; an inspection waits for that.
            await context.backend.inspect_container(created.id)
            return result
    except BaseException:
        # Why it failed says more than that it could not be removed.
        with suppress(ContainerError):
            await finish(remove(context.backend, created.id))
        raise
    await finish(remove(context.backend, created.id))
    return result


async def create(context: StackContext, project: Project, service: str, options: OneOff) -> ContainerHandle:
    """Makes a container of ``service`` that is not started yet, once all is there that it needs."""
    require_services([service], project.services)
    backend = context.backend
    project, notes = await anyio.to_thread.run_sync(with_mounted, project, abandon_on_cancel=True)
    for note in notes:
        context.bus.tell("warning", message=note)
    spec = spec_of(project, service, options, backend.api_socket)
    found = file_mounts(project.to_dict(), service, contents=project.contents)
    refuse_unreachable(backend, found)
    with named(f"services.{service}"):
        await backend.check_container(spec)
    tell_unshared(context.bus, backend, spec.volumes, f"services.{service}.volumes")
    await bring_up_around(context, project, service, options)
    spec = await admitted_spec(context, project, service, spec)
    spec = await without_needless_carriers(backend, spec)
    created = await backend.create_container(spec)
    try:
        await put_files(backend, created.id, await anyio.to_thread.run_sync(read_files, found, abandon_on_cancel=True))
    except BaseException:
        with suppress(ContainerError):
            await finish(remove(backend, created.id))
        raise
    return created


async def begin(context: StackContext, project: Project, service: str, options: OneOff) -> str:
    """Starts a container of ``service`` and gives its id, or the name of the service that it is; nobody waits for its end."""
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.one_off import begin as of_cluster

        return await of_cluster(context, project, service, options)
    made = await create(context, project, service, options)
    try:
        await context.backend.start_container(made.id)
    except BaseException:
        with suppress(ContainerError):
            await finish(remove(context.backend, made.id))
        raise
    return made.id


async def remove(backend: Backend, ident: str) -> None:
    """Removes it, whatever it does; somebody else may have been quicker."""
    with suppress(NotFound):
        await backend.remove_container(ident, force=True)


async def _to_the_end(context: StackContext, ident: str, name: str, timeout: float | None, heard: Heard | None) -> RunResult:
    backend = context.backend
    output: dict[str, list[str]] = {"stdout": [], "stderr": []}
    hear = heard or (lambda stream, text: output[stream].append(text))
    session = await backend.attach_container(ident)
    try:
        ending = await backend.wait_exit(ident)
    except BaseException:
        await session.aclose()
        raise
    try:
        with anyio.fail_after(timeout):
            await backend.start_container(ident)
            while (batch := await session.output.next()) is not None:
                for chunk in batch:
                    hear(chunk.stream, chunk.text)
            code = await ending.exit_code()
    except TimeoutError:
        raise Timeout(f"{name}: it did not end within {timeout:g} s", waitedFor=name, seconds=timeout) from None
    finally:
        await ending.aclose()
        await session.aclose()
    return RunResult(id=ident, name=name, exitCode=code, stdout="".join(output["stdout"]), stderr="".join(output["stderr"]))


async def plan(context: StackContext, project: Project, service: str, options: OneOff) -> Plan:
    """What is brought up first, or where that is nothing what else is made for the container. Changes nothing."""
    require_services([service], project.services)
    edges = _edges(project, service) if options.dependencies else {}
    wanted = await _of_dependencies(context, project, edges, options) if edges else of_itself(service, options)
    return await plan_up(context, project, wanted)


async def bring_up_around(context: StackContext, project: Project, service: str, options: OneOff) -> None:
    """What the container needs: what its service depends on, its image, networks and volumes."""
    edges = _edges(project, service)
    if edges and options.dependencies:
        await up(context, project, await _of_dependencies(context, project, edges, options))
        await hold(context, project, service)
    await up(context, project, of_itself(service, options))


async def hold(context: StackContext, project: Project, service: str) -> None:
    """Waits until the conditions on what the service depends on hold."""
    edges = _edges(project, service)
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.waits import hold_for

        return await hold_for(context, project.name, service, edges)
    async with watching(context.backend, identity.watched(project.name)) as watch:
        there = Index(await read_replicas(context.backend, project.name))
        readiness = Readiness(context.backend, watch, SERVICES, context.probed, context.bus)
        await hold_conditions(readiness, context.bus, service, edges, there, edges, None)


def _edges(project: Project, service: str) -> dict[str, Any]:
    return {name: edge for name, edge in service_edges(project.services[service]).items() if name in project.services}


async def _of_dependencies(context: StackContext, project: Project, edges: dict[str, Any], options: OneOff) -> Up:
    scale = await _present_scale(context, project)
    return Up(
        services=tuple(edges), no_recreate=options.no_recreate, keep_networks=True, scale=scale, pull=options.pull,
        build=options.build, remove_orphans=options.remove_orphans,
    )  # fmt: skip


def of_itself(service: str, options: OneOff) -> Up:
    """What else is made for a container of ``service``: its image, networks and volumes."""
    return Up(
        services=(service,), containers=False, dependencies=False, build=options.build, pull=options.pull,
        remove_orphans=options.remove_orphans,
    )  # fmt: skip


async def _present_scale(context: StackContext, project: Project) -> dict[str, int]:
    """How many containers each service has, where it has any: as many as it was scaled to."""
    rows = await read_replicas(context.backend, project.name)
    return dict(Counter(row.service for row in rows if row.service in project.services and not row.one_off))
