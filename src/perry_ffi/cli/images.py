"""What build, pull and push share: the project, the engine, what is said in the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from perry_ffi.cli.engine import with_engine
from perry_ffi.cli.planned import show_plan
from perry_ffi.cli.terminal import folded, say

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.table import Arguments
    from perry_ffi.compose.project import Project
    from perry_ffi.service.client import Client
    from perry_ffi.service.project_images import Done


def names(project: Project, services: Sequence[str], dependencies: bool) -> list[str] | None:
    """The services that are meant; ``None``: all. dependencies: with what they depend on."""
    from perry_ffi.service.project_images import with_dependencies

    named = list(services) or None
    found = with_dependencies(project, named) if dependencies else named
    return None if found is None else list(found)


def carried_out(
    arguments: Arguments, invocation: Invocation, nothing: str, work: Callable[[Client], Awaitable[Done]], quiet: bool
) -> int:
    """Does it, or prints what would be done. nothing: what is said where there is nothing to do. The exit status."""
    report, plan = with_engine(invocation, work, progress=not quiet)
    if arguments.dry_run:
        return show_plan(plan)
    width = None if invocation.screen.progress == "json" else invocation.screen.error_width
    for error in report.errors:
        say("\n".join(folded(f"warning: {error}", width, 4)))
    if not report.images and not report.errors:
        say(nothing)
    return 0
