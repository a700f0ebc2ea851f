"""A project that this engine has nothing of and another one has: told, and not taken for absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi import drivers
from perry_ffi.errors import Conflict
from perry_ffi.stack import identity
from perry_ffi.stack.observe import read_replicas
from perry_ffi.stack.observed import Replica

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.stack.context import StackContext


async def refuse_elsewhere(context: StackContext, project: str) -> None:
    """To be asked where this engine has no container of ``project``.

    Raises Conflict, naming both, if another engine of this machine has some: to show nothing, or to make the project a
    second time, is not what is meant.
    """
    for other in await context.elsewhere({identity.THEIRS + "project": project}):
        if not any(identity.is_of(labels, project) for labels in other.labels):
            continue
        here = _place(context.backend)
        raise Conflict(
            f"project {project}: {here} has nothing of it, but {other.name} at {other.address} has its containers",
            project=project, backend=context.backend.name, elsewhere=other.name, address=other.address,
            remedy=f"set {_how_there(other.name, other.address)} to work on it there, "
            f"or PERRY_CONTAINER_BACKEND={context.backend.name} to have one of that name here",
        )  # fmt: skip


async def present_replicas(context: StackContext, project: str) -> list[Replica]:
    """The containers of a project that is taken to be there. Raises Conflict where it is on another engine."""
    rows = await read_replicas(context.backend, project)
    if not rows:
        await refuse_elsewhere(context, project)
    return rows


def _how_there(name: str, address: str) -> str:
    variable = drivers.of(name).variable
    return f"{variable}={address}" if variable and "://" in address else f"PERRY_CONTAINER_BACKEND={name}"


def _place(backend: Backend) -> str:
    return f"{backend.name} at {backend.address}" if backend.address else backend.name
