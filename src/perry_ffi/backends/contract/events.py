"""What happens to containers: events, the next end of one, and who ended it. A group each.

``live`` means: the engine has taken note when the call returns, so that whatever is done next is seen. A caller that
follows something therefore subscribes first, looks at the present state second, and misses nothing.
"""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.stream import Labels, Stream

if TYPE_CHECKING:
    from perry_ffi.model.event import EngineEvent


class ExitWatch(abc.ABC):
    """The next end of a container, asked for before it is started."""

    @abc.abstractmethod
    async def exit_code(self, timeout: float | None = None) -> int:
        """Waits for the end and gives its code, each time it is asked; ``Timeout`` after ``timeout`` seconds.

        Right also where the container is removed as it ends. ``NotFound`` if it was removed without having
        run, ``BackendError`` if the engine breaks the connection. A cancelled call may be repeated.
        """

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Gives the wait up. Idempotent."""


class Events(abc.ABC):
    """``op.events``"""

    @abc.abstractmethod
    async def events(
        self, labels: Labels | None = None, since: float | None = None, until: float | None = None
    ) -> Stream[EngineEvent]:
        """What happens from now on, or from ``since`` (seconds since 1970, the engine's clock); live. With ``until`` the stream ends
        there; where that has passed and nothing is said of ``since``, it is what the engine remembers up to then.

        ``labels``: only what carries all of them, which leaves containers and images, for engines tell no labels of
        networks and volumes. Without ``until`` the stream has no end of its own: when the engine goes away, ``next`` raises
        ``BackendError`` (or ``Timeout``), and the caller subscribes anew. It wants a steady reader: docker drops
        events in silence for one that lets some thousand gather.
        """


class ExitWatches(abc.ABC):
    """``op.exit_watch``"""

    @abc.abstractmethod
    async def wait_exit(self, ident: str) -> ExitWatch:
        """Watches for the next end of a container; live. Made for one that is created and not yet started.

        A run that began before counts too, if it has not ended. With a restart policy it is the first end.
        """


class StopCause(abc.ABC):
    """``op.stop_cause``"""

    @abc.abstractmethod
    async def was_stopped(self, ident: str) -> bool | None:
        """Whether somebody stopped or killed its latest run, or it ended by itself; ``None`` where nobody remembers."""


__all__ = ["Events", "ExitWatch", "ExitWatches", "StopCause"]
