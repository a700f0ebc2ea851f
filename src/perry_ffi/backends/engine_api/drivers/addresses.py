"""Where a server is that the environment, or an engine's own file, names: from what is said to an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.engine_api.drivers import docker_contexts
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.tls import Tls

if TYPE_CHECKING:
    from perry_ffi.backends.choice import Server
    from perry_ffi.settings import Settings


def endpoint_of(settings: Settings, server: Server) -> Endpoint:
    """Where ``server`` is. Raises ValidationError for an address that cannot be meant, Unreachable for a file that is missing."""
    if server.variable == "DOCKER_CONTEXT":
        return of_context(settings, server.said, where=server.variable)
    tls = None
    if server.variable == "DOCKER_HOST" and settings.docker_tls and server.said.startswith("tcp:"):
        folder = settings.docker_cert_path or settings.home / ".docker"
        tls = Tls.of_folder(folder, verify=settings.docker_tls_verify, own_ca=True)
    return Endpoint.parse(server.said, where=server.variable, tls=tls)


def of_context(settings: Settings, name: str, *, where: str) -> Endpoint:
    """Where docker's context ``name`` leads. where: who names it, for words."""
    address, tls = docker_contexts.address(settings, name)
    return Endpoint.parse(address, where=f"{where}: docker's context {name!r}", tls=tls)
