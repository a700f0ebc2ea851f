"""A verb over a project is told: when it begins, when it ends, and where what it brought up is reached."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from perry_ffi.errors import ContainerError
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.identity import PROJECT, SERVICE, label
from perry_ffi.stack.observe import list_own

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project

T = TypeVar("T")
W = TypeVar("W", bound="Project | str")
P = ParamSpec("P")

Verb = Callable[Concatenate[StackContext, W, P], Coroutine[Any, Any, T]]


def told_as(verb: str) -> Callable[[Verb[W, P, T]], Verb[W, P, T]]:
    """Has an operation on a project, or on one of a name, told as records of kind ``verb``.

    Of ``up`` the last one has the published ports of each service, where somebody listens closely.
    """

    def telling(work: Verb[W, P, T]) -> Verb[W, P, T]:
        @wraps(work)
        async def told(context: StackContext, whole: W, /, *args: P.args, **kwargs: P.kwargs) -> T:
            about = {"verb": verb, "project": whole if isinstance(whole, str) else whole.name}
            context.bus.tell("verb", state="started", **about)
            try:
                result = await work(context, whole, *args, **kwargs)
            except BaseException:
                context.bus.tell("verb", state="failed", **about)
                raise
            idle = bool(getattr(result, "idle", False))
            asks = verb == "up" and not idle and context.bus.is_heard_closely
            published = await _published(context, about["project"]) if asks else None
            context.bus.tell("verb", state="done", published=published, **about)
            return result

        return told

    return telling


async def _published(context: StackContext, project: str) -> dict[str, list[str]] | None:
    """The published ports, by service; None where the engine does not tell: nothing depends on it."""
    try:
        if context.backend.services is not None:
            rows = await context.backend.services.services({PROJECT: project})
            return {label(state.labels, SERVICE) or state.name: list(state.ports) for state in rows if state.ports}
        found = await list_own(context.backend, project, all=False)
    except ContainerError:
        return None
    return {label(info.labels, SERVICE) or info.name: list(info.ports) for info in found if info.ports}
