"""``perry-compose up``: brings the project up, or says what it would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli.arguments import GlobalArguments
from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import out, plain, say
from perry_ffi.cli.values import seconds
from perry_ffi.errors import ValidationError

if TYPE_CHECKING:
    from perry_ffi.cli.arguments import Subcommands
    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.client import Client


class Arguments(GlobalArguments):
    """The values of the options of ``up``."""

    service: list[str]
    detach: bool
    dry_run: bool
    format: str
    build: bool
    pull: str | None
    force_recreate: bool
    always_recreate_deps: bool
    no_recreate: bool
    no_deps: bool
    no_start: bool
    remove_orphans: bool
    no_rollback: bool
    renew_anon_volumes: bool
    scale: list[str]
    wait: bool
    wait_timeout: float | None
    timeout: float | None


def add_parser(commands: Subcommands) -> None:
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


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Bring up, or print the plan. Raises ContainerError."""
    from perry_ffi.cli.attach import attach
    from perry_ffi.cli.engine import load_project, with_engine, with_interrupts
    from perry_ffi.service import projects
    from perry_ffi.service.options import up_of_flags

    project = load_project(arguments, invocation, arguments.service)
    options = up_of_flags(arguments, dict(_scale(text) for text in arguments.scale))
    if arguments.dry_run:
        plan = with_engine(invocation.engine_env, lambda client: projects.plan(client, project, options))
        import json

        rows = {**plan.to_dict(), "notes": [spelled(note) for note in plan.notes]}
        out(json.dumps(rows, indent=2) + "\n" if arguments.format == "json" else plain(plan.text(spelled)))
        return 0
    attached = not (arguments.detach or arguments.wait or arguments.no_start)

    async def work(client: Client, interrupts: Interrupts) -> int:
        interrupts.hasty = "in haste: what has to stop is killed; once more leaves it as it is"
        done = await projects.up(client, project, options)
        if done.idle:
            say(f"{project.name}: nothing to do")
        return await attach(client, interrupts, project, options) if attached else 0

    return with_interrupts(invocation.engine_env, work)


def _scale(text: str) -> tuple[str, int]:
    service, _, number = text.partition("=")
    if not service or not number.isdigit():
        raise ValidationError(f"--scale {text}: expected SERVICE=N", path="scale", expected="SERVICE=N")
    return service, int(number)
