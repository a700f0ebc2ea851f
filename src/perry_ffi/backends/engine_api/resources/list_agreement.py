"""A verb answers when what it did is in the list of containers.

Docker from 26 on answers who stops, kills or waits for a container before it has written the end into its list: inspection
says ``exited`` and the list ``running``, for 10 ms mostly and up to 60 (tried: 26.1 after each kill and nearly each stop,
28.5 after each kill). Who asks for the list next, another process too, would take an old answer for a new one.
"""

from __future__ import annotations

import json
from typing import Any

import anyio

from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.responses.fields import listing, mapping
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import ContainerError

LAGGING_API = (1, 42)
"""From here on the list may lag: those of 20.10 never did."""
PATIENCE_SECONDS = 1.0
"""How long the two may differ; then the list is left as it is."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.02


class ListAgreement(EngineCalls):
    """The list of containers, waited for."""

    async def agreed(self, ident: str) -> None:
        """Waits until the list says of a container what its inspection says. Raises nothing: what was asked for is done."""
        if self.podman or self.version.api < LAGGING_API:
            return
        until, pause = anyio.current_time() + PATIENCE_SECONDS, _FIRST_PAUSE
        try:
            while not await self._agree(ident) and anyio.current_time() < until:
                await anyio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        except ContainerError:
            return  # It is gone, or its engine is.

    async def _agree(self, ident: str) -> bool:
        doing = f"look whether the container {shown(ident)} is listed as it is"
        found = await self.ask_object(Request("GET", ("containers", Name(ident), "json"), doing), subject=ident)
        query: dict[str, Any] = {"all": True, "filters": json.dumps({"id": [str(found.get("Id"))]})}
        listed = listing(await self.ask_document(Request("GET", ("containers", "json"), doing, query=query)))
        state = mapping(found.get("State")).get("Status")
        return all(mapping(row).get("State") == state for row in listed)
