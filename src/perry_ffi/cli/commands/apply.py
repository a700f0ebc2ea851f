"""``perry-compose apply``: does exactly what a plan in a file says, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import TEXT, Command, Flag, Operand
from perry_ffi.cli.terminal import say

if TYPE_CHECKING:
    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.saved_plan import SavedPlan
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``apply``."""

    plan: str
    format: str


COMMAND = Command(
    "apply",
    "do exactly what a file of plan says, or nothing",
    (Flag("format", "form of the answer: what was done", kind=TEXT, default="table", words=("table", "json")),),
    (Operand("plan", "FILE", least=1, completes="files"),),
    more="The files of the project are read again, and the engine is looked at again. Where either changed since the plan was made, "
    "it is refused and nothing is touched. Which project, files, services and options are meant says the plan.",
)

_OF_THE_PLAN = ("file", "project_directory", "profile", "env_file", "all_resources", "compatibility")


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Carry the plan out. Raises ContainerError."""
    import os

    from perry_ffi.cli.commands.plan import show
    from perry_ffi.cli.engine import load_project, with_interrupts
    from perry_ffi.service import plans

    saved = plans.read(os.path.join(invocation.working_directory, arguments.plan))
    _adopt(arguments, saved)
    plans.hold_files(saved, invocation.env)
    invocation.working_directory, invocation.compatibility = saved.request.working_directory, saved.request.compatibility
    project = load_project(arguments, invocation)

    async def work(client: Client, interrupts: Interrupts) -> Plan:
        if arguments.dry_run:
            return await plans.check(client, saved, project)
        interrupts.hasty = "in haste: what has to stop is killed; once more leaves it as it is"
        return await plans.apply(client, saved, project)

    done = with_interrupts(invocation, work, progress=not arguments.dry_run)
    if arguments.format == "json" or arguments.dry_run:
        show(done, arguments.format)
    elif done.idle:
        say(f"{project.name}: nothing to do")
    return 0


def _adopt(arguments: Arguments, saved: SavedPlan) -> None:
    """Takes the words of the plan's command line. Raises ValidationError where this one says something else."""
    from perry_ffi.errors import ValidationError

    for member in _OF_THE_PLAN:
        if getattr(arguments, member):
            flag = "--" + member.replace("_", "-")
            raise ValidationError(f"{flag}: the plan says it", path=member, expected=f"no {flag}")
    if arguments.project_name not in (None, saved.project):
        raise ValidationError(
            f"--project-name {arguments.project_name}: the plan is of the project {saved.project}", path="project_name",
            expected=saved.project,
        )  # fmt: skip
    asked = saved.request
    arguments.file, arguments.profile, arguments.env_file = asked.files, asked.profiles, asked.env_files
    arguments.project_name, arguments.project_directory = asked.project_name, asked.project_directory
    arguments.all_resources, arguments.compatibility = asked.all_resources, asked.compatibility
