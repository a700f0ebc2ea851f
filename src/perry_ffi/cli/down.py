"""``perry-compose down``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli.arguments import GlobalArguments
from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import out, plain, say
from perry_ffi.cli.values import seconds

if TYPE_CHECKING:
    from perry_ffi.cli.arguments import Subcommands
    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.cleanup import CleanupReport
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.service.client import Client


class Arguments(GlobalArguments):
    """The values of the options of ``down``."""

    volumes: bool
    remove_orphans: bool
    rmi: str | None
    timeout: float | None
    dry_run: bool


def add_parser(commands: Subcommands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("down", help="stop and remove containers and networks", allow_abbrev=False)
    add = parser.add_argument
    add("-v", "--volumes", action="store_true", help="remove the project's volumes, and what is in them")
    add("--remove-orphans", action="store_true", help="also containers of services that the file does not have")
    add("--rmi", choices=("local", "all"), help="remove images: local, those without a name of their own, or all")
    add("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long a container gets to stop")
    add("--dry-run", action="store_true", help="print the plan and change nothing")
    parser.set_defaults(run=run, engine=True)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Take down; 1 if something could not be removed. Raises ContainerError."""
    from perry_ffi.cli.engine import project_name, with_engine
    from perry_ffi.service import projects
    from perry_ffi.service.options import down_of_flags

    name, project = project_name(arguments, invocation)
    options = down_of_flags(arguments)

    async def planned(client: Client) -> Plan:
        return await projects.plan_down(client, name, project or await projects.model_for_down(client, name, options), options)

    async def done(client: Client) -> CleanupReport:
        return await projects.down(client, name, project or await projects.model_for_down(client, name, options), options)

    if arguments.dry_run:
        out(plain(with_engine(invocation.engine_env, planned).text(spelled)))
        return 0
    report = with_engine(invocation.engine_env, done)
    for error in report.errors:
        say(f"perry-compose: {error}")
    return 1 if report.errors else 0
