"""Containers that run one hostile command and are gone afterwards (``op.sandbox``).

A sandbox is a container like others as far as starting, killing, waiting and removing go; what is its own is how it is made,
what is read back from it, and that its output is bytes. A backend makes all of what a ``SandboxSpec`` says, or refuses by the
member of ``CapabilitySpec`` that it cannot enforce: nothing is left out here.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.backends.contract.sandbox_records import SandboxHost, SandboxSeen, SandboxSpec
    from perry_ffi.model.capability import CapabilitySpec
    from perry_ffi.model.container_info import ContainerHandle


class SandboxSession(abc.ABC):
    """The output of a sandbox, from its first byte, and its input."""

    @abc.abstractmethod
    async def read(self) -> Sequence[tuple[str, bytes]] | None:
        """The next pieces, each with its stream (``stdout``, ``stderr``); None at the end. A cancelled call loses nothing."""

    @abc.abstractmethod
    async def send(self, data: bytes) -> bool:
        """Input; False where nobody reads it any more. Waits while it is not read."""

    @abc.abstractmethod
    async def end_input(self) -> None:
        """The end of the input."""

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Gives back the connection. Idempotent."""


class Sandboxes(abc.ABC):
    """``op.sandbox``"""

    @abc.abstractmethod
    def check_sandbox(self, spec: CapabilitySpec) -> None:
        """Raises Unsupported for a member that this engine can never enforce, and asks it nothing."""

    @abc.abstractmethod
    async def sandbox_host(self) -> SandboxHost:
        """What the engine can make sandboxes of. It may be a minute old."""

    @abc.abstractmethod
    async def create_sandbox(self, spec: SandboxSpec) -> ContainerHandle:
        """Creates, does not start, and never pulls. A failure leaves nothing, but for one whose answer was lost.

        Unsupported where the engine says that it left a bound out.
        """

    @abc.abstractmethod
    async def see_sandbox(self, ident: str) -> SandboxSeen:
        """What was made. It tells of any container, also of one that was created as others are."""

    @abc.abstractmethod
    async def attach_sandbox(self, ident: str, *, stdin: bool) -> SandboxSession:
        """To be called between creation and start. The session has to be read to its end: a kill waits for its reader."""

    @abc.abstractmethod
    async def kill_sandbox(self, ident: str) -> None:
        """Kills, and does not wait for the end. ``Conflict`` if it does not run."""


__all__ = ["SandboxSession", "Sandboxes"]
