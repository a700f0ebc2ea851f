"""One manager's API: what its services' modules share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.swarm.refusals import mark_uncertain
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.errors import ContainerError

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.engine import EngineBackend
    from perry_ffi.backends.engine_api.transport.http import Reply

EXTRA_SECONDS = 30.0
"""A change waits for the managers' agreement: one that has lost its quorum says so after 31 s."""


class ManagerCalls:
    """engine: the manager's own, by whose connections all is asked."""

    def __init__(self, engine: EngineBackend) -> None:
        self.engine = engine

    async def read(
        self, path: Sequence[str], doing: str, query: Mapping[str, Any] | None = None, subject: str | None = None
    ) -> Any:
        """The document of a GET."""
        return await self.engine.ask_document(Request("GET", path, doing, query=query or {}), subject=subject)

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
            return await self.engine.ask(request, subject=subject)
        except ContainerError as error:
            raise mark_uncertain(error) from error.__cause__
