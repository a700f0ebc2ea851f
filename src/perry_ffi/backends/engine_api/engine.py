"""The backend of an engine that speaks the Docker Engine API: Docker, and Podman's compatible service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.build.operation import Build
from perry_ffi.backends.engine_api.logs.reading import Logs
from perry_ffi.backends.engine_api.requests.host_paths import is_of_this_machine
from perry_ffi.backends.engine_api.resources.containers import Containers
from perry_ffi.backends.engine_api.resources.copies import Copies
from perry_ffi.backends.engine_api.resources.health import Health
from perry_ffi.backends.engine_api.resources.interaction import Interactive
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
    Interactive,
    Copies,
    VolumeFilling,
    Build,
    Networks,
    NetworkAttachment,
    NetworkRemaking,
    Volumes,
    Sandboxes,
):
    """One connected engine. service: what was started for it, and ends with it. machine: the name of the virtual machine
    that holds it, which it goes by.
    """

    def __init__(
        self,
        client: HttpClient,
        version: EngineVersion,
        settings: Settings,
        service: PodmanService | None = None,
        machine: str = "",
    ) -> None:
        name = machine or version.flavour
        client.backend = name
        super().__init__(name, client, version, of_engine(version.flavour, version.abilities, version.conditions), settings)
        self.machine = machine or self.machine
        self._service = service
        self.lists_health = not self.podman
        self.local_registry = "localhost" if self.podman else ""
        self.address = str(client.endpoint) if service is None else None
        self.api_socket = _api_socket(inside) if (inside := self._own_socket()) else None
        self.identity = name if service is not None else f"{version.flavour} {client.endpoint.resolved()}"

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        return self._client.endpoint

    @property
    def client(self) -> HttpClient:
        """Its connections."""
        return self._client

    def _own_socket(self) -> str | None:
        """The path of its socket where it runs: in a machine another one than here."""
        if not self.is_in_machine:
            return self._client.endpoint.path
        from perry_ffi.backends.machines import products  # not for those on this kernel

        found = products.of(self.machine)
        return found.inside if found else None

    def unshared(self, source: str) -> str:
        if not self.is_in_machine or not is_of_this_machine(source, Path("/")):
            return ""
        from perry_ffi.backends.machines.shares import unshared

        return unshared(self._settings, self.machine, source)

    def is_generated_volume_name(self, volume: str) -> bool:
        return is_generated(volume)

    async def info(self) -> BackendInfo:
        info = self.described(await negotiate(self._client))
        document = await self.ask_object(Request("GET", ("info",), f"ask {self.name} what it is"))
        return with_details(info, document, podman=self.podman)

    def described(self, version: EngineVersion) -> BackendInfo:
        """What is told of it without asking more."""
        found = BackendInfo(
            name=self.name,
            available=True,
            where=self.address,
            version=version.version,
            api=version.api_text,
            mode="vm" if self.is_in_machine else "local" if self.local else "remote",
            isolation_level="container",
            docker_socket_inside=self.api_socket.source if self.api_socket and self.address else None,
        )
        if not self.is_in_machine:
            return found
        from perry_ffi.backends.machines.shares import with_machine  # not for those on this kernel

        return with_machine(found, self._settings, self.machine)

    async def aclose(self) -> None:
        self._client.close()
        if self._service is not None:
            await self._service.aclose()


def _api_socket(path: str) -> ApiSocket:
    """Podman's API is docker's, and so are the clients that look for it."""
    return ApiSocket(path, "/var/run/docker.sock", "DOCKER_CONFIG", "/run/secrets/docker")
