"""``perry-compose create``: all that ``up`` makes, and nothing is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.bringing import (
    BUILD,
    FORCE_RECREATE,
    FORM,
    NO_BUILD,
    NO_RECREATE,
    PULL,
    QUIET_PULL,
    REMOVE_ORPHANS,
    SCALE,
    YES,
)
from perry_ffi.cli.table import SERVICES, Command

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation


class Arguments(table.Arguments):
    """The values of the options of ``create``."""

    service: list[str]
    build: bool
    no_build: bool
    pull: str | None
    quiet_pull: bool
    force_recreate: bool
    no_recreate: bool
    remove_orphans: bool | None
    scale: list[str]
    yes: bool
    format: str


COMMAND = Command(
    "create",
    "create containers, do not start them",
    (BUILD, NO_BUILD, FORCE_RECREATE, NO_RECREATE, PULL, QUIET_PULL, REMOVE_ORPHANS, SCALE, FORM, YES),
    (SERVICES,),
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Create, or print the plan. Raises ContainerError."""
    from perry_ffi.cli.bringing import asked, quiet
    from perry_ffi.cli.engine import load_project
    from perry_ffi.cli.planned import bring_up
    from perry_ffi.service.options import create_of_flags

    invocation.screen.unseen = quiet(pull=arguments.quiet_pull)
    project = load_project(arguments, invocation, arguments.service)
    options = asked(create_of_flags, arguments, invocation)
    return bring_up(invocation, project, options, dry_run=arguments.dry_run, form=arguments.format)
