"""``perry-compose volumes``."""

from __future__ import annotations

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag
from perry_ffi.cli.terminal import out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.volume_info import VolumeInfo


class Arguments(table.Arguments):
    """The values of the options of ``volumes``."""

    service: list[str]
    quiet: bool
    format: str


COMMAND = Command(
    "volumes",
    "list volumes of the project",
    (
        Flag("quiet", "only names", "q"),
        Flag("format", "table, json (an object a line), or a Go template", kind=TEXT, default="table", value="FORM"),
    ),
    (SERVICES,),
    looks=True,
)
UNKNOWN = "N/A"
_MEMBERS = (
    "Availability", "Driver", "Group", "Labels", "Links", "Mountpoint", "Name", "Scope", "Size", "Status", "Label",
)  # fmt: skip


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the volumes. Raises ContainerError."""
    from perry_ffi.cli import read
    from perry_ffi.cli.show.rows import Column, Form
    from perry_ffi.service.project_volumes import volumes

    form = Form(arguments.format, heads={"Name": "VOLUME NAME"})
    name, project = read.project(arguments, invocation, model=bool(arguments.service))
    known = read.services_of(project)
    rows = [_row(info) for info in read.ask(invocation, lambda reader: volumes(reader, name, arguments.service, known))]
    if arguments.quiet:
        out("".join(f"{row['Name']}\n" for row in rows))
        return 0
    columns = (Column("DRIVER", "Driver"), Column("VOLUME NAME", "Name"))
    out(form.text(rows, columns, invocation.screen.width, known=_MEMBERS))
    return 0


def _row(info: VolumeInfo) -> dict[str, Any]:
    return {
        "Availability": UNKNOWN,
        "Driver": info.driver,
        "Group": UNKNOWN,
        "Labels": ",".join(f"{name}={text}" for name, text in sorted(info.labels.items())),
        "Links": UNKNOWN,
        "Mountpoint": info.mountpoint,
        "Name": info.name,
        "Scope": info.scope,
        "Size": UNKNOWN,
        "Status": UNKNOWN,
        "Label": lambda name: info.labels.get(name, ""),
    }
