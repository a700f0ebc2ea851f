"""The next end of a container of an engine that is asked for no end before the container runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.emulated import LOOK_SECONDS
from perry_ffi.backends.contract.events import ExitWatch
from perry_ffi.errors import BackendError, Conflict, Timeout
from perry_ffi.model.container_info import ENDED

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Core
    from perry_ffi.model.container import ContainerInfo


class WaitedExit(ExitWatch):
    """The next end of a container, by waiting for it as soon as it runs."""

    def __init__(self, backend: Core, info: ContainerInfo) -> None:
        self._backend, self._ident, self._name = backend, info.id, info.name
        self._before = info.started_at if info.status in ENDED else None
        """When a run began that had ended before: its end is not the next one."""
        self._code: int | None = None
        self._scopes: set[anyio.CancelScope] = set()
        self._closed = False

    async def exit_code(self, timeout: float | None = None) -> int:
        with anyio.move_on_after(timeout), anyio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                await self._until_it_ends()
            finally:
                self._scopes.discard(scope)
        if self._code is not None:
            return self._code
        if self._closed:
            raise BackendError(f"{self._name}: the watch was given up", backend=self._backend.name)
        raise Timeout(f"{self._name} has not ended", waitedFor=self._name, seconds=timeout)

    async def _until_it_ends(self) -> None:
        while self._code is None and not self._closed:
            self._code = await self._look()
            if self._code is None:
                await anyio.sleep(LOOK_SECONDS)

    async def _look(self) -> int | None:
        """The code of a run that has ended; waits for one that goes on. ``None`` where none has begun."""
        if self._before is not None and (await self._backend.inspect_container(self._ident)).started_at == self._before:
            return None
        try:
            return await self._backend.wait_container(self._ident)
        except Conflict:
            return None

    async def aclose(self) -> None:
        self._closed = True
        for scope in self._scopes:
            scope.cancel()


__all__ = ["WaitedExit"]
