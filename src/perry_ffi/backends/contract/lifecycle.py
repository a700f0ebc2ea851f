"""What an engine may do to a container beyond starting and stopping it: a group each."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.model.container_info import ContainerStats, ProcessTable


class Renaming(abc.ABC):
    """``op.rename``"""

    @abc.abstractmethod
    async def rename_container(self, ident: str, name: str) -> None:
        """Gives it another name. ``Conflict`` if somebody has it."""


class Signals(abc.ABC):
    """``op.kill``"""

    @abc.abstractmethod
    async def kill_container(self, ident: str, signal: str = "SIGKILL") -> None:
        """Sends a signal (``SIGHUP``, ``HUP`` or ``1``) to its main process. ``Conflict`` if it does not run."""


class Pausing(abc.ABC):
    """``op.pause``"""

    @abc.abstractmethod
    async def pause_container(self, ident: str) -> None:
        """Freezes it; one that is frozen is left alone. ``Conflict`` if it does not run."""

    @abc.abstractmethod
    async def unpause_container(self, ident: str) -> None:
        """Lets it run on; one that runs is left alone. ``Conflict`` if it does not run at all."""


class Restarting(abc.ABC):
    """``op.restart``"""

    @abc.abstractmethod
    async def restart_container(self, ident: str, timeout: float | None = None) -> None:
        """Stops it as ``stop_container`` does (if it runs) and starts it."""


class Stats(abc.ABC):
    """``op.stats``"""

    @abc.abstractmethod
    async def container_stats(self, ident: str) -> ContainerStats:
        """One sample of CPU, memory, network, block I/O and processes."""


class Processes(abc.ABC):
    """``op.top``"""

    @abc.abstractmethod
    async def container_processes(self, ident: str) -> ProcessTable:
        """What runs inside it now. Raises Conflict for a container that does not run."""


__all__ = ["Pausing", "Processes", "Renaming", "Restarting", "Signals", "Stats"]
