"""``perry-compose cp``: files into containers and out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.inside import INDEX
from perry_ffi.cli.table import Command, Flag, Operand

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``cp``."""

    source: str
    target: str
    all: bool
    archive: bool
    follow_link: bool
    index: int


COMMAND = Command(
    "cp",
    "copy files into a container or out of it",
    (
        Flag("all", "also containers of run"),
        Flag("archive", "owners: into a container its own user's, out of it those that files have there", "a"),
        Flag("follow-link", "follow a link that is the source", "L"),
        INDEX,
    ),
    (
        Operand("source", "SERVICE:PATH|PATH|-", least=1, completes="paths"),
        Operand("target", "SERVICE:PATH|PATH|-", least=1, completes="paths"),
    ),
    more="One of both is SERVICE:PATH. With - a tar file is read from standard input, or written to standard output. Into a directory "
    "that is there the source goes by its name, with /. behind it its contents do; else it gets the name of the target. "
    "Into a service of several containers it is copied to each, unless --index names one. What a container sends never gets outside the "
    "target: links are not followed, devices are left out, and set-user-id bits are kept with --archive alone.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Copy. Raises ContainerError, Usage."""
    from perry_ffi.cli.engine import with_engine
    from perry_ffi.cli.inside import refuse_terminal, standard_input_pieces, wanted_of, written_to
    from perry_ffi.cli.terminal import plain, say
    from perry_ffi.cli.usage import Usage
    from perry_ffi.service import copying

    (taker, target), (giver, source) = _parted(arguments.target), _parted(arguments.source)
    if bool(taker) == bool(giver):
        what = "from one service to another" if taker else "on this machine alone"
        raise Usage(f"nothing is copied {what}: one of both is SERVICE:PATH", "cp")
    if giver and target == "-":
        refuse_terminal(invocation, "cp", "name a folder, or send it to another program")
    service = taker or giver
    name, wanted = wanted_of(arguments, invocation, service, arguments.index, one_offs=arguments.all)
    follow, archive = arguments.follow_link, arguments.archive

    async def work(client: Client) -> None:
        if arguments.dry_run:
            say(plain(f"it would copy {arguments.source} to {arguments.target}"))
        elif giver and target == "-":
            stream, _ = await copying.open_out(client, name, wanted, source, follow=follow)
            await written_to(None, stream)
        elif giver:
            for path in await copying.copy_out(client, name, wanted, source, target, follow=follow, owners=archive):
                say(plain(f"warning: {path}: a device, it is left out"))
        elif source == "-":
            await copying.copy_tar_in(client, name, wanted, standard_input_pieces(), target, own=archive)
        else:
            await copying.copy_in(client, name, wanted, source, target, follow=follow, own=archive)

    with_engine(invocation, work, progress=False)
    return 0


def _parted(text: str) -> tuple[str, str]:
    """The service, empty for a path of this machine, and the path: ``/a:b`` and ``./a:b`` are paths."""
    service, colon, path = text.partition(":")
    if not colon or text.startswith(("/", ".")):
        return "", text
    return service, path
