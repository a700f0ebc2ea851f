"""``perry-compose images``."""

from __future__ import annotations

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag
from perry_ffi.cli.terminal import out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.container_info import ContainerInfo
    from perry_ffi.model.image_info import ImageDetails
    from perry_ffi.service.reader import Reader


class Arguments(table.Arguments):
    """The values of the options of ``images``."""

    service: list[str]
    quiet: bool
    format: str


COMMAND = Command(
    "images",
    "list images of the containers",
    (
        Flag("quiet", "only ids", "q"),
        Flag("format", "table, json (one array), or a Go template", kind=TEXT, default="table", value="FORM"),
    ),
    (SERVICES,),
    looks=True,
)
_NEVER = "0001-01-01T00:00:00Z"
_MEMBERS = ("ID", "ContainerName", "Repository", "Tag", "Platform", "Size", "Created", "LastTagTime")


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the images of the containers that there are. Raises ContainerError."""
    from perry_ffi.cli import read
    from perry_ffi.cli.show.rows import Column, Form
    from perry_ffi.service import project_containers as known

    form = Form(arguments.format, array=True, heads={"ContainerName": "CONTAINER", "ID": "IMAGE ID"}, literal=False)
    name, project = read.project(arguments, invocation, model=bool(arguments.service))

    async def work(reader: Reader) -> list[dict[str, Any]]:
        rows = known.of_services(await known.containers(reader, name), arguments.service, read.services_of(project))
        images = await reader.images([info.image_id or info.image for info in rows])
        return [_row(info, images.get(info.image_id or info.image)) for info in rows]

    rows = read.ask(invocation, work)
    if arguments.quiet:
        out("".join(f"{ident.removeprefix('sha256:')}\n" for ident in dict.fromkeys(row["ID"] for row in rows)))
        return 0
    columns = (
        Column("CONTAINER", "ContainerName"), Column("REPOSITORY", "Repository", gives=4, least=12), Column("TAG", "Tag"),
        Column("PLATFORM", "Platform", gives=1), Column("IMAGE ID", "ID", gives=3), Column("SIZE", "Size"),
        Column("CREATED", "Created", gives=2),
    )  # fmt: skip
    out(form.text(rows, columns, invocation.screen.width, list(map(_shown, rows)), _MEMBERS))
    return 0


def _row(info: ContainerInfo, image: ImageDetails | None) -> dict[str, Any]:
    """Of an image that is not there any more, what its container tells of it."""
    repository, tag = _name(info.image)
    return {
        "ID": image.id if image else info.image_id or "",
        "ContainerName": info.name,
        "Repository": repository,
        "Tag": tag,
        "Platform": "/".join(filter(None, (image.os, image.architecture, image.variant))) if image else "",
        "Size": image.size if image else 0,
        "Created": image.created if image else _NEVER,
        "LastTagTime": (image.tagged_at if image else "") or _NEVER,
    }


def _name(image: str) -> tuple[str, str]:
    """Repository and tag of what a container was created from; nothing of the id of an image, which has no name any more."""
    from perry_ffi.errors import ValidationError
    from perry_ffi.model.reference import is_image_id, parse_reference

    try:
        reference = parse_reference(image)
    except ValidationError:
        return "", ""
    if is_image_id(image):
        return "", ""
    repository = reference.familiar.partition("@")[0]
    return (repository.removesuffix(f":{reference.tag}") if reference.tag else repository), reference.tag_or_latest


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    import time

    from perry_ffi.cli.show import units

    known = row["Created"] != _NEVER
    ago = f"{units.span(max(0.0, time.time() - units.seconds_of(row['Created'])))} ago" if known else "N/A"
    return {
        **row,
        "ID": row["ID"].removeprefix("sha256:")[:12],
        "Repository": row["Repository"] or "<none>",
        "Tag": row["Tag"] or "<none>",
        "Size": units.size(row["Size"]),
        "Created": ago,
    }
