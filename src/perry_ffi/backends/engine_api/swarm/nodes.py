"""The machines of a swarm, and the engines of containers on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.engine_api.drivers.addresses import of_text
from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.responses.fields import mapping
from perry_ffi.backends.engine_api.swarm.calls import ManagerCalls
from perry_ffi.backends.engine_api.swarm.parse import parse_nodes
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.errors import BackendNotAvailable, NotFound, Unsupported
from perry_ffi.net.refusal import Unreachable

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.service_records import NodeState
    from perry_ffi.backends.engine_api.engine import EngineBackend
    from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
    from perry_ffi.settings import Settings

VARIABLE = "PERRY_SWARM_NODES"


class Nodes(ManagerCalls):
    """Nodes, and whom to ask for what is local to one. settings: where the engines of other nodes are."""

    def __init__(self, engine: EngineBackend, settings: Settings) -> None:
        super().__init__(engine)
        self._settings = settings
        self._engines: dict[str, EngineBackend] = {}
        self._names: dict[str, str] = {}
        self._connecting = anyio.Lock()

    async def nodes(self) -> list[NodeState]:
        found = parse_nodes(await self.read(("nodes",), "list the nodes of the cluster"))
        self._names = {node.id: node.name for node in found}
        return found

    async def node_names(self, idents: set[str]) -> dict[str, str]:
        """The names of nodes by their ids; asks only where one is not known yet."""
        if not idents <= self._names.keys():
            await self.nodes()
        return self._names

    async def engine_of(self, node: str) -> Backend:
        found = next((item for item in await self.nodes() if node in (item.id, item.name)), None)
        if found is None:
            raise NotFound(f"there is no node {shown(node)} in the cluster", subject=node, backend=self.engine.name)
        async with self._connecting:
            if found.id in self._engines:
                return self._engines[found.id]
            if await self._node_of(self.engine) == found.id:
                return self.engine
            self._engines[found.id] = await self._connected(found)
            return self._engines[found.id]

    async def _connected(self, node: NodeState) -> EngineBackend:
        from perry_ffi.backends.engine_api.probing import ask_endpoint  # it knows this room's backend

        endpoint = self._endpoint(node)
        probe = await ask_endpoint(self._settings, "docker", endpoint)
        if probe.backend is None:
            raise _unavailable(node, probe.info.reason, probe.info.remedy or f"start docker on {node.name}")
        there: EngineBackend = probe.backend  # type: ignore[assignment]
        try:
            ident = await self._node_of(there)
        except BaseException:
            await there.aclose()
            raise
        if ident != node.id:
            await there.aclose()
            raise _unavailable(node, f"{endpoint} is not that node's", f"mend {VARIABLE}: {node.name}=ADDRESS")
        return there

    def _endpoint(self, node: NodeState) -> Endpoint:
        said = self._settings.swarm_nodes.get(node.name) or self._settings.swarm_nodes.get(node.id)
        if not said:
            raise Unsupported(
                f"{self.engine.name} reaches no container on the node {node.name}: its engine is not known",
                backend=self.engine.name, node=node.name, member="node",
                remedy=f"set {VARIABLE} to {node.name}=ssh://{node.address or node.name} (or tcp://HOST:PORT, unix:///PATH)",
            )  # fmt: skip
        try:
            return of_text(self._settings, said, where=VARIABLE)
        except Unreachable as error:
            raise _unavailable(node, error.refusal.reason, error.refusal.remedy) from None

    async def _node_of(self, engine: EngineBackend) -> str:
        document = await engine.ask_object(Request("GET", ("info",), f"ask {engine.name} which node it is"))
        return str(mapping(document.get("Swarm")).get("NodeID") or "")

    async def aclose(self) -> None:
        """Gives up the connections to other nodes. Idempotent."""
        engines, self._engines = list(self._engines.values()), {}
        for engine in engines:
            await engine.aclose()


def _unavailable(node: NodeState, reason: str, remedy: str) -> BackendNotAvailable:
    return BackendNotAvailable(
        f"the engine of the node {node.name} cannot be used: {reason}", backend="docker", node=node.name, reason=reason,
        remedy=remedy,
    )  # fmt: skip
