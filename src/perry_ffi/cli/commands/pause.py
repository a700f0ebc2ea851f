"""``perry-compose pause``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, Command

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.verbs import Work


class Arguments(table.Arguments):
    """The values of the options of ``pause``."""

    service: list[str]


COMMAND = Command(
    "pause",
    "freeze what runs",
    (),
    (SERVICES,),
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Pause. Raises ContainerError."""
    from perry_ffi.cli.verbs import run_verb

    async def pause(work: Work) -> None:
        await work.verbs.pause(work.services)

    return run_verb(arguments, invocation, arguments.service, pause)
