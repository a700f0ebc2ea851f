"""``perry-compose export``: all files of a container as a tar file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.inside import INDEX
from perry_ffi.cli.table import SERVICE, TEXT, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``export``."""

    service: str
    index: int
    output: str | None


COMMAND = Command(
    "export",
    "write all files of a container as a tar file",
    (
        INDEX,
        Flag("output", "write to a file, instead of standard output", "o", TEXT, value="FILE", completes="files"),
    ),
    (SERVICE,),
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Write the tar file. Raises ContainerError, Usage."""
    from perry_ffi.cli.engine import with_engine
    from perry_ffi.cli.inside import refuse_terminal, wanted_of, written_to
    from perry_ffi.cli.terminal import plain, say
    from perry_ffi.service import inside

    if not arguments.output:
        refuse_terminal(invocation, "export", "name a file with --output, or send it to another program")
    name, wanted = wanted_of(arguments, invocation, arguments.service, arguments.index)

    async def work(client: Client) -> None:
        if arguments.dry_run:
            row = await inside.find(client, name, wanted)
            say(plain(f"it would write the files of {row.name}"))
            return
        await written_to(arguments.output, await inside.export(client, name, wanted))

    with_engine(invocation, work, progress=False)
    return 0
