"""Networks of an engine."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.engine_api.engine_client import carries, label_filter, shown
from perry_ffi.backends.engine_api.error_mapping import is_held
from perry_ffi.backends.engine_api.resources.ending_limit import Endings
from perry_ffi.backends.engine_api.responses.network import parse_network, parse_networks
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.cancellation import all_or_nothing
from perry_ffi.errors import Conflict, ContainerError, NotFound
from perry_ffi.model.container_info import LIVE

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.network import NetworkInfo, NetworkSpec

LET_GO_SECONDS = 10.0
"""How long an engine may take to let go of containers that are gone."""
STALE_SECONDS = 2.0
"""After how long a place on a network whose container is gone is taken away by force."""
PAUSES = (0.02, 0.5)
"""Seconds between two tries: the first, and the longest."""
SHOWN = 10
"""So many containers are named in a message."""


class Networks(Endings):
    """The network operations."""

    @property
    def held_by_stopped(self) -> bool:
        return self.podman

    async def create_network(self, name: str, spec: NetworkSpec) -> NetworkInfo:
        body = self._network_body(name, spec)
        request = Request("POST", ("networks", "create"), f"create the network {shown(name)}", document=body)
        return await all_or_nothing(self._create_network(request, name), self._discard_network)

    async def check_network(self, name: str, spec: NetworkSpec) -> None:
        self._network_body(name, spec)

    def _network_body(self, name: str, spec: NetworkSpec) -> dict[str, Any]:
        from perry_ffi.backends.engine_api.requests.network import network_payload

        with self.by_own_name():
            return network_payload(name, spec, self.flavour, self.version.abilities)

    async def _create_network(self, request: Request, name: str) -> NetworkInfo:
        await self.ask(request, subject=name)
        return await self.inspect_network(name)

    async def _discard_network(self, info: NetworkInfo) -> None:
        try:
            await self.remove_network(info.id)
        except NotFound:
            return

    async def remove_network(self, name: str) -> None:
        path = ("networks", await self.network_segment(name))
        request = Request("DELETE", path, f"remove the network {shown(name)}")
        try:
            await self.ask(request, subject=name)
        except Conflict as error:
            if not is_held(error):
                raise
            # One that goes meanwhile is gone.
            with suppress(NotFound):
                await self._remove_held(request, name, error)

    async def _remove_held(self, request: Request, name: str, error: Conflict) -> None:
        """Tries again until the engine has let go of what was on the network; who is on it to stay is named at once."""
        began, (pause, longest) = anyio.current_time(), PAUSES
        while True:
            waited = anyio.current_time() - began
            await self._leave(request, name, error, by_force=waited >= STALE_SECONDS)
            if waited >= LET_GO_SECONDS:
                raise self._miscounted(request, error)
            await anyio.sleep(pause)
            pause = min(2 * pause, longest)
            try:
                await self.ask(request, subject=name)
                return
            except Conflict as refused:
                if not is_held(refused):
                    raise
                error = refused

    def _miscounted(self, request: Request, error: Conflict) -> Conflict:
        if not self.loses_count:
            return error
        return Conflict(
            f"{request.doing}: docker counts containers on it though none is: {error.details.get('output')}",
            **{**error.details, "remedy": "restart the docker engine, which counts anew (28.1 and later do not lose count)"},
        )

    async def _leave(self, request: Request, name: str, error: Conflict, *, by_force: bool) -> None:
        """Raises Conflict that names who is on the network. by_force: takes away the places of containers that are gone."""
        network, rows = await self.inspect_network(name), await self.list_containers(all=True)
        if users := sorted(row.name for row in rows if self._is_on(row, network)):
            told = ", ".join(users[:SHOWN]) + (f" and {len(users) - SHOWN} more" if len(users) > SHOWN else "")
            raise Conflict(
                f"{request.doing}: {told} {'is' if len(users) == 1 else 'are'} on it",
                **{**error.details, "containers": users, "remedy": "remove them, or disconnect them from it, first"},
            ) from error
        there = {row.id for row in rows}
        for ident, label in network.containers.items() if by_force else ():
            if ident not in there:
                with suppress(ContainerError):
                    await self.disconnect_network(network.id, label or ident, force=True)

    def _is_on(self, row: ContainerInfo, network: NetworkInfo) -> bool:
        """Whether a container keeps a network from going: for docker only one that runs, and none that is about to be gone."""
        if self.podman:
            return network.name in row.networks
        joined = row.id in network.containers or any(place.network_id == network.id for place in row.networks.values())
        return joined and row.status in LIVE

    async def inspect_network(self, name: str) -> NetworkInfo:
        request = Request("GET", ("networks", await self.network_segment(name)), f"inspect the network {shown(name)}")
        return parse_network(await self.ask_document(request, subject=name))

    async def list_networks(self, labels: Labels | None = None) -> list[NetworkInfo]:
        request = Request("GET", ("networks",), "list the networks", query={"filters": label_filter(labels)})
        found = parse_networks(await self.ask_document(request))
        return [item for item in found if carries(item.labels, labels)]
