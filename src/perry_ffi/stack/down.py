"""``down`` and its plan, as the engine in force keeps a project: as containers, or as services of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.stack.context import StackContext
from perry_ffi.stack.options import Down
from perry_ffi.stack.telling import told_as

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.cleanup import CleanupReport
    from perry_ffi.runtime.plan import Plan


@told_as("down")
async def down(context: StackContext, name: str, project: Project | None, options: Down) -> CleanupReport:
    """Takes project ``name`` down and reports what went and what did not. Volumes stay unless they are asked for.

    project: its model, if there is one: for orphans, hooks and images. A call that failed is no failure of the report where
    what it was about is gone all the same: its answer was lost, say. An orphan that is to stay is no failure, and neither is a
    network that it, or somebody else, is on: they are told.
    """
    if context.backend.services is not None:
        from perry_ffi.stack.cluster import down as cluster

        return await cluster.down(context, name, project, options)
    from perry_ffi.stack.containers import down as containers

    return await containers.down(context, name, project, options)


async def plan_down(context: StackContext, name: str, project: Project | None, options: Down) -> Plan:
    """What ``down`` would do. Changes nothing. Raises Conflict where the project is on another engine."""
    if context.backend.services is not None:
        from perry_ffi.stack.cluster import down as cluster

        return await cluster.plan_down(context, name, project, options)
    from perry_ffi.stack.containers import down as containers

    return await containers.plan_down(context, name, project, options)
