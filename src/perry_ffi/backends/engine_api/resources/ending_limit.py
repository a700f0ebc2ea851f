"""How many containers are ended at once.

Docker counts the places on each network, and before 28.1 loses count where three of them or more end at the same moment: two
requests decrement one number, a third has it read again before they wrote. From then on the network counts as in use, by
nobody, and stays until the engine starts anew and counts. Two at a time never meet a third.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.resources.list_agreement import ListAgreement
from perry_ffi.backends.engine_api.responses.fields import mapping
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import ContainerError, NotFound

if TYPE_CHECKING:
    from perry_ffi.model.container_info import ContainerInfo

COUNTING_API = (1, 49)
"""From here on (28.1) docker looks for the places themselves."""
AT_ONCE = 2
HAVING_PLACES = ("running", "paused")


class Endings(ListAgreement):
    """Calls that end a container at once, and so its places on networks, take turns where the engine loses count."""

    _turns: anyio.CapacityLimiter | None = None

    @property
    def loses_count(self) -> bool:
        """The engine may count places on networks that nobody has."""
        return not self.podman and self.version.api < COUNTING_API

    @asynccontextmanager
    async def ending(self, ident: str, grace: float | None = 0, *, removes: bool = False) -> AsyncIterator[None]:
        """Around a call that ends a container. grace: the seconds that it gets before; ``None`` its own. removes: the call removes it
        too, and so is answered when its places are gone.
        """
        if not self.loses_count or grace or not await self._ends_at_once(ident, grace):
            yield
            return
        async with self._turn():
            yield
            if not removes:
                # Docker answers a stop before it has taken the places away; an inspection waits for that.
                with suppress(ContainerError):
                    await self.inspect_container(ident)

    async def end_container(self, ident: str) -> None:
        """As the contract has it. Docker takes longer to end a container than to take away its places, for which alone it needs turns:
        so they go first, and containers end beside each other. Not of one that is started again when it ends: in a loop it may do so
        just then, and each takes the same places away.
        """
        request = Request("POST", ("containers", Name(ident), "kill"), f"kill the container {shown(ident)}")
        info = await self.inspect_container(ident)
        async with nullcontext() if await self._off_its_networks(info) else self.ending(ident):
            await self.ask(request, subject=ident, also=(409,))

    async def _off_its_networks(self, info: ContainerInfo) -> bool:
        """Takes a container off its networks where its end needs a turn for them; whether it needs none any more."""
        if not self.loses_count or info.status not in HAVING_PLACES:
            return True
        if mapping(mapping((info.raw or {}).get("HostConfig")).get("RestartPolicy")).get("Name") not in (None, "", "no"):
            return False
        return all([await self._taken_off(place.network_id or name, info.id) for name, place in info.networks.items()])

    async def _taken_off(self, network: str, ident: str) -> bool:
        """Takes a container off a network, in turn. Where that fails its end does it."""
        doing = f"disconnect the container {shown(ident)} from the network {shown(network)}"
        body = {"Container": ident, "Force": True}
        request = Request("POST", ("networks", Name(network), "disconnect"), doing, document=body)
        try:
            async with self._turn():
                await self.ask(request, subject=network)
        except ContainerError:
            return False
        return True

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._turns is None:
            self._turns = anyio.CapacityLimiter(AT_ONCE)
        turn = object()
        await self._turns.acquire_on_behalf_of(turn)
        try:
            yield
        finally:
            self._turns.release_on_behalf_of(turn)

    async def _ends_at_once(self, ident: str, grace: float | None) -> bool:
        """Whether it runs, is on a network, and is killed without a grace. One that waits for its next start has no place, and is
        told at once that there is none: those that wait for their turn would start and end, each without one.
        """
        try:
            info = await self.inspect_container(ident)
        except NotFound:
            return False
        own = ((info.raw or {}).get("Config") or {}).get("StopTimeout")
        return info.status in HAVING_PLACES and bool(info.networks) and (grace is not None or own == 0)
