"""A command in a service of a project that is brought up for it alone, and taken down afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.errors import Conflict, ContainerError
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.stack import RunOptions, RunResult
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.logs import Record
    from perry_ffi.stack.one_off import Heard
    from perry_ffi.stack.options import Up


@dataclass(frozen=True)
class Trial:
    """outcome: of the command, or why it did not come to an end. logs: of what it needs, where it failed. left: what could not be
    taken down.
    """

    outcome: RunResult | ContainerError
    logs: tuple[Record, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return isinstance(self.outcome, ContainerError) or self.outcome.exit_code != 0

    def exit_code(self) -> int:
        """Of the command. Raises what kept it from its end."""
        if isinstance(self.outcome, ContainerError):
            raise self.outcome
        return self.outcome.exit_code


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
    as it comes, which is then not in the result. Ports of the host are the engine's choice, so that others of the project may run.
    Also where it fails or is cancelled nothing stays. Raises NotFound for a service that there is none of, Conflict where the
    project has containers already: they are not this trial's to take down. What fails later is the outcome.
    """
    from perry_ffi.cancellation import uninterrupted
    from perry_ffi.service.options import down_whole
    from perry_ffi.stack.down import down

    context, project = await _ready(client, project, service)
    outcome: RunResult | ContainerError
    logs: list[Record] = []
    left: tuple[str, ...] = ()
    try:
        try:
            outcome = await _run(context, project, service, command, bring_up, heard)
        except ContainerError as error:
            outcome = error
        if Trial(outcome).failed:
            logs = await _logs(context, project)
    finally:
        if not keep:
            report = await uninterrupted(down(context, project.name, project, down_whole()))
            left = tuple(map(str, report.errors))
    if isinstance(outcome, ContainerError) and not keep:
        outcome.details["rolledBack"] = not left
    return Trial(outcome, tuple(logs), left)


async def plan(client: Client, project: Project, service: str, bring_up: Up) -> Plan:
    """What ``trial`` would bring up before it runs the command. Changes nothing. Raises as ``trial``."""
    from dataclasses import replace

    from perry_ffi.stack.up import plan as plan_up

    context, project = await _ready(client, project, service)
    needs = _needs(project, service)
    return await plan_up(
        context, project, replace(bring_up, services=needs, wait=True) if needs else _of_itself(service, bring_up)
    )


async def _ready(client: Client, project: Project, service: str) -> tuple[StackContext, Project]:
    """The engine, and the project as it is tried. Raises NotFound, Conflict."""
    from perry_ffi.stack.observe import list_own
    from perry_ffi.stack.services import require_services

    require_services([service], project.services)
    context = await stack_context(client)
    if await list_own(context.backend, project.name):
        taken_down = Operation("down", (Option("projectName", project.name), Option("volumes")))
        raise Conflict(
            f"project {project.name}: it has containers already, and what a test brings up is taken down again",
            project=project.name, remedy=Advice("give the test another name by {}; or {} takes them down", Option("projectName", "NAME"), taken_down),
        )  # fmt: skip
    return context, project.replace(services={name: _with_any_ports(row) for name, row in project.services.items()})


def _with_any_ports(tree: dict[str, Any]) -> dict[str, Any]:
    """The service with the engine's choice of each port of the host that it names."""
    ports = [{name: value for name, value in row.items() if name != "published"} for row in tree.get("ports") or ()]
    return {**tree, "ports": ports} if ports else tree


def _needs(project: Project, service: str) -> tuple[str, ...]:
    from perry_ffi.stack.edges import service_edges

    return tuple(name for name in service_edges(project.services[service]) if name in project.services)


def _of_itself(service: str, bring_up: Up) -> Up:
    """What else is made for a container of the service: its image, networks and volumes."""
    from dataclasses import replace

    return replace(bring_up, services=(service,), containers=False, dependencies=False)


async def _run(
    context: StackContext, project: Project, service: str, command: RunOptions, bring_up: Up, heard: Heard | None
) -> RunResult:
    """A failed start is left as it is, for its logs: whoever asked takes it down."""
    from dataclasses import replace

    from perry_ffi.stack.one_off import hold, run
    from perry_ffi.stack.up import up

    how = replace(bring_up, rollback=False)
    if needs := _needs(project, service):
        await up(context, project, replace(how, services=needs, wait=True))
        await hold(context, project, service)
    await up(context, project, _of_itself(service, how))
    # What it needs is there; a job of that is not to run twice.
    return await run(context, project, service, command.model_copy(update={"dependencies": False}), heard)


async def _logs(context: StackContext, project: Project) -> list[Record]:
    """Of what was brought up, as far as there is any."""
    from contextlib import suppress

    from perry_ffi.model.container import LogOptions
    from perry_ffi.stack.logs import LogRequest, logs

    with suppress(ContainerError):
        return await logs(context, project.name, LogRequest(None, LogOptions()), project.services)
    return []
