"""The one container of a service that somebody works in."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.errors import Conflict, NotFound
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.elsewhere import present_replicas
from perry_ffi.stack.observed import Replica
from perry_ffi.stack.services import require_services

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend


@dataclass(frozen=True)
class Wanted:
    """service: of a project. number: the container with this number; ``None`` the first. one_offs: those of ``run`` count too.
    known: the services of the model, where it is known.
    """

    service: str
    number: int | None = None
    one_offs: bool = False
    known: Container[str] = ()


async def containers_of(context: StackContext, project: str, wanted: Wanted) -> list[Replica]:
    """The containers that are wanted, by number. Raises NotFound where there are none."""
    rows = [row for row in await present_replicas(context, project) if row.service == wanted.service]
    if not rows:
        require_services([wanted.service], wanted.known)
    rows = [row for row in rows if wanted.one_offs or not row.one_off]
    rows = [row for row in rows if wanted.number in (None, row.number)]
    if not rows:
        which = f" {wanted.number}" if wanted.number else ""
        raise NotFound(f"services.{wanted.service}: it has no container{which}", service=wanted.service)
    return rows


async def container_of(context: StackContext, project: str, wanted: Wanted) -> Replica:
    """The first of them, one that runs where any does. Raises NotFound where there is none."""
    rows = await containers_of(context, project, wanted)
    return next((row for row in rows if row.status == "running"), rows[0])


async def running_container(context: StackContext, project: str, wanted: Wanted) -> Replica:
    """The same; Conflict where it does not run."""
    row = await container_of(context, project, wanted)
    if row.status != "running":
        raise Conflict(f"services.{wanted.service}: {row.name} does not run ({row.status})", service=wanted.service)
    return row


async def engine_with(context: StackContext, row: Replica) -> Backend:
    """The engine that knows the container of ``row`` by its id: of a task of a cluster the one of its node.

    Conflict where a task has no container yet; Unsupported, with the remedy, where nobody said how its node is reached.
    """
    if context.backend.services is None:
        return context.backend
    from perry_ffi.stack.cluster.rows import engine_with as of_task

    return await of_task(context.backend.services, row)
