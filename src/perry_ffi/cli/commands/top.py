"""``perry-compose top``."""

from __future__ import annotations

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag
from perry_ffi.cli.terminal import out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.reader import Reader


class Arguments(table.Arguments):
    """The values of the options of ``top``."""

    service: list[str]
    format: str


COMMAND = Command(
    "top",
    "list processes of the containers",
    (Flag("format", "table, json (one array), or a Go template", kind=TEXT, default="table", value="FORM"),),
    (SERVICES,),
    looks=True,
)
_SERVICE, _NUMBER = "SERVICE", "#"


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print what runs in the containers that run. Raises ContainerError."""
    from perry_ffi.cli import read
    from perry_ffi.cli.show.rows import Column, Form
    from perry_ffi.service import project_containers as known

    form = Form(arguments.format, array=True, literal=False)
    name, project = read.project(arguments, invocation, model=bool(arguments.service))

    async def work(reader: Reader) -> tuple[list[str], list[dict[str, Any]]]:
        rows = known.of_services(await known.containers(reader, name), arguments.service, read.services_of(project))
        running = [info for info in rows if info.status in known.UP]
        tables = await reader.processes([info.id for info in running])
        titles: dict[str, None] = {}
        found = []
        for info in running:
            if (told := tables.get(info.id)) is None:
                continue
            titles.update(dict.fromkeys(told.titles))
            about = {"Service": known.service_of(info), "Replica": known.number_of(info), "Container": info.name}
            found += [{**about, **dict(zip(told.titles, row, strict=False))} for row in told.processes]
        return list(titles), found

    titles, rows = read.ask(invocation, work)
    columns = [Column(_SERVICE, "Service"), Column(_NUMBER, "Replica")]
    columns += [Column(title, title, gives=_gives(title), least=0) for title in titles]
    if rows or not form.table:
        out(form.text(rows, columns, invocation.screen.width, known=("Service", "Replica", "Container", *titles)))
    return 0


def _gives(title: str) -> int:
    """On a narrow terminal these go first; the command is cut at the end of the line."""
    first = ("C", "STIME", "TTY", "TIME", "PPID", "UID")
    return first.index(title) + 1 if title in first else 0
