"""``perry-compose scale``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.bringing import FORM
from perry_ffi.cli.table import Command, Flag, Operand

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation


class Arguments(table.Arguments):
    """The values of the options of ``scale``."""

    replicas: list[str]
    no_deps: bool
    format: str


COMMAND = Command(
    "scale",
    "change how many containers services have",
    (Flag("no-deps", "not what the services depend on"), FORM),
    (Operand("replicas", "SERVICE=N", least=1, many=True, completes="services"),),
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Bring up or remove what is missing or too many. Raises ContainerError."""
    from perry_ffi.cli.bringing import replicas
    from perry_ffi.cli.engine import load_project
    from perry_ffi.cli.planned import bring_up
    from perry_ffi.service.options import up_scaled

    wanted = replicas(arguments.replicas, "")
    project = load_project(arguments, invocation, list(wanted))
    options = up_scaled(wanted, dependencies=not arguments.no_deps)
    return bring_up(invocation, project, options, dry_run=arguments.dry_run, form=arguments.format)
