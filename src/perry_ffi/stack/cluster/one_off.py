"""``run`` on an engine that keeps services: a service of one task that is not started again, and goes when that has ended."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import anyio

from perry_ffi.backends.contract.service_definition import RestartRule, UpdatePolicy
from perry_ffi.backends.contract.service_records import ENDED
from perry_ffi.cancellation import finish
from perry_ffi.errors import ContainerError, NotFound, ServiceStartupFailed, Timeout, Unsupported
from perry_ffi.model.container import LogOptions
from perry_ffi.model.stack import RunOptions, RunResult
from perry_ffi.runtime.readiness import DEFAULT_SECONDS
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.ends import code_of
from perry_ffi.stack.cluster.naming import service_name
from perry_ffi.stack.cluster.readiness import judge_task
from perry_ffi.stack.cluster.reading import read_out, tell_lacking
from perry_ffi.stack.cluster.rows import node_of
from perry_ffi.stack.cluster.up import definition_of
from perry_ffi.stack.cluster.waiting import STUCK_SECONDS
from perry_ffi.stack.cluster.watch import certainly, until_gone, watching_services
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.one_off import bring_up_around, of_itself
from perry_ffi.stack.one_off_spec import OneOff, asked_for, one_off_of
from perry_ffi.stack.services import require_services

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_definition import ServiceDefinition
    from perry_ffi.backends.contract.service_records import ServiceState, TaskLog, TaskState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.compose.project import Project
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.one_off import Heard

STREAMS = ("stdout", "stderr")


class OneOffService:
    """One service of ``run``, for one command. name: in the engine."""

    def __init__(self, context: StackContext, services: Services, service: str, definition: ServiceDefinition) -> None:
        self._context, self.services = context, services
        self.service, self._definition, self.name = service, definition, definition.name
        self.id = ""

    async def create(self) -> None:
        """Makes it, and so its task begins. What was made goes where that fails or is cancelled."""

        async def there() -> str | None:
            with suppress(NotFound):
                return (await self.services.service(self.name)).id
            return None

        try:
            self.id = await certainly(lambda: self.services.create_service(self._definition), there)
        except BaseException:
            with suppress(ContainerError):
                await finish(self.remove())
            raise

    async def end(self) -> tuple[TaskState, int]:
        """Waits until its task has ended, and gives that and its exit code. Raises ServiceStartupFailed where it cannot begin, or its
        node went away.
        """
        stuck: list[float] = []

        def look(state: ServiceState | None, tasks: Sequence[TaskState]) -> tuple[TaskState, int] | None:
            task = tasks[-1] if tasks else None
            if state is None:
                self._fail("its service was removed meanwhile", task)
            if task is None or (task.wanted and task.state not in ENDED):
                self._refuse_stuck(task, stuck)
                return None
            if task.state in ("complete", "failed") and (task.state == "complete" or task.container):
                return task, code_of(task)
            self._fail(task.error or f"its task is {task.state}", task)

        async with watching_services(self.services, {identity.PROJECT: self._definition.labels[identity.PROJECT]}) as watch:
            return await watch.until(self.id, look)

    def _refuse_stuck(self, task: TaskState | None, since: list[float]) -> None:
        """Raises ServiceStartupFailed where no node has taken the task for a while: the engine would wait for ever."""
        verdict = None if task is None else judge_task("completed", task, None)
        if verdict is None or verdict.stuck is None:
            return since.clear()
        now = anyio.current_time()
        since[:] = since or [now]
        if now - since[0] >= STUCK_SECONDS:
            self._fail(verdict.stuck, task)

    def _fail(self, reason: str, task: TaskState | None) -> NoReturn:
        about = {} if task is None else {"exitCode": task.exit_code, "node": node_of(task) or None}
        raise ServiceStartupFailed(
            f"services.{self.service}: {self.name}: {reason}", reason=reason, container=self.name, **SERVICES.details(self.service), **about
        )  # fmt: skip

    async def said(self, task: TaskState) -> dict[str, str]:
        """All that it has said, by stream; nothing, and a warning, where the engine keeps no log of it to be read."""
        found = dict.fromkeys(STREAMS, "")

        def take(batch: Sequence[TaskLog]) -> None:
            for piece in batch:
                found[piece.stream] += piece.text

        try:
            lacking = await read_out(self.services, task.id, LogOptions(), {task.node}, take, task=True)
        except Unsupported as error:
            self._context.bus.tell(
                "warning", code="unreadable-log", message=f"{self.name}: {error.message}", service=self.service
            )
            return found
        tell_lacking(self._context.bus, self.service, lacking)
        return found

    async def remove(self) -> None:
        """Takes it away, whatever it does; somebody else may have been quicker."""
        await until_gone(lambda: self.services.remove_service(self.name))


async def prepared(context: StackContext, project: Project, service: str, options: OneOff) -> OneOffService:
    """One that is not made yet, once all is there that it needs: what the service depends on, image, networks, configs and secrets.

    Raises Unsupported for what a service of a cluster does not have: ports of its own choice.
    """
    services = context.backend.services
    assert services is not None
    require_services([service], project.services)
    if options.ports:
        raise Unsupported(
            "run: a port of a cluster is published by its service", member="ports", service=service,
            reason="ports of one command are not published", remedy="--service-ports publishes those of the service",
        )  # fmt: skip
    name = options.name or service_name(project.name, f"{service}-run-{secrets.token_hex(4)}")
    await bring_up_around(context, project, service, options)
    definition = _definition(await definition_of(context, project, service, of_itself(service, options)), name, options, project)
    await services.check_service(definition)
    return OneOffService(context, services, service, definition)


def _definition(own: ServiceDefinition, name: str, options: OneOff, project: Project) -> ServiceDefinition:
    """What the service of one command is made from, of what its own service is made from."""
    container = asked_for(own.container, replace(options, ports=()), project.working_dir)
    labels = {**own.labels, identity.ONE_OFF: "true"}
    return replace(
        own,
        name=name,
        labels=labels,
        container=container.model_copy(
            update={
                "labels": {**container.labels, identity.ONE_OFF: "true"},
                "ports": [],
                "rm": False,
                "stdin_open": False,
                "stdin_once": False,
            }
        ),
        replicas=1,
        ports=own.ports if options.service_ports else (),
        networks=tuple(use if options.use_aliases else replace(use, aliases=()) for use in own.networks),
        restart=RestartRule("none"),
        update=UpdatePolicy(failure_action="continue"),
    )


async def run(
    context: StackContext, project: Project, service: str, options: RunOptions, heard: Heard | None = None
) -> RunResult:
    """As ``stack.one_off.run``."""
    made = await prepared(context, project, service, one_off_of(options))
    await made.create()
    seconds = options.timeout
    try:
        with anyio.move_on_after(seconds) as scope:
            task, code = await (made.end() if heard is None else _heard_to_the_end(made, heard))
        if scope.cancelled_caught:
            bound = DEFAULT_SECONDS if seconds is None else seconds
            raise Timeout(f"{made.name}: it did not end within {bound:g} s", waitedFor=made.name, seconds=bound)
        said = dict.fromkeys(STREAMS, "") if heard is not None else await made.said(task)
    except BaseException:
        # Why it failed says more than that it could not be removed.
        with suppress(ContainerError):
            await finish(made.remove())
        raise
    if options.rm:
        await finish(made.remove())
    return RunResult(id=task.container or task.id, name=made.name, exitCode=code, stdout=said["stdout"], stderr=said["stderr"])


async def _heard_to_the_end(made: OneOffService, heard: Heard) -> tuple[TaskState, int]:
    """As ``OneOffService.end``, with its output told as it comes."""
    from perry_ffi.stack.cluster.talk import Output

    output = Output(made)
    output.begin()
    try:
        while (batch := await output.next()) is not None:
            for stream, piece in batch:
                heard(stream, piece.decode("utf-8", "surrogateescape"))
        return await output.ended
    finally:
        await finish(output.aclose())


async def begin(context: StackContext, project: Project, service: str, options: OneOff) -> str:
    """Starts one and gives the name of its service; nobody waits for its end, and ``down`` removes it."""
    made = await prepared(context, project, service, options)
    await made.create()
    return made.name
