"""``perry-compose down``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SECONDS, SERVICES, TEXT, Command, Flag
from perry_ffi.cli.terminal import say

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.cleanup import CleanupReport
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``down``."""

    service: list[str]
    volumes: bool
    remove_orphans: bool | None
    rmi: str | None
    timeout: float | None
    dry_run: bool


COMMAND = Command(
    "down",
    "stop and remove containers and networks",
    (
        Flag("volumes", "remove the project's volumes, and what is in them", "v"),
        Flag("remove-orphans", "also containers of services that the file does not have", variable="COMPOSE_REMOVE_ORPHANS"),
        Flag("rmi", "remove images: local, those without a name of their own, or all", kind=TEXT, words=("local", "all")),
        Flag("timeout", "how long a container gets to stop", "t", SECONDS),
    ),
    (SERVICES,),
    more="Of services that are named only their containers go, the networks that nothing is on then, and with --volumes what no other has.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Take down; 1 if something could not be removed. Raises ContainerError."""
    from asyncio import CancelledError

    from perry_ffi.cli.engine import project_name, with_engine
    from perry_ffi.cli.planned import show_plan
    from perry_ffi.cli.variables import removes_orphans
    from perry_ffi.service import projects
    from perry_ffi.service.options import down_of_flags

    name, project = project_name(arguments, invocation, arguments.service)
    arguments.remove_orphans = removes_orphans(arguments.remove_orphans, invocation)
    options = down_of_flags(arguments)

    async def planned(client: Client) -> Plan:
        return await projects.plan_down(client, name, project or await projects.model_for_down(client, name, options), options)

    async def done(client: Client) -> CleanupReport:
        model = project or await projects.model_for_down(client, name, options)
        try:
            return await projects.down(client, name, model, options)
        except CancelledError:
            await _tell_what_is_left(client, name)
            raise

    if arguments.dry_run:
        return show_plan(with_engine(invocation, planned))
    report = with_engine(invocation, done)
    for error in report.errors:
        say(f"perry-compose: {error}")
    return 1 if report.errors else 0


async def _tell_what_is_left(client: Client, name: str) -> None:
    """Of one that was interrupted: what the engine had begun it has finished, perhaps."""
    from perry_ffi.errors import ContainerError
    from perry_ffi.service import projects

    try:
        rows = await projects.ps(client, name)
    except ContainerError as error:
        say(f"interrupted; what is left could not be looked at: {error.message}")
        return
    left = ", ".join(f"{row['name']} ({row['status']})" for row in rows) or "no container"
    say(f"interrupted; left: {left}; perry-compose down goes on with it")
