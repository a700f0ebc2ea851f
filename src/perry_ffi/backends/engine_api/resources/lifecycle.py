"""What may be done to a container between its start and its end."""

from __future__ import annotations

import math
import os
import sys

from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.flavour import MANY_ENDPOINTS_API
from perry_ffi.backends.engine_api.resources.ending_limit import Endings
from perry_ffi.backends.engine_api.sayings import Meaning, says
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError, Conflict, ContainerError, ValidationError

_KILLS = ("SIGKILL", "KILL", "9")


class Lifecycle(Endings):
    """Names, signals, freezing, restarts."""

    @property
    def parallel_calls(self) -> int:
        """Four for each processor of this machine: an engine waits for its runtime most of a start, not for a processor.

        Measured with 20 services on two processors: 2 calls at a time take half as long again as 8, and 20 no less.
        """
        return 4 * (os.cpu_count() or 1)

    @property
    def late_networks(self) -> int:
        """Docker looks for the networks when a container starts. Before 1.44 it is joined to all but one by calls of their own."""
        if self.podman:
            return 0
        return sys.maxsize if self.version.api >= MANY_ENDPOINTS_API else 1

    async def rename_container(self, ident: str, name: str) -> None:
        doing = f"rename the container {shown(ident)} to {shown(name)}"
        request = Request("POST", ("containers", Name(ident), "rename"), doing, query={"name": name})
        try:
            await self.ask(request, subject=ident)
        except ValidationError as error:
            if not says(error.message, Meaning.SAME_NAME):
                raise

    async def kill_container(self, ident: str, signal: str = "SIGKILL") -> None:
        from perry_ffi.model.container_values import signal as checked_signal

        doing = f"send {shown(signal)} to the container {shown(ident)}"
        signal = checked_signal(signal)
        request = Request("POST", ("containers", Name(ident), "kill"), doing, query={"signal": signal})
        async with self.ending(ident, 0 if signal in _KILLS else math.inf):
            await self.ask(request, subject=ident)
        await self.agreed(ident)

    async def pause_container(self, ident: str) -> None:
        try:
            await self.ask(self._act(ident, "pause"), subject=ident)
        except Conflict as error:
            if not says(error.message, Meaning.PAUSED):
                raise
        await self.agreed(ident)

    async def unpause_container(self, ident: str) -> None:
        request = self._act(ident, "unpause")
        try:
            await self.ask(request, subject=ident)
        except (Conflict, BackendError) as error:
            if not says(error.message, Meaning.NOT_PAUSED):
                raise
            if (await self.inspect_container(ident)).status != "running":
                raise self._conflict(error, f"{request.doing}: it does not run") from error
        await self.agreed(ident)

    async def restart_container(self, ident: str, timeout: float | None = None) -> None:
        doing = f"restart the container {shown(ident)}"
        query = {} if timeout is None else {"t": math.ceil(timeout)}
        request = Request("POST", ("containers", Name(ident), "restart"), doing, query=query, patient=True)
        async with self.ending(ident, timeout):
            await self.ask(request, subject=ident)
        await self.agreed(ident)

    def _act(self, ident: str, verb: str) -> Request:
        return Request("POST", ("containers", Name(ident), verb), f"{verb} the container {shown(ident)}")

    def _conflict(self, error: ContainerError, message: str) -> Conflict:
        return Conflict(message, **error.details)
