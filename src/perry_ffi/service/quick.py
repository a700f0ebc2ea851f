"""Operations that only look, without an event loop: where the engine is a local socket, one question after the other is quickest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from perry_ffi.backends.engine_api.transport.blocking import NotQuick

if TYPE_CHECKING:
    from perry_ffi.service.reader import Reader

T = TypeVar("T")
__all__ = ["NotQuick", "ask"]


def ask(environ: Mapping[str, str], work: Callable[[Reader], Awaitable[T]], interrupts: Sequence[int] = ()) -> T:
    """What ``work`` finds, which awaits a reader and nothing else. Raises NotQuick where it has to be asked in the usual way.

    interrupts: descriptors; it is so, too, as soon as there is anything to read from one of them.
    """
    from perry_ffi.backends.engine_api.local import local_socket

    if (place := local_socket(environ)) is None:
        raise NotQuick("detection has to look for an engine")
    from perry_ffi.backends.engine_api.quick import QuickEngine

    engine = QuickEngine(place, interrupts)
    try:
        return _now(work(engine))
    finally:
        engine.close()


def _now(found: Awaitable[T]) -> T:
    """The value of what never waits."""
    steps = found.__await__()
    try:
        next(steps)
    except StopIteration as end:
        value: T = end.value
        return value
    raise NotQuick("it waits for something")
