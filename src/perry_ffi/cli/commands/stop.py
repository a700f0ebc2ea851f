"""``perry-compose stop``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SECONDS, SERVICES, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.verbs import Work


class Arguments(table.Arguments):
    """The values of the options of ``stop``."""

    service: list[str]
    timeout: float | None


COMMAND = Command(
    "stop",
    "stop containers",
    (Flag("timeout", "how long a container gets to stop", "t", SECONDS),),
    (SERVICES,),
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Stop. Raises ContainerError."""
    from perry_ffi.cli.verbs import run_verb

    async def stop(work: Work) -> None:
        await work.verbs.stop(work.services, arguments.timeout)

    return run_verb(arguments, invocation, arguments.service, stop)
