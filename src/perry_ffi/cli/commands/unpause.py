"""``perry-compose unpause``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, Command

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.verbs import Work


class Arguments(table.Arguments):
    """The values of the options of ``unpause``."""

    service: list[str]


COMMAND = Command(
    "unpause",
    "let what is paused run on",
    (),
    (SERVICES,),
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Unpause. Raises ContainerError."""
    from perry_ffi.cli.verbs import run_verb

    async def unpause(work: Work) -> None:
        await work.verbs.unpause(work.services)

    return run_verb(arguments, invocation, arguments.service, unpause)
