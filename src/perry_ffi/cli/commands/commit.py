"""``perry-compose commit``: an image of a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.inside import INDEX
from perry_ffi.cli.table import SERVICE, TEXT, TEXTS, Command, Flag, Operand

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``commit``."""

    service: str
    image: str | None
    author: str
    change: list[str]
    index: int
    message: str
    pause: bool


COMMAND = Command(
    "commit",
    "make an image of a container",
    (
        Flag("author", "who made it", "a", TEXT, default="", value="NAME"),
        Flag("change", "Dockerfile instruction to apply (repeat for more)", "c", TEXTS, value="INSTRUCTION"),
        INDEX,
        Flag("message", "what it is", "m", TEXT, default="", value="TEXT"),
        Flag("pause", "pause the container meanwhile", "p", default=True),
    ),
    (SERVICE, Operand("image", "REPOSITORY[:TAG]")),
    more="The id of the image is printed.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Make the image. Raises ContainerError."""
    from perry_ffi.backends.contract.interaction import CommitOptions
    from perry_ffi.cli.engine import with_engine
    from perry_ffi.cli.inside import wanted_of
    from perry_ffi.cli.terminal import out, plain, say
    from perry_ffi.service import inside

    name, wanted = wanted_of(arguments, invocation, arguments.service, arguments.index)
    options = CommitOptions(arguments.author, arguments.message, tuple(arguments.change), arguments.pause)

    async def work(client: Client) -> None:
        if arguments.dry_run:
            row = await inside.find(client, name, wanted)
            say(plain(f"it would make an image of {row.name}"))
            return
        out(f"{await inside.commit(client, name, wanted, arguments.image, options)}\n")

    with_engine(invocation, work, progress=False)
    return 0
