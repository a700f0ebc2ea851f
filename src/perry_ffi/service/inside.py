"""What is done inside the containers of a project: commands, conversations, images and tar files of them, waits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context

if TYPE_CHECKING:
    from perry_ffi.backends.contract.interaction import CommitOptions, ExecConversation, Terms
    from perry_ffi.backends.contract.stream import Stream
    from perry_ffi.compose.project import Project
    from perry_ffi.model.container import ExecOptions
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.stack.attached import Attached
    from perry_ffi.stack.inside import Wanted
    from perry_ffi.stack.observed import Replica
    from perry_ffi.stack.one_off_spec import OneOff


async def find(client: Client, project: str, wanted: Wanted, *, running: bool = False) -> Replica:
    """The container that is wanted. running: Conflict where it does not run. Raises NotFound."""
    from perry_ffi.stack.inside import container_of, running_container

    choose = running_container if running else container_of
    return await choose(await stack_context(client), project, wanted)


async def talk_to_command(
    client: Client, project: str, wanted: Wanted, command: Sequence[str], options: ExecOptions, terms: Terms
) -> ExecConversation:
    """Runs a command in a container that runs, and talks to it. Raises NotFound and Conflict as there is no such container."""
    from perry_ffi.stack.inside import engine_with, running_container

    context = await stack_context(client)
    row = await running_container(context, project, wanted)
    return await (await engine_with(context, row)).talk_to_command(row.id, command, options, terms)


async def names_in(client: Client, project: str, wanted: Wanted, folder: str) -> list[str]:
    """What is in a folder of a container that runs, by its own ``ls``: names, those of folders with a ``/`` behind them.

    None where there is no such folder. Raises NotFound and Conflict as there is no such container, and what its engine raises where
    it has no ``ls``.
    """
    from perry_ffi.model.base import validate
    from perry_ffi.model.container import ExecOptions
    from perry_ffi.stack.inside import engine_with, running_container

    context = await stack_context(client)
    row = await running_container(context, project, wanted)
    command = ["ls", "-1ApL", "--", folder]
    said = await (await engine_with(context, row)).exec_container(row.id, command, validate(ExecOptions, {}))
    return said.stdout.splitlines()


async def exec_detached(client: Client, project: str, wanted: Wanted, command: Sequence[str], options: ExecOptions) -> None:
    """The same, and goes away."""
    from perry_ffi.stack.inside import engine_with, running_container

    context = await stack_context(client)
    row = await running_container(context, project, wanted)
    await (await engine_with(context, row)).exec_detached(row.id, command, options)


async def attach(client: Client, project: str, wanted: Wanted, terms: Terms) -> Attached:
    """Talks to the main process of a container that runs. Raises Conflict where it does not."""
    from perry_ffi.stack.attached import Attached
    from perry_ffi.stack.inside import engine_with, running_container

    context = await stack_context(client)
    row = await running_container(context, project, wanted)
    return await Attached(await engine_with(context, row), row.id, row.name, terms, runs=True).open()


async def run(client: Client, project: Project, service: str, options: OneOff, terms: Terms) -> Attached:
    """Makes a one-off container and talks to it; ``Attached.start`` has it run. With ``options.rm`` it goes with the conversation.

    On an engine of services it is one of a single task, hears nothing, and goes in any case; Unsupported for a terminal.
    """
    from perry_ffi.stack.attached import Attached
    from perry_ffi.stack.one_off import create

    context = await stack_context(client)
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.one_off import prepared
        from perry_ffi.stack.cluster.talk import AttachedOneOff, refuse_terminal

        refuse_terminal(terms)
        return await AttachedOneOff(context, await prepared(context, project, service, options), terms).open()
    made = await create(context, project, service, options)
    return await Attached(context.backend, made.id, made.name or made.id, terms, removes=options.rm, fresh=True).open()


async def plan_run(client: Client, project: Project, service: str, options: OneOff) -> Plan:
    """What ``run`` would do before it makes its container. Changes nothing."""
    from perry_ffi.stack.one_off import plan

    return await plan(await stack_context(client), project, service, options)


async def run_detached(client: Client, project: Project, service: str, options: OneOff) -> str:
    """Starts a one-off container and gives its id."""
    from perry_ffi.stack.one_off import begin

    return await begin(await stack_context(client), project, service, options)


async def commit(client: Client, project: str, wanted: Wanted, reference: str | None, options: CommitOptions) -> str:
    """Makes an image of a container, and gives its id."""
    from perry_ffi.stack.inside import container_of, engine_with

    context = await stack_context(client)
    row = await container_of(context, project, wanted)
    return await (await engine_with(context, row)).commit_container(row.id, reference, options)


async def export(client: Client, project: str, wanted: Wanted) -> Stream[bytes]:
    """All files of a container as a tar file. Whoever asked closes it."""
    from perry_ffi.stack.inside import container_of, engine_with

    context = await stack_context(client)
    row = await container_of(context, project, wanted)
    return await (await engine_with(context, row)).export_container(row.id)


async def wait(client: Client, project: str, services: Sequence[str]) -> AsyncIterator[tuple[Replica, int]]:
    """The containers of services that run or have ended, each with its exit code as it ends. Raises NotFound where there is none."""
    from perry_ffi.stack.ends import ends

    async for ended in ends(await stack_context(client), project, services):
        yield ended
