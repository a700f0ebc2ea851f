"""The backend of apple/container: its core, and the groups of the contract that it has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.apple.calls import Checks, Tidying
from perry_ffi.backends.apple.resources.builds import Builds
from perry_ffi.backends.apple.resources.health import Health
from perry_ffi.backends.apple.resources.images import Images
from perry_ffi.backends.apple.resources.logs import Logs
from perry_ffi.backends.apple.resources.networks import Networks, Volumes
from perry_ffi.backends.apple.resources.use import Use
from perry_ffi.backends.apple.restarts import Restarts
from perry_ffi.backends.apple.runs import Runs
from perry_ffi.backends.apple.words import NAME
from perry_ffi.backends.contract.absent import CoreBackend
from perry_ffi.backends.declared import of_engine
from perry_ffi.model.backend import BackendInfo

if TYPE_CHECKING:
    from perry_ffi.backends.apple.responses.resources import System
    from perry_ffi.backends.command_line.invocation import CommandLine


class AppleBackend(Images, Builds, Logs, Networks, Volumes, Health, Use, CoreBackend):
    """One engine behind its command line. system: what it said of itself as it was found."""

    name = NAME
    capabilities = of_engine(NAME)

    def __init__(self, line: CommandLine, system: System) -> None:
        self.line = line
        self._system = system
        self.runs = Runs(line, self.look)
        self.restarts = Restarts(self.runs, self.spread_names)
        self.naming = anyio.Lock()
        self.tidying = Tidying()
        self.checks: dict[str, Checks] = {}
        self.identity = f"{NAME} {os.path.realpath(system.root)}" if system.root else NAME

    @property
    def parallel_calls(self) -> int:
        """A machine is made for each container: two at a time keep the processors of one busy."""
        return max(2, (os.cpu_count() or 2) // 2)

    async def aclose(self) -> None:
        self.restarts.close()
        self.tidying.close()
        self.runs.close()

    async def info(self) -> BackendInfo:
        return told(self._system)


def told(system: System) -> BackendInfo:
    """What is told of a live engine."""
    return BackendInfo(
        name=NAME, available=True, version=system.version or None, mode="vm", isolation_level="microvm", rootless=True
    )


__all__ = ["AppleBackend", "told"]
