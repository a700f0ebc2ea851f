"""``perry-compose logs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.cli.arguments import GlobalArguments
from perry_ffi.cli.terminal import flush, out, plain

if TYPE_CHECKING:
    from perry_ffi.cli.arguments import Subcommands
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.client import Client
    from perry_ffi.stack.follow import FollowedLogs


class Arguments(GlobalArguments):
    """The values of the options of ``logs``."""

    service: list[str]
    follow: bool
    tail: int | None
    since: str | None
    until: str | None
    timestamps: bool
    no_log_prefix: bool
    format: str


def add_parser(commands: Subcommands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("logs", help="show what containers said", allow_abbrev=False)
    add = parser.add_argument
    add("service", nargs="*", help="only these services")
    add("-f", "--follow", action="store_true", help="go on as long as containers run")
    add("-n", "--tail", type=int, metavar="N", help="only the last N lines of each container")
    add("--since", metavar="TIME", help="a time, or a duration back from now")
    add("--until", metavar="TIME", help="a time, or a duration back from now")
    add("-t", "--timestamps", action="store_true", help="with times")
    add("--no-log-prefix", action="store_true", help="without the names of containers")
    add("--format", choices=("text", "json"), default="text", help="json: one record a line")
    parser.set_defaults(run=run, engine=True)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the logs. Raises ContainerError."""
    from perry_ffi.cli.engine import project_name, with_engine
    from perry_ffi.model.base import validate
    from perry_ffi.model.container import LogOptions
    from perry_ffi.service import projects
    from perry_ffi.stack.logs import LogRequest

    name, project = project_name(arguments, invocation)
    known = {} if project is None else {**project.services, **project.disabled_services}
    wanted = {"tail": arguments.tail, "since": arguments.since, "until": arguments.until}
    request = LogRequest(tuple(arguments.service) or None, validate(LogOptions, wanted, "logs"))

    async def followed(client: Client) -> None:
        stream = await projects.follow_logs(client, name, request, known)
        try:
            await follow(stream, arguments)
        finally:
            await stream.aclose()

    if arguments.follow:
        with_engine(invocation.engine_env, followed, progress=False)
        return 0
    for record in with_engine(invocation.engine_env, lambda client: projects.logs(client, name, request, known), progress=False):
        out(f"{line(record, arguments)}\n")
    return 0


def line(record: dict[str, Any], arguments: Arguments | None) -> str:
    """A record as a line."""
    if arguments is not None and arguments.format == "json":
        import json

        return json.dumps(record, ensure_ascii=False)
    time = f"{record['time']} " if arguments is not None and arguments.timestamps else ""
    bare = arguments is not None and arguments.no_log_prefix
    return f"{time}{record['text']}" if bare else f"{plain(record['container'])}  | {time}{record['text']}"


async def follow(stream: FollowedLogs, arguments: Arguments | None = None) -> None:
    """Prints the records of a stream as they come, until its end."""
    while (batch := await stream.next()) is not None:
        for record in batch:
            out(f"{line(record, arguments)}\n")
        flush()
