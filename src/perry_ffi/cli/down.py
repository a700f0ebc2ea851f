"""``perry-compose down``."""

from __future__ import annotations

import argparse
from typing import Any

from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import out, plain, say
from perry_ffi.cli.values import seconds


def add_parser(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("down", help="stop and remove containers and networks", allow_abbrev=False)
    add = parser.add_argument
    add("-v", "--volumes", action="store_true", help="remove the project's volumes, and what is in them")
    add("--remove-orphans", action="store_true", help="also containers of services that the file does not have")
    add("--rmi", choices=("local", "all"), help="remove images: local, those without a name of their own, or all")
    add("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long a container gets to stop")
    add("--dry-run", action="store_true", help="print the plan and change nothing")
    parser.set_defaults(run=run, engine=True)


def run(arguments: argparse.Namespace, context: Any) -> int:
    """Take down; 1 if something could not be removed. Raises ContainerError."""
    from perry_ffi.cli.engine import project_name, with_engine
    from perry_ffi.stack.down import down, plan_down
    from perry_ffi.stack.options import Down
    from perry_ffi.stack.project_lookup import find_model, model_if_there

    name, project = project_name(arguments, context)
    options = Down(
        volumes=arguments.volumes,
        remove_orphans=arguments.remove_orphans,
        timeout=arguments.timeout,
        images=arguments.rmi,
    )

    async def model(stacks: Any) -> Any:
        return project or await (model_if_there if options.images is None else find_model)(stacks, name, context.env)

    async def planned(stacks: Any) -> Any:
        return await plan_down(stacks, name, await model(stacks), options)

    async def done(stacks: Any) -> Any:
        return await down(stacks, name, await model(stacks), options)

    if arguments.dry_run:
        out(plain(with_engine(context.env, planned).text(spelled)))
        return 0
    report = with_engine(context.env, done)
    for error in report.errors:
        say(f"perry-compose: {error}")
    return 1 if report.errors else 0
