"""``perry-compose push``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation


class Arguments(table.Arguments):
    """The values of the options of ``push``."""

    service: list[str]
    ignore_missing: bool
    ignore_push_failures: bool
    include_deps: bool
    quiet: bool


COMMAND = Command(
    "push",
    "push the images that services build",
    (
        Flag("ignore-missing", "pass over images that are not there"),
        Flag("include-deps", "also the images of what the services depend on"),
        Flag("quiet", "do not show how it goes on", "q"),
        Flag("ignore-push-failures", "go on where an image cannot be pushed", hidden=True),
    ),
    (SERVICES,),
    more="Only images that are built here, under a name of their own, are pushed.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Push. Raises ContainerError."""
    from perry_ffi.cli.engine import load_project
    from perry_ffi.cli.images import carried_out, names
    from perry_ffi.service import project_images

    project = load_project(arguments, invocation, arguments.service)
    services = names(project, arguments.service, arguments.include_deps)
    return carried_out(
        arguments,
        invocation,
        "nothing to push",
        lambda client: project_images.push(
            client,
            project,
            services,
            missing=arguments.ignore_missing,
            ignore=arguments.ignore_push_failures,
            rehearse=arguments.dry_run,
        ),
        arguments.quiet,
    )
