"""``perry-compose port``."""

from __future__ import annotations

from perry_ffi.cli import table
from perry_ffi.cli.table import NUMBER, SERVICE, TEXT, Command, Flag, Operand
from perry_ffi.cli.terminal import out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.container_info import ContainerInfo
    from perry_ffi.service.reader import Reader


class Arguments(table.Arguments):
    """The values of the options of ``port``."""

    service: str
    private_port: str | None
    index: int
    protocol: str
    format: str


COMMAND = Command(
    "port",
    "print where a port of a service is published, or where all are",
    (
        Flag("index", "number of the container, where the service has several", kind=NUMBER, default=0),
        Flag("protocol", "of the port: tcp or udp", kind=TEXT, default="tcp", words=("tcp", "udp", "sctp"), value="PROTOCOL"),
        Flag("format", "table, json (one array), or a Go template", kind=TEXT, default="table", value="FORM"),
    ),
    (SERVICE, Operand("private_port", "PRIVATE_PORT")),
    looks=True,
)
_MEMBERS = ("URL", "TargetPort", "PublishedPort", "Protocol")


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the addresses. Raises NotFound for a port that is not published, and for a container that does not run."""
    from perry_ffi.cli import read
    from perry_ffi.cli.show.containers import address, publishers
    from perry_ffi.cli.show.rows import Form
    from perry_ffi.service import project_containers as known

    form = Form(arguments.format, array=True, literal=False)
    wanted = _wanted(arguments)
    name, project = read.project(arguments, invocation, model=False)

    async def work(reader: Reader) -> list[ContainerInfo]:
        rows = await known.containers(reader, name)
        found = known.of_services(rows, [arguments.service], read.services_of(project))
        return [info for info in found if info.status in known.UP and not known.is_one_off(info)]

    info = _chosen(read.ask(invocation, work), arguments)
    published = [port for port in publishers(info.ports) if port["PublishedPort"]]
    if wanted is not None:
        published = _of(published, wanted, info)
    if form.table and wanted is not None:
        out(f"{address(published[0])}\n")
    elif form.table:
        out("".join(f"{port['TargetPort']}/{port['Protocol']} -> {address(port)}\n" for port in published))
    else:
        out(form.text(published, (), known=_MEMBERS))
    return 0


def _wanted(arguments: Arguments) -> tuple[int, str] | None:
    if arguments.private_port is None:
        return None
    number, _, protocol = arguments.private_port.partition("/")
    if not number.isascii() or not number.isdigit() or not 0 < int(number) < 65_536:
        from perry_ffi.errors import ValidationError

        raise ValidationError(
            f"port {arguments.private_port}: it is no port", path="private_port", expected="a number from 1 to 65535"
        )
    return int(number), protocol or arguments.protocol


def _chosen(rows: list[ContainerInfo], arguments: Arguments) -> ContainerInfo:
    from perry_ffi.errors import NotFound
    from perry_ffi.service.project_containers import number_of

    for info in sorted(rows, key=number_of):
        if arguments.index in (0, number_of(info)):
            return info
    if rows:
        told = ", ".join(str(number_of(info)) for info in sorted(rows, key=number_of))
        raise NotFound(
            f"service {arguments.service}: no container {arguments.index} of it runs (there are {told})",
            service=arguments.service,
        )
    raise NotFound(f"service {arguments.service} does not run", service=arguments.service)


def _of(published: list[dict[str, Any]], wanted: tuple[int, str], info: ContainerInfo) -> list[dict[str, Any]]:
    from perry_ffi.errors import NotFound

    found = [port for port in published if (port["TargetPort"], port["Protocol"]) == wanted]
    if found:
        return found
    has = ", ".join(dict.fromkeys(f"{port['TargetPort']}/{port['Protocol']}" for port in published))
    exposed = f"{wanted[0]}/{wanted[1]}" in info.ports
    why = "is not published" if exposed else "is none of its ports"
    raise NotFound(f"{info.name}: {wanted[0]}/{wanted[1]} {why} (published: {has or 'none'})", container=info.name)
