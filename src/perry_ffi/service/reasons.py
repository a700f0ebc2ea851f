"""Why services are as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.why import WhyReport


async def why(client: Client, project: Project, services: Sequence[str]) -> list[WhyReport]:
    """What ``up`` would do to each of ``services`` and because of what, and what keeps it from being ready; none named: all.

    Changes nothing. Raises NotFound for a service that the project does not have.
    """
    from perry_ffi.stack.why import why as reasons

    return await reasons(await stack_context(client), project, services)
