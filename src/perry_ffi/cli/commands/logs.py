"""``perry-compose logs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import NUMBER, SERVICES, TEXT, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``logs``."""

    service: list[str]
    follow: bool
    index: int
    no_color: bool
    no_log_prefix: bool
    tail: str
    since: str | None
    until: str | None
    timestamps: bool
    format: str


COMMAND = Command(
    "logs",
    "show what containers said",
    (
        Flag("follow", "go on as long as containers run", "f"),
        Flag("index", "the container with this number, where a service has several", kind=NUMBER, default=0),
        Flag("no-color", "without colours"),
        Flag("no-log-prefix", "without the names of containers"),
        Flag("since", "a time (2026-01-31T12:00:00Z), or a duration back from now (10m)", kind=TEXT, value="TIME"),
        Flag("tail", "only the last N lines of each container", "n", TEXT, default="all", value="N"),
        Flag("timestamps", "with times", "t"),
        Flag("until", "a time, or a duration back from now", kind=TEXT, value="TIME"),
        Flag("format", "json: an object a line", kind=TEXT, default="text", words=("text", "json")),
    ),
    (SERVICES,),
    more="""The lines of all containers come in order of time. With --format json each is an object: service, container, replica,
stream (stdout or stderr), time, text; partial where the last line has no end.""",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the logs. Raises ContainerError."""
    from perry_ffi.cli.engine import project_name, with_engine
    from perry_ffi.cli.show.logs import LogLines, ObjectLines, follow
    from perry_ffi.model.base import validate
    from perry_ffi.model.container import LogOptions
    from perry_ffi.service import projects
    from perry_ffi.stack.logs import LogRequest

    wanted = {"tail": _lines(arguments.tail), "since": arguments.since, "until": arguments.until}
    request = LogRequest(tuple(arguments.service) or None, validate(LogOptions, wanted, "logs"), arguments.index or None)
    name, project = project_name(arguments, invocation)
    known = {} if project is None else project.all_services
    lines: LogLines | ObjectLines = ObjectLines()
    if arguments.format == "text":
        bare, times = arguments.no_log_prefix, arguments.timestamps
        lines = LogLines.on(invocation.screen, prefix=not bare, timestamps=times, colours=not arguments.no_color)

    async def shown(client: Client) -> None:
        how = projects.follow_logs if arguments.follow else projects.read_logs
        stream = await how(client, name, request, known)
        try:
            await follow(stream, lines)
        finally:
            await stream.aclose()

    with_engine(invocation, shown, progress=False)
    return 0


def _lines(text: str) -> int | None:
    """How many lines are asked for; None for all of them. Raises Usage."""
    if text == "all":
        return None
    try:
        return int(text)
    except ValueError:
        from perry_ffi.cli.usage import Usage

        raise Usage(f"--tail {text}: expected a number of lines, or all", "logs") from None
