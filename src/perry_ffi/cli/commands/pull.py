"""``perry-compose pull``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation


class Arguments(table.Arguments):
    """The values of the options of ``pull``."""

    service: list[str]
    ignore_buildable: bool
    ignore_pull_failures: bool
    include_deps: bool
    policy: str | None
    quiet: bool


COMMAND = Command(
    "pull",
    "pull the images of services",
    (
        Flag("ignore-buildable", "pass over images that can be built"),
        Flag("ignore-pull-failures", "go on where an image cannot be pulled"),
        Flag("include-deps", "also the images of what the services depend on"),
        Flag("policy", "over the services' own pull policies", kind=TEXT, words=("missing", "always")),
        Flag("quiet", "do not show how it goes on", "q"),
        Flag("parallel", "images are pulled beside each other in any case", default=True, hidden=True),
        Flag("no-parallel", "nothing else is done with it", hidden=True),
    ),
    (SERVICES,),
    more="Services whose pull policy is never or build are passed over.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Pull. Raises ContainerError."""
    from perry_ffi.cli.engine import load_project
    from perry_ffi.cli.images import carried_out, names
    from perry_ffi.service import project_images

    project = load_project(arguments, invocation, arguments.service)
    services = names(project, arguments.service, arguments.include_deps)
    return carried_out(
        arguments,
        invocation,
        "nothing to pull",
        lambda client: project_images.pull(
            client,
            project,
            services,
            policy=arguments.policy,
            buildable=not arguments.ignore_buildable,
            ignore=arguments.ignore_pull_failures,
            rehearse=arguments.dry_run,
        ),
        arguments.quiet,
    )
