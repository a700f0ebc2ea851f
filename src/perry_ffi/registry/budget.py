"""What is left of an image's time and requests, and the bound of each single wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from perry_ffi.errors import Timeout, VerificationFailed
from perry_ffi.registry.faults import not_available
from perry_ffi.registry.limits import Limits

T = TypeVar("T")


class Budget:
    """Begins with its making. Shared by all requests for one image."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._end = anyio.current_time() + limits.seconds
        self._requests = 0

    def spend(self, host: str) -> None:
        """One request. Raises VerificationFailed (``tooMany``)."""
        self._requests += 1
        if self._requests > self._limits.requests:
            raise VerificationFailed(
                f"{host}: more than {self._limits.requests} requests for one image", reason="tooMany", host=host
            )

    async def turn(self, host: str, acquire: Callable[[], Awaitable[object]]) -> None:
        """Waits for others of this client. Raises Timeout at the end of all time."""
        await self.wait(host, acquire, silence=self._limits.seconds)

    async def wait(self, host: str, read: Callable[[], Awaitable[T]], *, silence: float | None = None) -> T:
        """What ``read`` gives. Raises RegistryNotAvailable where nothing comes in time, Timeout at the end of all time."""
        left = self._end - anyio.current_time()
        seconds = self._limits.silence if silence is None else silence
        if left > 0:
            try:
                with anyio.fail_after(min(seconds, left)):
                    return await read()
            except TimeoutError:
                if left > seconds:
                    raise not_available(host, "silent", f"it stayed silent for {seconds:g} s") from None
        raise Timeout(
            f"{host}: what was asked of this registry took longer than {self._limits.seconds:g} s",
            waitedFor=f"the registry {host}", seconds=self._limits.seconds, host=host,
        )  # fmt: skip
