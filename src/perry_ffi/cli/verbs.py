"""What the commands share that do something to the containers there are: the project, the engine, ``--dry-run``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from perry_ffi.cli.engine import project_name, with_interrupts
from perry_ffi.cli.planned import show_plan

if TYPE_CHECKING:
    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.table import Arguments
    from perry_ffi.compose.project import Project
    from perry_ffi.service.client import Client
    from perry_ffi.service.lifecycle import Verbs

Names = Sequence[str] | None


class Work:
    """One verb over one project. name, project: the model where it is known. services: those that are named; ``None`` all."""

    def __init__(self, client: Client, name: str, project: Project | None, services: Names, verbs: Verbs) -> None:
        self.client, self.name, self.project, self.services, self.verbs = client, name, project, services, verbs


def run_verb(
    arguments: Arguments, invocation: Invocation, services: Sequence[str], verb: Callable[[Work], Awaitable[object]]
) -> int:
    """Does ``verb``, or prints what it would do. The exit status. Raises ContainerError."""
    from perry_ffi.service import lifecycle

    name, project = project_name(arguments, invocation, services)

    async def work(client: Client, interrupts: Interrupts) -> int:
        interrupts.hasty = "in haste: what has to stop is killed; once more leaves it as it is"
        verbs = await lifecycle.verbs(client, name, project, rehearse=arguments.dry_run)
        await verb(Work(client, name, project, list(services) or None, verbs))
        return show_plan(verbs.plan()) if arguments.dry_run else 0

    return with_interrupts(invocation, work)
