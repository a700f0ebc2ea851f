"""``perry-compose start``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SECONDS, SERVICES, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.verbs import Work


class Arguments(table.Arguments):
    """The values of the options of ``start``."""

    service: list[str]
    wait: bool
    wait_timeout: float | None


COMMAND = Command(
    "start",
    "start containers that are there",
    (
        Flag("wait", "wait until everything is ready"),
        Flag("wait-timeout", "how long each wait may take", kind=SECONDS),
    ),
    (SERVICES,),
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Start. Raises ContainerError."""
    from perry_ffi.cli.verbs import run_verb

    async def start(work: Work) -> None:
        await work.verbs.require(work.services)
        await work.verbs.start(work.services, arguments.wait_timeout or None, wait=arguments.wait)

    return run_verb(arguments, invocation, arguments.service, start)
