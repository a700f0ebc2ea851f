"""The backend of an engine that speaks the Docker Engine API: Docker, and Podman's compatible service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.build.operation import Build
from perry_ffi.backends.engine_api.logs.reading import Logs
from perry_ffi.backends.engine_api.resources.archive import Archives
from perry_ffi.backends.engine_api.resources.attach import Sessions
from perry_ffi.backends.engine_api.resources.containers import Containers
from perry_ffi.backends.engine_api.resources.health import Health
from perry_ffi.backends.engine_api.resources.lifecycle import Lifecycle
from perry_ffi.backends.engine_api.resources.network_attachment import NetworkAttachment
from perry_ffi.backends.engine_api.resources.network_remaking import NetworkRemaking
from perry_ffi.backends.engine_api.resources.networks import Networks
from perry_ffi.backends.engine_api.resources.stop_cause import Stops
from perry_ffi.backends.engine_api.resources.volume_filling import VolumeFilling
from perry_ffi.backends.engine_api.resources.volumes import Volumes
from perry_ffi.backends.engine_api.resources.waits import Waits
from perry_ffi.backends.engine_api.responses.fields import is_generated
from perry_ffi.backends.engine_api.responses.info import with_details
from perry_ffi.backends.engine_api.sandboxes.operation import Sandboxes
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient, Request
from perry_ffi.backends.engine_api.transport.version import EngineVersion, negotiate
from perry_ffi.model.api_socket import ApiSocket
from perry_ffi.model.backend import BackendInfo
from perry_ffi.settings import Settings

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.drivers.podman_service import PodmanService


class EngineBackend(
    Containers,
    Lifecycle,
    Waits,
    Stops,
    Health,
    Logs,
    Sessions,
    Archives,
    VolumeFilling,
    Build,
    Networks,
    NetworkAttachment,
    NetworkRemaking,
    Volumes,
    Sandboxes,
):
    """One connected engine. service: what was started for it, and ends with it."""

    def __init__(
        self, client: HttpClient, version: EngineVersion, settings: Settings, service: PodmanService | None = None
    ) -> None:
        name = version.flavour
        client.backend = name
        super().__init__(name, client, version, of_engine(version.flavour, version.abilities, version.conditions), settings)
        self._service = service
        self.lists_health = not self.podman
        self.local_registry = "localhost" if self.podman else ""
        self.address = str(client.endpoint) if service is None else None
        self.api_socket = _api_socket(client.endpoint.path) if client.endpoint.path else None
        self.identity = name if service is not None else f"{name} {client.endpoint.resolved()}"

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        return self._client.endpoint

    def is_generated_volume_name(self, volume: str) -> bool:
        return is_generated(volume)

    async def info(self) -> BackendInfo:
        info = describe(await negotiate(self._client), self._client)
        document = await self.ask_object(Request("GET", ("info",), f"ask {self.name} what it is"))
        return with_details(info, document, podman=self.podman)

    async def aclose(self) -> None:
        self._client.close()
        if self._service is not None:
            await self._service.aclose()


def _api_socket(path: str) -> ApiSocket:
    """Podman's API is docker's, and so are the clients that look for it."""
    return ApiSocket(path, "/var/run/docker.sock", "DOCKER_CONFIG", "/run/secrets/docker")


def describe(version: EngineVersion, client: HttpClient) -> BackendInfo:
    """What is told about a live engine."""
    return BackendInfo(
        name=version.flavour,
        available=True,
        version=version.version,
        api=version.api_text,
        mode="local" if client.endpoint.path is not None else "remote",
        isolation_level="container",
    )
