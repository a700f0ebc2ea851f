"""A command in a service of a project that is brought up for it alone, and taken down afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.errors import Conflict
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.stack import RunOptions, RunResult
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.logs import Record
    from perry_ffi.stack.one_off import Heard
    from perry_ffi.stack.options import Up


@dataclass(frozen=True)
class Trial:
    """result: of the command. logs: of what it needs, where it failed. left: what could not be taken down."""

    result: RunResult
    logs: tuple[Record, ...] = ()
    left: tuple[str, ...] = ()


async def trial(
    client: Client,
    project: Project,
    service: str,
    command: RunOptions,
    bring_up: Up,
    *,
    keep: bool = False,
    heard: Heard | None = None,
) -> Trial:
    """Brings up what ``service`` needs and waits until it is ready, runs the command, and takes all of it down, volumes too.

    bring_up: whether images are built, pulled, and how long is waited. keep: nothing is taken down. heard: takes the command's output
    as it comes, which is then not in the result. Also where it fails or is cancelled nothing stays. Raises Conflict where the
    project has containers already: they are not this trial's to take down.
    """
    from dataclasses import replace

    from perry_ffi.cancellation import uninterrupted
    from perry_ffi.service.options import down_whole
    from perry_ffi.stack.down import down
    from perry_ffi.stack.observe import list_own
    from perry_ffi.stack.services import require_services

    require_services([service], project.services)
    context = await stack_context(client)
    if await list_own(context.backend, project.name):
        raise Conflict(
            f"project {project.name}: it has containers already, and what a test brings up is taken down again",
            project=project.name, remedy=Advice("{} takes them down; or give the test another name", Operation("down", (Option("volumes"),))),
        )  # fmt: skip
    left: tuple[str, ...] = ()
    try:
        result, logs = await _run(context, project, service, command, replace(bring_up, rollback=not keep), heard)
    finally:
        if not keep:
            report = await uninterrupted(down(context, project.name, project, down_whole()))
            left = tuple(map(str, report.errors))
    return Trial(result, tuple(logs), left)


async def _run(
    context: StackContext, project: Project, service: str, command: RunOptions, bring_up: Up, heard: Heard | None
) -> tuple[RunResult, list[Record]]:
    from dataclasses import replace

    from perry_ffi.model.container import LogOptions
    from perry_ffi.stack.edges import service_edges
    from perry_ffi.stack.logs import LogRequest, logs
    from perry_ffi.stack.one_off import run
    from perry_ffi.stack.up import up

    needs = tuple(name for name in service_edges(project.services[service]) if name in project.services)
    if needs:
        await up(context, project, replace(bring_up, services=needs, wait=True))
    await up(context, project, replace(bring_up, services=(service,), containers=False, dependencies=False))
    result = await run(context, project, service, command, heard)
    if not result.exit_code or not needs:
        return result, []
    return result, await logs(context, project.name, LogRequest(None, LogOptions()), project.services)
