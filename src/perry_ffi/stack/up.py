"""``up`` and its plan, as the engine in force keeps a project: as containers, or as services of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.stack.context import StackContext
from perry_ffi.stack.options import Up
from perry_ffi.stack.telling import told_as

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.stack.promise import Promise


async def plan(context: StackContext, project: Project, options: Up) -> Plan:
    """What ``up`` would do and why, building and pulling included. Only reads.

    A service whose image would be built or pulled anew counts as changed: what comes out is not known before. Raises what
    ``up`` would raise before it touches anything.
    """
    return (await promised(context, project, options))[0]


async def promised(context: StackContext, project: Project, options: Up) -> tuple[Plan, Promise]:
    """The same, with what ``up`` can hold it to later."""
    if context.backend.services is not None:
        from perry_ffi.stack.cluster import up as cluster

        return await cluster.promised(context, project, options)
    from perry_ffi.stack.containers import up as containers

    return await containers.promised(context, project, options)


@told_as("up")
async def up(context: StackContext, project: Project, options: Up, given: Promise | None = None) -> Plan:
    """Brings ``project`` up and gives the plan that was carried out.

    given: the plan that is to be carried out, and no other; Conflict, and nothing is touched, where it would not be made now.

    Raises what stopped it, with the detail ``rolledBack`` (and ``leftOver``, what could not be put back). Cancelled, it
    puts back too. Two that change one project take turns. What the engine does not honour is warned of, by name, before
    anything is touched (Unsupported where a service would be less than it says, and always if that is asked for).
    """
    if context.backend.services is not None:
        from perry_ffi.stack.cluster import up as cluster

        return await cluster.up(context, project, options, given)
    from perry_ffi.stack.containers import up as containers

    return await containers.up(context, project, options, given)
