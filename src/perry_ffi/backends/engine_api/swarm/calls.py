"""One manager's API: what its services' modules share."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from perry_ffi.backends.engine_api.swarm.refusals import has_no_leader, mark_uncertain, silent, unsettled
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.cancellation import one_error
from perry_ffi.errors import BackendNotAvailable, ContainerError

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.engine import EngineBackend
    from perry_ffi.backends.engine_api.transport.http import Reply

T = TypeVar("T")
EXTRA_SECONDS = 30.0
"""A change waits for the managers' agreement: one that has lost its quorum says so after 31 s."""
LEADER_SECONDS = 20.0
"""How long managers may take to choose a leader while somebody only reads: seen were 12 to 18 s. After that too few of them are there."""
CHANGE_SECONDS = 40.0
"""The same of a change: they choose once more where their votes were split."""
ANEW_SECONDS = 5.0
"""After so long a read is asked anew beside the first: a manager waits 20 s for a leader that is gone, and knows the next one before."""
PAUSES = (0.1, 1.0)
"""Seconds between two tries: the first, and the longest."""


class ManagerCalls:
    """engine: the manager's own, by whose connections all is asked."""

    def __init__(self, engine: EngineBackend) -> None:
        self.engine = engine

    async def read(
        self, path: Sequence[str], doing: str, query: Mapping[str, Any] | None = None, subject: str | None = None
    ) -> Any:
        """The document of a GET. Raises BackendNotAvailable where the managers do not agree on it, or say nothing, for
        ``LEADER_SECONDS``.
        """
        request = Request("GET", path, doing, query=query or {}, extra_time=EXTRA_SECONDS)
        try:
            with anyio.move_on_after(LEADER_SECONDS):
                return await self._with_leader(lambda: _first(lambda: self.engine.ask_document(request, subject=subject)))
        except ContainerError as error:
            raise unsettled(error) from error.__cause__
        raise silent(doing, self.engine.name, LEADER_SECONDS)

    @staticmethod
    def get(path: Sequence[str], doing: str, headers: Mapping[str, str]) -> Request:
        """A GET with headers, which a registry behind the engine may take its time for."""
        return Request("GET", path, doing, headers=headers, extra_time=EXTRA_SECONDS)

    async def change(
        self,
        method: str,
        path: Sequence[str],
        doing: str,
        *,
        document: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        subject: str | None = None,
    ) -> Reply:
        """The answer of a call that changes something; never sent twice. Its error tells whether it may have been carried out."""
        request = Request(
            method, path, doing, query=query or {}, document=document, headers=headers or {}, once=True, extra_time=EXTRA_SECONDS
        )
        try:
            return await self._with_leader(lambda: self.engine.ask(request, subject=subject), CHANGE_SECONDS)
        except ContainerError as error:
            raise mark_uncertain(error) from error.__cause__

    async def _with_leader(self, call: Callable[[], Awaitable[T]], seconds: float = math.inf) -> T:
        """What ``call`` gives. While the managers choose a leader nothing is done, and it is asked again, for at most ``seconds``: nothing
        tells when they have.
        """
        until, pause = anyio.current_time() + seconds, PAUSES[0]
        while True:
            try:
                return await call()
            except BackendNotAvailable as error:
                if not has_no_leader(error) or anyio.current_time() >= until:
                    raise
            await anyio.sleep(pause)
            pause = min(2 * pause, PAUSES[1])


async def _first(call: Callable[[], Awaitable[T]]) -> T:
    """What is answered first of calls that only read, of which another one begins whenever none was answered for a while."""
    found: list[T] = []
    failed: list[ContainerError] = []
    with one_error():
        async with anyio.create_task_group() as group:

            async def one() -> None:
                try:
                    found.append(await call())
                except ContainerError as error:
                    failed.append(error)
                group.cancel_scope.cancel()

            while True:
                group.start_soon(one)
                await anyio.sleep(ANEW_SECONDS)
    if found:
        return found[0]
    raise failed[0]
