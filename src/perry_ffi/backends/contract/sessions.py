"""Conversations with what runs: a container's main process, and commands inside it. A group each."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.stream import Stream

if TYPE_CHECKING:
    from perry_ffi.model.container import ExecOptions, LogChunk


class Session(abc.ABC):
    """A conversation with what runs in a container. ``output`` sets the pace: nothing is read ahead of its reader."""

    output: Stream[LogChunk]
    """Both streams in the order in which the engine sends them; with a terminal all of it is ``stdout``."""

    @abc.abstractmethod
    async def send(self, data: bytes) -> None:
        """Input. ``Conflict`` if the session was opened without it, or the other side reads no more."""

    @abc.abstractmethod
    async def end_input(self) -> None:
        """The end of the input; the output goes on."""

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Gives back the connection; what runs goes on. Idempotent."""


class Execution(Session):
    """A command that runs inside a container."""

    @abc.abstractmethod
    async def exit_code(self) -> int:
        """Its exit code, once it ended. Read ``output`` to its end first: a command whose output nobody reads waits."""


class Attaching(abc.ABC):
    """``op.attach``"""

    @abc.abstractmethod
    async def attach_container(self, ident: str, *, stdin: bool = False) -> Session:
        """What the main process says from now on, up to its end; live.

        On a container that is created and not yet started, not a byte of it is missed, however short its life, also
        where it is removed as it ends. stdin: input too, for a container that was created with an open one.
        """


class ExecStreams(abc.ABC):
    """``op.exec_stream``"""

    @abc.abstractmethod
    async def exec_stream(self, ident: str, command: Sequence[str], options: ExecOptions, *, stdin: bool = False) -> Execution:
        """Runs a command inside a container and gives its output as it comes.

        ``options.stdin`` is sent by itself, beside the reading. stdin: the caller sends the input instead.
        """


__all__ = ["Attaching", "ExecStreams", "Execution", "Session"]
