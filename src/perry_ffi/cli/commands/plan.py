"""``perry-compose plan``: what ``up`` would do and why, and the same in a file that ``apply`` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag
from perry_ffi.cli.terminal import say
from perry_ffi.cli.up_flags import planning

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.compose.project import Project
    from perry_ffi.model.saved_plan import PlanRequest
    from perry_ffi.runtime.plan import Plan

CHANGES = 2
"""The exit status where something would change."""


class Arguments(table.Arguments):
    """The values of the options of ``plan``."""

    service: list[str]
    output: str | None
    format: str
    build: bool
    pull: str | None
    force_recreate: bool
    always_recreate_deps: bool
    no_recreate: bool
    no_deps: bool
    no_start: bool
    remove_orphans: bool | None
    no_rollback: bool
    renew_anon_volumes: bool
    scale: list[str]
    wait: bool
    wait_timeout: float | None
    timeout: float | None
    rolling: bool


COMMAND = Command(
    "plan",
    "say what up would do, and why; end with 2 where something would change",
    (
        Flag("output", "write the plan to a file, too, for apply", "o", TEXT, value="FILE", completes="files"),
        Flag("format", "form of the answer", kind=TEXT, default="table", words=("table", "json")),
        *planning(),
    ),
    (SERVICES,),
    more="Nothing is changed. The exit status is 0 where up would have nothing to do, 2 where it would, 1 for an error.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the plan. Raises ContainerError."""
    from perry_ffi.cli.bringing import require_some
    from perry_ffi.cli.engine import load_project, with_engine
    from perry_ffi.cli.up_flags import options
    from perry_ffi.errors import ValidationError
    from perry_ffi.service import plans

    if arguments.output is not None and "-" in arguments.file:
        raise ValidationError(
            "--output: a plan of standard input cannot be applied: that is not there to be read again", path="output",
            expected="--file with a file",
        )  # fmt: skip
    project = load_project(arguments, invocation, arguments.service)
    require_some(project)
    asked, how = request(arguments, invocation, project), options(arguments, invocation)
    plan, saved = with_engine(invocation, lambda client: plans.make(client, project, how, asked), progress=False)
    if arguments.output is not None:
        plans.write(saved, _path(invocation, arguments.output))
        say(f"written to {arguments.output}: perry-compose apply {arguments.output} does it")
    show(plan, arguments.format, pulls=[row.model_dump(exclude_none=True) for row in saved.pulls])
    return CHANGES if changes(plan) else 0


def request(arguments: table.Arguments, invocation: Invocation, project: Project) -> PlanRequest:
    """How the project was asked for, to be read again from anywhere."""
    import os

    from perry_ffi.model.base import validate
    from perry_ffi.model.saved_plan import PlanRequest

    here = invocation.working_directory
    asked = {
        "files": [os.path.join(here, file) for file in project.files],
        "found": not arguments.file and not project.environment.get("COMPOSE_FILE"),
        "workingDirectory": here,
        "projectName": arguments.project_name,
        "projectDirectory": arguments.project_directory,
        "profiles": list(project.profiles),
        "envFiles": list(arguments.env_file),
        "allResources": arguments.all_resources,
        "compatibility": arguments.compatibility,
    }
    return validate(PlanRequest, asked, "the command line")


def changes(plan: Plan) -> bool:
    """Whether it has a step that changes something; to wait and to look does not."""
    return any(step.action.changes and step.action.name != "wait" for step in plan.steps)


def show(plan: Plan, form: str, **more: Any) -> None:
    """The plan on standard output. more: further members of its JSON."""
    from perry_ffi.cli.planned import show_plan

    show_plan(plan, form, changes=changes(plan), **more)


def _path(invocation: Invocation, path: str) -> str:
    import os

    return os.path.join(invocation.working_directory, path)
