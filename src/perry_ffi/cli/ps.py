"""``perry-compose ps``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli.arguments import GlobalArguments
from perry_ffi.cli.terminal import out

if TYPE_CHECKING:
    from perry_ffi.cli.arguments import Subcommands
    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.stack_status import ServiceStatus

_RUNNING = ("running", "restarting", "paused")


class Arguments(GlobalArguments):
    """The values of the options of ``ps``."""

    service: list[str]
    all: bool
    quiet: bool
    services: bool
    format: str


def add_parser(commands: Subcommands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("ps", help="list containers", allow_abbrev=False)
    add = parser.add_argument
    add("service", nargs="*", help="only these services")
    add("-a", "--all", action="store_true", help="also those that do not run")
    add("-q", "--quiet", action="store_true", help="only ids")
    add("--services", action="store_true", help="only names of services")
    add("--format", choices=("table", "json"), default="table", help="json: a list of objects")
    parser.set_defaults(run=run, engine=True)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the containers. Raises ContainerError."""
    from perry_ffi.cli.engine import project_name, table, with_engine
    from perry_ffi.service import projects
    from perry_ffi.stack.services import require_services

    name, project = project_name(arguments, invocation)
    known = {} if project is None else {**project.services, **project.disabled_services}
    rows = with_engine(invocation.engine_env, lambda client: projects.ps(client, name), progress=False)
    require_services(arguments.service, known, {row["service"] for row in rows})
    rows = [row for row in rows if arguments.all or row["status"] in _RUNNING]
    rows = [row for row in rows if not arguments.service or row["service"] in arguments.service]
    if arguments.format == "json":
        import json

        out(json.dumps(rows, indent=2) + "\n")
    elif arguments.quiet:
        out("".join(f"{row['id']}\n" for row in rows))
    elif arguments.services:
        out("".join(f"{service}\n" for service in sorted({row["service"] for row in rows})))
    else:
        shown = [{**row, "status": _status(row)} for row in rows]
        out(table(shown, ("name", "image", "service", "status", "ports")))
    return 0


def _status(row: ServiceStatus) -> str:
    if row["status"] in ("exited", "dead"):
        return f"{row['status']} ({row['exitCode']})"
    return f"{row['status']} ({row['health']})" if row["health"] else row["status"]
