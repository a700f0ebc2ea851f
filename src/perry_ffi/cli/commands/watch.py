"""``perry-compose watch``: does what ``develop.watch`` says when source files change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``watch``."""

    service: list[str]
    no_up: bool
    prune: bool
    quiet: bool


COMMAND = Command(
    "watch",
    "do what develop.watch says when source files change",
    (
        Flag("no-up", "do not build and start first"),
        Flag("prune", "remove images that a build leaves without a name", default=True),
        Flag("quiet", "do not show how builds go on"),
    ),
    (SERVICES,),
    more="Until it is interrupted; containers run on then. Changes are told by the kernel where it can (Linux), and looked for every "
    "half second elsewhere.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Bring up, and watch. Raises ContainerError."""
    from perry_ffi.cli.bringing import quiet
    from perry_ffi.cli.engine import load_project, with_engine, with_interrupts
    from perry_ffi.cli.planned import show_plan
    from perry_ffi.cli.terminal import say
    from perry_ffi.service import projects
    from perry_ffi.service.options import up_alone, up_built
    from perry_ffi.service.sources import sources

    project = load_project(arguments, invocation, arguments.service)
    named = list(arguments.service) or None
    options = up_alone([]) if arguments.no_up else up_built(named)
    if arguments.dry_run:
        return show_plan(with_engine(invocation, lambda client: projects.plan(client, project, options)))
    invocation.screen.unseen = quiet(build=arguments.quiet)

    async def work(client: Client, interrupts: Interrupts) -> None:
        found = await sources(client, project, named, say, prune=arguments.prune)
        if not arguments.no_up:
            await projects.up(client, project, options)
        await found.follow()

    with_interrupts(invocation, work)
    return 0
