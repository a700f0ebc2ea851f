"""``perry-compose restart``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SECONDS, SERVICES, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.verbs import Work


class Arguments(table.Arguments):
    """The values of the options of ``restart``."""

    service: list[str]
    no_deps: bool
    timeout: float | None


COMMAND = Command(
    "restart",
    "stop and start again",
    (
        Flag("no-deps", "not those that ask to restart with the services"),
        Flag("timeout", "how long a container gets to stop", "t", SECONDS),
    ),
    (SERVICES,),
    more="Containers stay as they were made: perry-compose up takes what changed in the files.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Restart; says where the files have changed meanwhile. Raises ContainerError."""
    from perry_ffi.cli.terminal import say
    from perry_ffi.cli.verbs import run_verb
    from perry_ffi.service import lifecycle

    async def restart(work: Work) -> None:
        await work.verbs.restart(work.services, arguments.timeout, dependents=not arguments.no_deps)
        changed = [] if work.project is None else await lifecycle.changed(work.client, work.project, work.services)
        for service in changed:
            say(f"{service}: its configuration changed since it was made; perry-compose up {service} takes the changes")

    return run_verb(arguments, invocation, arguments.service, restart)
