"""``perry-compose rm``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.verbs import Work


class Arguments(table.Arguments):
    """The values of the options of ``rm``."""

    service: list[str]
    force: bool
    stop: bool
    volumes: bool


COMMAND = Command(
    "rm",
    "remove containers that do not run",
    (
        Flag("force", "do not ask", "f"),
        Flag("stop", "stop what runs, and remove it too", "s"),
        Flag("volumes", "also the anonymous volumes of the containers", "v"),
        Flag("all", "nothing more is removed with it", "a", hidden=True),
    ),
    (SERVICES,),
    more="It asks before it removes. Where no terminal is, an answer is read from standard input; none means no.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Remove, once somebody has said yes. Raises ContainerError."""
    from perry_ffi.cli.ask import agreed
    from perry_ffi.cli.terminal import say
    from perry_ffi.cli.verbs import run_verb

    async def remove(work: Work) -> None:
        names = await work.verbs.stopped(work.services, running=arguments.stop)
        if not names:
            say("no stopped containers")
        elif arguments.force or arguments.dry_run or await agreed(f"remove {', '.join(names)}?", invocation.screen, "-f"):
            await work.verbs.remove(work.services, volumes=arguments.volumes, running=arguments.stop)

    return run_verb(arguments, invocation, arguments.service, remove)
