"""start, stop, restart, pause, unpause, kill and rm of a project that is known by its name, and perhaps by its model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context
from perry_ffi.stack.lifecycle import Lifecycle, lifecycle

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project

Verbs = Lifecycle
"""What the verbs are methods of."""


async def verbs(client: Client, name: str, project: Project | None, *, rehearse: bool = False) -> Verbs:
    """The verbs over the containers there are. project: its model, if it is known; else it is read from the files that its
    containers name, for hooks. rehearse: nothing is done, and the ``plan`` of it tells what would be.
    """
    context = await stack_context(client)
    if project is None:
        from perry_ffi.stack.project_lookup import model_if_there

        project = await model_if_there(context, name, client.environ)
    return lifecycle(context, name, project, rehearse=rehearse)


async def changed(client: Client, project: Project, services: Sequence[str] | None) -> list[str]:
    """The services of ``services`` that an ``up`` would make anew, for they are not as the files have them by now."""
    from perry_ffi.service.options import up_alone
    from perry_ffi.stack.up import plan

    try:
        steps = (await plan(await stack_context(client), project, up_alone(services))).steps
    except ContainerError:
        return []  # What keeps an up from work is no business of a restart.
    return sorted({step.owner for step in steps if step.owner and step.action.final and step.cause.startswith("replaced")})
