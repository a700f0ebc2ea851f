"""``perry-compose kill``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.verbs import Work


class Arguments(table.Arguments):
    """The values of the options of ``kill``."""

    service: list[str]
    signal: str
    remove_orphans: bool


COMMAND = Command(
    "kill",
    "send a signal",
    (
        Flag("signal", "the signal, by its name or number", "s", TEXT, default="SIGKILL", value="SIGNAL"),
        Flag("remove-orphans", "remove containers of services that the file does not have"),
    ),
    (SERVICES,),
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Send a signal, SIGKILL unless another is named. Raises ContainerError."""
    from perry_ffi.cli.terminal import say
    from perry_ffi.cli.verbs import run_verb

    async def kill(work: Work) -> None:
        await work.verbs.kill(work.services, arguments.signal)
        if arguments.remove_orphans and (orphans := await work.verbs.orphans()):
            await work.verbs.remove(orphans, running=True)
        if not work.verbs.did:
            say("no container to kill")

    return run_verb(arguments, invocation, arguments.service, kill)
