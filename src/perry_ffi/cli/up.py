"""``perry-compose up``: brings the project up, or says what it would do."""

from __future__ import annotations

import argparse
from typing import Any

from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import out, plain, say
from perry_ffi.cli.values import seconds
from perry_ffi.errors import ValidationError


def add_parser(commands: Any) -> None:
    """Add the subcommand."""
    parser = commands.add_parser("up", help="create and start containers", allow_abbrev=False)
    add = parser.add_argument
    add("service", nargs="*", help="only these services and what they depend on")
    add("-d", "--detach", action="store_true", help="leave the containers running and return")
    add("--dry-run", action="store_true", help="print the plan and change nothing")
    add("--format", choices=("table", "json"), default="table", help="form of the plan (default: table)")
    add("--build", action="store_true", help="build images even where they are there")
    add("--pull", choices=("always", "missing", "never"), help="over the services' own pull policies")
    add("--force-recreate", action="store_true", help="make the containers of the services anew")
    add("--always-recreate-deps", action="store_true", help="also what the named services depend on")
    add("--no-recreate", action="store_true", help="leave existing containers as they are")
    add("--no-deps", action="store_true", help="not what the services depend on")
    add("--no-start", action="store_true", help="create, do not start")
    add("--remove-orphans", action="store_true", help="remove containers of services that the file does not have")
    add("--no-rollback", action="store_true", help="leave a failed attempt as it is")
    add("-V", "--renew-anon-volumes", action="store_true", help="make the containers anew, with new anonymous volumes")
    add("--scale", action="append", default=[], metavar="SERVICE=N", help="number of containers of a service")
    add("--wait", action="store_true", help="wait until everything is ready; implies --detach")
    add("--wait-timeout", type=seconds, metavar="SECONDS", help="how long each wait may take")
    add("-t", "--timeout", type=seconds, metavar="SECONDS", help="how long a container that is replaced gets to stop")
    parser.set_defaults(run=run, engine=True)


def run(arguments: argparse.Namespace, context: Any) -> int:
    """Bring up, or print the plan. Raises ContainerError."""
    from perry_ffi.cli.attach import attach
    from perry_ffi.cli.engine import load_project, with_engine, with_interrupts
    from perry_ffi.stack import up as verbs

    project = load_project(arguments, context, arguments.service)
    options = _options(arguments)
    if arguments.dry_run:
        plan = with_engine(context.env, lambda stacks: verbs.plan(stacks, project, options))
        import json

        rows = {**plan.to_dict(), "notes": [spelled(note) for note in plan.notes]}
        out(json.dumps(rows, indent=2) + "\n" if arguments.format == "json" else plain(plan.text(spelled)))
        return 0
    attached = not (arguments.detach or arguments.wait or arguments.no_start)

    async def work(stacks: Any, interrupts: Any) -> int:
        interrupts.hasty = "in haste: what has to stop is killed; once more leaves it as it is"
        done = await verbs.up(stacks, project, options)
        if done.empty:
            say(f"{project.name}: nothing to do")
        return await attach(stacks, interrupts, project, options) if attached else 0

    return with_interrupts(context.env, work)


def _options(arguments: argparse.Namespace) -> Any:
    from perry_ffi.stack.options import Up

    return Up(
        services=tuple(arguments.service) or None,
        build=arguments.build,
        pull=arguments.pull,
        remove_orphans=arguments.remove_orphans,
        force_recreate=arguments.force_recreate,
        recreate_dependencies=arguments.always_recreate_deps,
        no_recreate=arguments.no_recreate,
        wait=arguments.wait,
        wait_timeout=arguments.wait_timeout,
        scale=dict(_scale(text) for text in arguments.scale),
        rollback=not arguments.no_rollback,
        timeout=arguments.timeout,
        start=not arguments.no_start,
        dependencies=not arguments.no_deps,
        renew_volumes=arguments.renew_anon_volumes,
    )


def _scale(text: str) -> tuple[str, int]:
    service, _, number = text.partition("=")
    if not service or not number.isdigit():
        raise ValidationError(f"--scale {text}: expected SERVICE=N", path="scale", expected="SERVICE=N")
    return service, int(number)
