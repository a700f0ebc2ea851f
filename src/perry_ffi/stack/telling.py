"""A verb over a project is told: when it begins, when it ends, and where what it brought up is reached."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from perry_ffi.errors import ContainerError
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.identity import PROJECT, SERVICE, label
from perry_ffi.stack.observe import list_own

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.event_bus import EventBus

T = TypeVar("T")
W = TypeVar("W", bound="Project | str")
P = ParamSpec("P")

Verb = Callable[Concatenate[StackContext, W, P], Coroutine[Any, Any, T]]


@contextmanager
def telling(bus: EventBus, verb: str, project: str) -> Iterator[dict[str, Any]]:
    """Tells of what is done to a project inside. Gives the members of its last record, for more of them."""
    about = {"verb": verb, "project": project}
    more: dict[str, Any] = {}
    bus.tell("verb", state="started", **about)
    try:
        yield more
    except BaseException:
        bus.tell("verb", state="failed", **about)
        raise
    bus.tell("verb", state="done", **more, **about)


def told_as(verb: str) -> Callable[[Verb[W, P, T]], Verb[W, P, T]]:
    """Has an operation on a project, or on one of a name, told as records of kind ``verb``.

    Of ``up`` the last one has the published ports of each service, where somebody listens closely.
    """

    def wrapped(work: Verb[W, P, T]) -> Verb[W, P, T]:
        @wraps(work)
        async def told(context: StackContext, whole: W, /, *args: P.args, **kwargs: P.kwargs) -> T:
            project = whole if isinstance(whole, str) else whole.name
            with telling(context.bus, verb, project) as more:
                result = await work(context, whole, *args, **kwargs)
                idle = bool(getattr(result, "idle", False))
                asks = verb == "up" and not idle and context.bus.is_heard_closely
                more["published"] = await _published(context, project) if asks else None
            return result

        return told

    return wrapped


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
