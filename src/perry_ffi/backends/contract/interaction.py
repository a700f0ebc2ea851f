"""What a person does inside containers: conversations byte for byte, with a terminal where one is wanted (``op.interactive``), files
by their paths, and what is made of a container: an image (``op.commit``), a tar file (``op.export``).
"""

from __future__ import annotations

import abc
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from perry_ffi.backends.contract.stream import Stream

if TYPE_CHECKING:
    from perry_ffi.model.container import ExecOptions

Piece = tuple[Literal["stdout", "stderr"], bytes]
"""Some bytes, and where they were written; with a terminal all of it is ``stdout``."""


@dataclass(frozen=True)
class Terms:
    """How a conversation is held. stdin: with input. terminal: the command has a terminal (an exec's; a container has it or has it
    not since it was created). size: its columns and rows. detach_keys: as docker writes them; empty for the engine's own.
    """

    stdin: bool = False
    terminal: bool = False
    size: tuple[int, int] | None = None
    detach_keys: str = ""


class Conversation(abc.ABC):
    """With what runs in a container. ``output`` sets the pace: nothing is read ahead of its reader."""

    output: Stream[Piece]
    terminal: bool
    """Whether the other side is a terminal, which echoes and knows a size."""
    takes_input: bool
    """Whether it was asked for with input, and the other side takes one: a container may have been created without."""

    @abc.abstractmethod
    async def send(self, data: bytes) -> None:
        """Input. ``Conflict`` where the other side reads no more, or there is none."""

    @abc.abstractmethod
    async def end_input(self) -> None:
        """The end of the input; the output goes on."""

    @abc.abstractmethod
    async def resize(self, columns: int, rows: int) -> None:
        """The terminal has another size. Nothing, where there is none, and where it has ended."""

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Gives back the connection; what runs goes on. Idempotent."""


class ExecConversation(Conversation):
    """With a command inside a container."""

    @abc.abstractmethod
    async def exit_code(self) -> int:
        """Its exit code, once it ended: 126 or 127 where it could not be run. Read ``output`` to its end first."""


class Interaction(abc.ABC):
    """``op.interactive``"""

    @abc.abstractmethod
    async def talk_to_command(self, ident: str, command: Sequence[str], options: ExecOptions, terms: Terms) -> ExecConversation:
        """Runs a command inside a container. ``Conflict`` if that does not run."""

    @abc.abstractmethod
    async def talk_to_container(self, ident: str, terms: Terms) -> Conversation:
        """With the main process, up to its end or until the detach keys are pressed. Of a container that is created and not yet
        started nothing is missed.
        """

    @abc.abstractmethod
    async def exec_detached(self, ident: str, command: Sequence[str], options: ExecOptions) -> None:
        """Starts a command inside a container, and does not wait for it."""


@dataclass(frozen=True)
class Found:
    """What is at a path inside a container. kind: ``directory``, ``file``, ``link``, ``other``. target: where a link leads, as it
    stands in the container's own root.
    """

    name: str
    kind: Literal["directory", "file", "link", "other"]
    target: str = ""


@dataclass(frozen=True)
class CommitOptions:
    """changes: lines of a Dockerfile. pause: the container is frozen meanwhile."""

    author: str = ""
    message: str = ""
    changes: Sequence[str] = field(default_factory=tuple)
    pause: bool = True


class Commits(abc.ABC):
    """``op.commit``"""

    @abc.abstractmethod
    async def commit_container(self, ident: str, reference: str | None, options: CommitOptions) -> str:
        """Makes an image of what a container's files are now, and gives its id."""


class Exports(abc.ABC):
    """``op.export``"""

    @abc.abstractmethod
    async def export_container(self, ident: str) -> Stream[bytes]:
        """All files of a container as a tar file."""


class Copies(abc.ABC):
    """``op.copy``: files by their paths, as ``cp`` needs them."""

    @abc.abstractmethod
    async def path_in_container(self, ident: str, path: str) -> Found:
        """What is at ``path``; a link is told as one. ``NotFound`` if there is nothing."""

    @abc.abstractmethod
    async def copy_into(self, ident: str, directory: str, tar: AsyncIterator[bytes], *, own: bool = False) -> None:
        """Unpacks a tar file into a directory, as it comes; a directory is never replaced by a file, nor a file by a directory.
        own: all of it becomes the container's user's.
        """


__all__ = [
    "CommitOptions", "Commits", "Conversation", "Copies", "ExecConversation", "Exports", "Found", "Interaction", "Piece", "Terms",
]  # fmt: skip
