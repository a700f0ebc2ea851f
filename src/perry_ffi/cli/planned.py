"""What a command would do, printed, and the bringing up of a project that may be asked for in this way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import out, plain, say

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.service.client import Client
    from perry_ffi.stack.options import Up


def show_plan(plan: Plan, form: str = "table", **more: Any) -> int:
    """Prints the steps on standard output. form: ``table`` or ``json``, which has the members of ``more``, too. The exit status."""
    if form == "json":
        import json

        out(json.dumps({**plan.to_dict(), "notes": [spelled(note) for note in plan.notes], **more}, indent=2) + "\n")
    else:
        out(plain(plan.text(spelled)))
    return 0


def bring_up(invocation: Invocation, project: Project, options: Up, *, dry_run: bool, form: str) -> int:
    """Has a project be as ``options`` say, or prints the plan of it, in ``form``. The exit status. Raises ContainerError."""
    from perry_ffi.cli.engine import with_engine
    from perry_ffi.service import projects

    if dry_run:
        return show_plan(with_engine(invocation, lambda client: projects.plan(client, project, options)), form)

    async def brought_up(client: Client) -> None:
        if (await projects.up(client, project, options)).idle:
            say(f"{project.name}: nothing to do")

    with_engine(invocation, brought_up)
    return 0
