"""The sources of a project, followed as ``develop.watch`` says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.stack.sources.follow import Sources


async def sources(
    client: Client, project: Project, services: Sequence[str] | None, tell: Callable[[str], object], *, prune: bool = True
) -> Sources:
    """Those of ``services``; ``None`` all. tell: hears what is done, a line each. prune: images that builds leave without a name go.

    Raises NotFound where nothing is to be watched, before anything else.
    """
    from perry_ffi.stack.sources.follow import Sources

    return Sources(await stack_context(client), project, services, tell, prune=prune)
