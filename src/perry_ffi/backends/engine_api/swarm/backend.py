"""The backend of a swarm's manager: docker's containers, builds and pushes there, and the services of the whole swarm."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.responses.fields import listing, mapping
from perry_ffi.backends.engine_api.swarm.refusals import cluster_refusal
from perry_ffi.backends.engine_api.swarm.services import SwarmServices
from perry_ffi.errors import BackendNotAvailable
from perry_ffi.model.backend import BackendNode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from perry_ffi.backends.contract.service_records import NodeState
    from perry_ffi.backends.engine_api.transport.http import HttpClient
    from perry_ffi.backends.engine_api.transport.version import EngineVersion
    from perry_ffi.errors import ContainerError
    from perry_ffi.model.backend import BackendInfo
    from perry_ffi.settings import Settings

NAME = "swarm"
_CALLS = 8
"""Calls at a time: the nodes do the work, and the managers agree on one change after the other."""


class SwarmBackend(EngineBackend):
    """A manager. swarm: what it says of its swarm (``Swarm`` of ``GET /info``)."""

    services: SwarmServices

    def __init__(self, client: HttpClient, version: EngineVersion, settings: Settings, swarm: Mapping[str, Any]) -> None:
        super().__init__(client, version, settings)
        self.name = client.backend = NAME
        self._managers = manager_addresses(swarm)
        cluster = mapping(swarm.get("Cluster")).get("ID")
        self.identity = f"{NAME} {cluster or client.endpoint.resolved()}"
        self.services = SwarmServices(self, settings, NAME)

    @property
    def parallel_calls(self) -> int:
        return _CALLS

    def described(self, version: EngineVersion) -> BackendInfo:
        return super().described(version).model_copy(update={"name": NAME, "mode": "cluster"})

    async def info(self) -> BackendInfo:
        found = await super().info()
        with suppress(BackendNotAvailable):  # Without a quorum nobody tells them.
            return found.model_copy(update={"nodes": [_told(node) for node in await self.services.nodes()]})
        return found

    def refused(
        self, status: int, body: bytes, doing: str, subject: str | None = None, *, in_stream: bool = False
    ) -> ContainerError:
        found = cluster_refusal(status, body, doing=doing, backend=self.name, managers=self._managers, subject=subject)
        return found or super().refused(status, body, doing, subject, in_stream=in_stream)

    async def aclose(self) -> None:
        await self.services.aclose()
        await super().aclose()


def _told(node: NodeState) -> BackendNode:
    return BackendNode(name=node.name, address=node.address, up=node.up, active=node.active, manager=node.manager)


def manager_addresses(swarm: Mapping[str, Any]) -> tuple[str, ...]:
    """Where the managers of a node's swarm are, as it knows them."""
    rows = [mapping(item) for item in listing(swarm.get("RemoteManagers"))]
    return tuple(sorted(str(row["Addr"]) for row in rows if row.get("Addr")))
