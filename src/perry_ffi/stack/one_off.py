"""``run`` and ``exec``: a command in a container of its own, or in one that runs."""

from __future__ import annotations

import secrets
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from perry_ffi.cancellation import finish
from perry_ffi.errors import Conflict, ContainerError, NotFound, Timeout
from perry_ffi.model.container import ExecOptions, ExecResult
from perry_ffi.model.service import ServiceSpec
from perry_ffi.model.stack import RunOptions, RunResult
from perry_ffi.runtime.readiness import Readiness, command_of
from perry_ffi.runtime.watch import watching
from perry_ffi.stack import identity
from perry_ffi.stack.check import named
from perry_ffi.stack.conditions import hold
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.delivery import put_files, refuse_unreachable, without_needless_carriers
from perry_ffi.stack.desired import service_edges
from perry_ffi.stack.elsewhere import present_replicas
from perry_ffi.stack.index import Index
from perry_ffi.stack.mounted_files import with_mounted
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.observe import read_replicas
from perry_ffi.stack.options import Up
from perry_ffi.stack.services import require_services
from perry_ffi.stack.translate.archive import read_files
from perry_ffi.stack.translate.build import image_name
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.files import file_mounts
from perry_ffi.stack.up import up
from perry_ffi.stack.verify import admitted_spec

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.compose.project import Project
    from perry_ffi.model.api_socket import ApiSocket


async def exec_in(
    context: StackContext, project: str, service: str, command: list[str], options: ExecOptions, number: int | None = None
) -> ExecResult:
    """Runs a command in a running container of ``service``: number ``number``, or the first.

    Raises NotFound if the service has no container, Conflict if it does not run.
    """
    rows = [r for r in await present_replicas(context, project) if r.service == service and not r.one_off]
    rows = [r for r in rows if number is None or r.number == number]
    if not rows:
        raise NotFound(f"services.{service}: it has no container" + (f" {number}" if number else ""), service=service)
    running = [r for r in rows if r.status == "running"]
    if not running:
        raise Conflict(f"services.{service}: {rows[0].name} does not run ({rows[0].status})", service=service)
    return await context.backend.exec_container(running[0].id, command, options)


async def run(context: StackContext, project: Project, service: str, options: RunOptions) -> RunResult:
    """Runs a one-off container of ``service`` to its end and gives its exit code and output.

    What the service depends on is brought up first. Cancelled, failed or too long (Timeout), the container is removed.
    """
    require_services([service], project.services)
    backend = context.backend
    project, notes = await anyio.to_thread.run_sync(with_mounted, project, abandon_on_cancel=True)
    for note in notes:
        context.bus.tell("warning", message=note)
    spec = _spec(project, service, options, backend.api_socket)
    found = file_mounts(project.to_dict(), service, contents=project.contents)
    refuse_unreachable(backend, found)
    with named(f"services.{service}"):
        await backend.check_container(spec)
    await _bring_up_around(context, project, service, options.dependencies)
    spec = await admitted_spec(context, project, service, spec)
    spec = await without_needless_carriers(backend, spec)
    created = await backend.create_container(spec)
    try:
        await put_files(backend, created.id, await anyio.to_thread.run_sync(read_files, found, abandon_on_cancel=True))
        with command_of(service, created.name or "", SERVICES):
            result = await _to_the_end(context, created.id, created.name or "", options.timeout)
        if not options.rm:
            # Docker tells of an end before its lists do; an inspection waits for that.
            await backend.inspect_container(created.id)
            return result
    except BaseException:
        # Why it failed says more than that it could not be removed.
        with suppress(ContainerError):
            await finish(_remove(backend, created.id))
        raise
    await finish(_remove(backend, created.id))
    return result


async def _remove(backend: Backend, ident: str) -> None:
    """Somebody else may have been quicker."""
    with suppress(NotFound):
        await backend.remove_container(ident, force=True)


async def _to_the_end(context: StackContext, ident: str, name: str, timeout: float | None) -> RunResult:
    backend = context.backend
    output: dict[str, list[str]] = {"stdout": [], "stderr": []}
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
                    output[chunk.stream].append(chunk.text)
            code = await ending.exit_code()
    except TimeoutError:
        raise Timeout(f"{name}: it did not end within {timeout:g} s", waitedFor=name, seconds=timeout) from None
    finally:
        await ending.aclose()
        await session.aclose()
    return RunResult(id=ident, name=name, exitCode=code, stdout="".join(output["stdout"]), stderr="".join(output["stderr"]))


async def _bring_up_around(context: StackContext, project: Project, service: str, dependencies: bool) -> None:
    """What the container needs: what its service depends on, its image, networks and volumes."""
    edges = {name: edge for name, edge in service_edges(project.services[service]).items() if name in project.services}
    if edges and dependencies:
        scale = await _present_scale(context, project)
        await up(context, project, Up(services=tuple(edges), no_recreate=True, keep_networks=True, scale=scale))
        async with watching(context.backend, identity.watched(project.name)) as watch:
            there = Index(await read_replicas(context.backend, project.name))
            await hold(
                Readiness(context.backend, watch, SERVICES, context.probed), context.bus, service, edges, there, edges, None
            )
    await up(context, project, Up(services=(service,), containers=False, dependencies=False))


async def _present_scale(context: StackContext, project: Project) -> dict[str, int]:
    """How many containers each service has, where it has any: as many as it was scaled to."""
    rows = await read_replicas(context.backend, project.name)
    return dict(Counter(row.service for row in rows if row.service in project.services and not row.one_off))


def _spec(project: Project, service: str, options: RunOptions, api_socket: ApiSocket | None) -> ServiceSpec:
    slug = secrets.token_hex(6)
    document = project.to_dict()
    name = options.name or identity.one_off_name(project.name, service, slug)
    labels = identity.container_labels(
        project.name, service, 1, digest="", image_id="", depends_on={}, working_dir=project.working_dir,
        files=[str(file) for file in project.files], one_off=True,
    )  # fmt: skip
    spec = service_spec(
        document, service, 1, image=image_name(document, service), labels=labels, name=name, use_aliases=False,
        api_socket=api_socket, working_dir=project.working_dir or None,
    )  # fmt: skip
    asked = {
        "cmd": options.cmd,
        "entrypoint": options.entrypoint,
        "user": options.user,
        "workdir": options.workdir,
        "env": {**spec.env, **options.env},
        "labels": {**options.labels, **spec.labels},
    }
    changes: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
    if not options.service_ports:
        changes["ports"] = []
    return spec.model_copy(update={**changes, "restart": None})
