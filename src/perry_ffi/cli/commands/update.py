"""``perry-compose update``: pulls, plans and applies in one word, or says what there would be to update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag
from perry_ffi.cli.terminal import out, say
from perry_ffi.cli.up_flags import planning

if TYPE_CHECKING:
    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.cli.main import Invocation
    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.service.client import Client
    from perry_ffi.service.updates import ImageUpdate

NEWER = 2
"""The exit status of ``--check`` where there is something newer."""


class Arguments(table.Arguments):
    """The values of the options of ``update``."""

    service: list[str]
    check: bool
    format: str
    build: bool
    no_deps: bool
    remove_orphans: bool | None
    no_rollback: bool
    wait: bool
    wait_timeout: float | None
    timeout: float | None
    rolling: bool


COMMAND = Command(
    "update",
    "pull newer images, and make anew what they change",
    (
        Flag("check", "only compare digests with the registries, and end with 2 where one has something newer"),
        Flag("format", "form of --check, and of the plan of --dry-run", kind=TEXT, default="table", words=("table", "json")),
        *planning(
            without=(
                "pull", "scale", "force-recreate", "always-recreate-deps", "no-recreate", "no-start", "renew-anon-volumes",
            )
        ),
    ),
    (SERVICES,),
    more="Images are pulled, and containers whose image or configuration is another one now are made anew, as up does it; the others "
    "stay. --check pulls nothing and changes nothing; it ends with 1 where a registry cannot be asked and none has anything newer.",
)  # fmt: skip


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Update, or look whether there is anything to update. Raises ContainerError."""
    from perry_ffi.cli.engine import load_project, with_interrupts
    from perry_ffi.cli.planned import show_plan
    from perry_ffi.cli.up_flags import options
    from perry_ffi.service import projects
    from perry_ffi.service.updates import pulled_anew

    project = load_project(arguments, invocation, arguments.service)
    if arguments.check:
        return _check(arguments, invocation, project)
    how, project = options(arguments, invocation), pulled_anew(project)

    async def work(client: Client, interrupts: Interrupts) -> Plan:
        if arguments.dry_run:
            return await projects.plan(client, project, how)
        interrupts.hasty = "in haste: what has to stop is killed; once more leaves it as it is"
        return await projects.up(client, project, how)

    done = with_interrupts(invocation, work, progress=not arguments.dry_run)
    if arguments.dry_run:
        return show_plan(done, arguments.format)
    made = sorted({step.owner for step in done.steps if step.action.name == "create container" and step.owner})
    say(f"{project.name}: {', '.join(made)} made anew" if made else f"{project.name}: up to date")
    return 0


def _check(arguments: Arguments, invocation: Invocation, project: Project) -> int:
    from perry_ffi.cli.engine import with_engine
    from perry_ffi.service import updates

    rows = with_engine(invocation, lambda client: updates.check(client, project, arguments.service), progress=False)
    if arguments.format == "json":
        import json

        out(json.dumps(rows, indent=2) + "\n")
    else:
        from perry_ffi.cli.engine import table

        out(table([_words(row) for row in rows], ("image", "services", "state", "what")))
    states = {row["state"] for row in rows}
    return NEWER if states & {"newer", "missing"} else 1 if "unknown" in states else 0


def _words(row: ImageUpdate) -> dict[str, object]:
    what = row["why"] or ""
    if row["state"] == "newer":
        what = f"{_short(row['here'])} here, {_short(row['there'])} there"
    return {"image": row["image"], "services": row["services"], "state": row["state"], "what": what}


def _short(digest: str | None) -> str:
    return digest[:19] if digest else "no digest"
