"""``perry-compose logs``."""

from __future__ import annotations

import argparse
from collections.abc import Container, Sequence
from typing import Any

from .terminal import plain


def add_parser(commands: Any) -> None:
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


def run(arguments: argparse.Namespace, context: Any) -> int:
    """Print the logs. Raises ContainerError."""
    from ..model.base import validate
    from ..model.container import LogOptions
    from ..stack.logs import LogRequest, logs
    from .engine import project_name, with_engine

    name, project = project_name(arguments, context)
    known = () if project is None else project.services
    wanted = {"tail": arguments.tail, "since": arguments.since, "until": arguments.until}
    request = LogRequest(tuple(arguments.service) or None, validate(LogOptions, wanted, "logs"))
    if arguments.follow:
        with_engine(context.env, lambda stacks: follow(stacks, name, request.services, arguments, request, known), progress=False)
        return 0
    for record in with_engine(context.env, lambda stacks: logs(stacks, name, request, known), progress=False):
        print(line(record, arguments), flush=True)
    return 0


def line(record: dict[str, Any], arguments: argparse.Namespace | None) -> str:
    """A record as a line."""
    if arguments is not None and getattr(arguments, "format", "text") == "json":
        import json

        return json.dumps(record, ensure_ascii=False)
    time = f"{record['time']} " if arguments is not None and getattr(arguments, "timestamps", False) else ""
    bare = arguments is not None and getattr(arguments, "no_log_prefix", False)
    return f"{time}{record['text']}" if bare else f"{plain(record['container'])}  | {time}{record['text']}"


async def follow(
    stacks: Any,
    project: str,
    services: Sequence[str] | None,
    arguments: argparse.Namespace | None = None,
    request: Any = None,
    known: Container[str] = (),
) -> None:
    """Prints records as they come, until the last container has ended."""
    from ..stack.follow import FollowedLogs
    from ..stack.logs import LogRequest

    wanted = request or LogRequest(None if services is None else tuple(services))
    stream = await FollowedLogs(stacks, project, wanted, known).open()
    try:
        while (batch := await stream.next()) is not None:
            for record in batch:
                print(line(record, arguments), flush=True)
    finally:
        await stream.aclose()
