"""``perry-compose ls``."""

from __future__ import annotations

from perry_ffi.cli import table
from perry_ffi.cli.table import TEXT, TEXTS, Command, Flag
from perry_ffi.cli.terminal import out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from perry_ffi.cli.main import Invocation


class Arguments(table.Arguments):
    """The values of the options of ``ls``."""

    all: bool
    quiet: bool
    filter: list[str]
    format: str


COMMAND = Command(
    "ls",
    "list projects",
    (
        Flag("all", "also projects of which nothing runs, and containers that do not", "a"),
        Flag("quiet", "only names", "q"),
        Flag("filter", "only what matches: name=REGEX (repeat for more)", kind=TEXTS, value="name=REGEX"),
        Flag("format", "table, json (one array), or a Go template", kind=TEXT, default="table", value="FORM"),
    ),
    looks=True,
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the projects that the engine has containers of. Raises ContainerError."""
    from perry_ffi.cli import read
    from perry_ffi.cli.show.rows import Column, Form
    from perry_ffi.service.project_list import projects

    form = Form(arguments.format, array=True, heads={"ConfigFiles": "CONFIG FILES"}, literal=False)
    matches = _matcher(arguments.filter)
    found = read.ask(invocation, lambda reader: projects(reader, all=arguments.all))
    rows = [
        {
            "Name": row.name,
            "Status": ", ".join(f"{state}({count})" for state, count in row.states.items()),
            "ConfigFiles": ",".join(row.files),
        }
        for row in found
        if matches(row.name)
    ]
    if arguments.quiet:
        out("".join(f"{row['Name']}\n" for row in rows))
        return 0
    columns = (Column("NAME", "Name"), Column("STATUS", "Status"), Column("CONFIG FILES", "ConfigFiles", gives=1, least=12))
    out(form.text(rows, columns, invocation.screen.width, known=("Name", "Status", "ConfigFiles")))
    return 0


def _matcher(filters: list[str]) -> Callable[[str], bool]:
    """Whether a name is one of those that are asked for. Raises ValidationError for a filter that is none."""
    import re

    from perry_ffi.errors import ValidationError

    wanted = []
    for said in filters:
        key, equals, value = said.partition("=")
        if key != "name" or not equals:
            raise ValidationError(
                f"--filter {said}: it is no filter of ls", path="filter", expected="name=REGEX", remedy="--filter name=REGEX"
            )
        try:
            wanted.append(re.compile(value))
        except re.error as error:
            raise ValidationError(
                f"--filter {said}: it is no regular expression: {error}", path="filter", expected="a regular expression"
            ) from None
    return lambda name: not wanted or any(pattern.search(name) for pattern in wanted)
