"""The end of a container's next run, watched for before it begins.

It is read from the events and not from the engine's wait: that one answers 0 (docker) or never (podman 4.3) for a
container that is removed without having run, and podman's looks only four times a second.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from perry_ffi.backends.contract.events import ExitWatch
from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.resources.events import Events, EventStream
from perry_ffi.errors import BackendError, ContainerError, NotFound, Timeout
from perry_ffi.model.event import EventAction


class Exits(Events):
    """The wait that is asked for ahead."""

    async def wait_exit(self, ident: str) -> ExitWatch:
        start = await self.engine_time()
        info = await self.inspect_container(ident)
        # No filter by action: podman's own word for the end differs from the one that it sends.
        stream = await self.subscribe({"container": [info.id], "type": ["container"]}, start)
        believed = self.podman or _CODES.isdisjoint(info.labels)
        return _Watch(
            stream, ident, info.id, self.name,
            ask=None if believed else self.wait_container, otherwise=self.wait_container if self.podman else None,
        )  # fmt: skip


_CODES = frozenset(("exitCode", "containerExitCode"))
"""Labels that on docker take the place of the attributes which tell the exit code."""


Wait = Callable[[str], Awaitable[int]]


class _Watch(ExitWatch):
    """ask: tells the exit code of the container that has ended, where its events cannot be believed.

    otherwise: tells it where there are no events: podman may be told to keep none.
    """

    def __init__(
        self, stream: EventStream, shown_as: str, ident: str, backend: str, *, ask: Wait | None, otherwise: Wait | None
    ) -> None:
        self._ask, self._otherwise = ask, otherwise
        self._stream, self._shown, self._ident, self._backend = stream, shown(shown_as), ident, backend
        self._code: int | None = None
        self._failure: ContainerError | None = None

    async def exit_code(self, timeout: float | None = None) -> int:
        try:
            with anyio.fail_after(timeout):
                while self._code is None and self._failure is None:
                    await self._look()
        except TimeoutError:
            raise Timeout(
                f"the container {self._shown} has not ended after {timeout:g} s",
                backend=self._backend, waitedFor=f"the end of {self._shown}", seconds=timeout,
            ) from None  # fmt: skip
        if self._code is not None:
            return self._code
        assert self._failure is not None
        raise self._failure

    async def _look(self) -> None:
        doing = f"wait for the container {self._shown}"
        try:
            events = await self._stream.next()
        except BackendError as error:
            self._code = await self._from_elsewhere(error)
            return
        if events is None:
            self._failure = BackendError(f"{doing}: the watch was closed", backend=self._backend, operation=doing)
            return
        for event in events:
            if event.id != self._ident:
                continue
            code = event.exit_code
            if event.action == EventAction.ENDED and self._ask is not None:
                code = await self._ask(self._ident)
            if event.action == EventAction.ENDED and code is not None:
                self._code = code
            elif event.action == EventAction.REMOVED and self._code is None:
                self._failure = NotFound(
                    f"{doing}: it was removed without having run",
                    backend=self._backend, operation=doing, subject=self._ident,
                )  # fmt: skip
            else:
                continue
            await self._stream.aclose()
            return

    async def _from_elsewhere(self, error: BackendError) -> int:
        if self._otherwise is None:
            raise error
        try:
            return await self._otherwise(self._ident)
        except ContainerError:
            raise error from None

    async def aclose(self) -> None:
        await self._stream.aclose()
