"""``perry-compose ps``."""

from __future__ import annotations

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, TEXTS, Command, Flag
from perry_ffi.cli.terminal import out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.show.rows import Form
    from perry_ffi.model.container_info import ContainerInfo
    from perry_ffi.service.client import Client
    from perry_ffi.service.reader import Reader

_STATES = ("paused", "restarting", "removing", "running", "dead", "created", "exited")


class Arguments(table.Arguments):
    """The values of the options of ``ps``."""

    service: list[str]
    all: bool
    quiet: bool
    services: bool
    filter: str | None
    status: list[str]
    orphans: bool
    no_trunc: bool
    format: str
    watch: bool


COMMAND = Command(
    "ps",
    "list containers",
    (
        Flag("all", "also those that do not run, and those of run", "a"),
        Flag("quiet", "only ids", "q"),
        Flag("services", "only names of services"),
        Flag("filter", "only what matches: status=running", kind=TEXT, value="KEY=VALUE"),
        Flag("status", "only containers in this state (repeat for more)", kind=TEXTS, words=_STATES, value="STATE"),
        Flag("orphans", "also containers of services that the file does not have (--orphans=false: not)", default=True),
        Flag("no-trunc", "whole ids, commands and lines"),
        Flag("format", "table, json (an object a line), or a Go template", kind=TEXT, default="table", value="FORM"),
        Flag("watch", "go on, and show what changes: also what ends; in a pipe a line for each change", "w"),
    ),
    (SERVICES,),
    looks=True,
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the containers. Raises ContainerError."""
    from perry_ffi.cli import read
    from perry_ffi.cli.show import containers
    from perry_ffi.cli.show.rows import Form
    from perry_ffi.service import project_containers as known

    form = Form(arguments.format, heads=containers.HEADS)
    states = _states(arguments)
    if arguments.watch and (arguments.quiet or arguments.services):
        from perry_ffi.cli.usage import Usage

        raise Usage("--watch and --quiet or --services contradict each other", "ps")
    name, project = read.project(arguments, invocation, model=bool(arguments.service) or not arguments.orphans)

    async def work(reader: Reader) -> list[dict[str, Any]]:
        rows = known.of_services(await known.containers(reader, name), arguments.service, read.services_of(project))
        if project is not None and not arguments.orphans:
            rows = [info for info in rows if known.service_of(info) in project.services]
        rows = [info for info in rows if _is_shown(info, arguments, states)]
        if not arguments.quiet and not arguments.services:
            rows = await known.detailed(reader, rows)
        return [
            containers.row(
                info, reader.name, name, known.service_of(info), known.number_of(info), known.is_one_off(info),
                whole=arguments.no_trunc or arguments.quiet,
            )
            for info in rows
        ]  # fmt: skip

    if arguments.watch:
        return _watch(arguments, invocation, form, name, work)
    rows = read.ask(invocation, work)
    if arguments.quiet:
        out("".join(f"{row['ID']}\n" for row in rows))
    elif arguments.services:
        out("".join(f"{service}\n" for service in dict.fromkeys(row["Service"] for row in rows)))
    else:
        width = None if arguments.no_trunc else invocation.screen.width
        out(form.text(rows, containers.columns(rows), width, list(map(containers.shown, rows)), containers.MEMBERS))
    return 0


def _watch(
    arguments: Arguments, invocation: Invocation, form: Form, name: str, work: Callable[[Reader], Awaitable[list[dict[str, Any]]]]
) -> int:
    """Until it is interrupted. Raises ContainerError."""
    from perry_ffi.cli.read import ready

    ready(invocation)
    from perry_ffi.cli.engine import with_engine
    from perry_ffi.cli.show import containers
    from perry_ffi.cli.show.watching import Lines, Painted, watch

    screen = invocation.screen
    arguments.all = arguments.all or not (arguments.status or arguments.filter)

    def text(rows: Sequence[Any]) -> str:
        width = None if arguments.no_trunc else screen.width
        return form.text(rows, containers.columns(rows), width, list(map(containers.shown, rows)), containers.MEMBERS)

    painted = form.table and screen.moves
    shown = Painted(screen, text) if painted else Lines(None if form.table else text)

    async def watched(client: Client) -> None:
        from perry_ffi.service.project_events import changes
        from perry_ffi.service.reader import ClientReader

        async with changes(client, name) as happens:
            reader = await ClientReader(client).open()
            await watch(happens, lambda: work(reader), shown)

    with_engine(invocation, watched, progress=False)
    return 0


def _states(arguments: Arguments) -> list[str]:
    """Those that are asked for. Raises ValidationError for a filter that is none."""
    if not arguments.filter:
        return arguments.status
    key, _, value = arguments.filter.partition("=")
    if key != "status" or value not in _STATES:
        from perry_ffi.errors import ValidationError

        raise ValidationError(
            f"--filter {arguments.filter}: it is no filter of ps", path="filter", expected=f"status={'|'.join(_STATES)}",
            remedy=f"--filter status=STATE, where STATE is one of {', '.join(_STATES)}",
        )  # fmt: skip
    return [*arguments.status, value]


def _is_shown(info: ContainerInfo, arguments: Arguments, states: list[str]) -> bool:
    from perry_ffi.service.project_containers import UP, is_one_off

    if states:
        return info.status in states
    # A task that waits for a node, or that its node refused, is one that should run.
    should_run = info.status in UP or (info.place is not None and info.status != "exited")
    return arguments.all or (should_run and not is_one_off(info))
