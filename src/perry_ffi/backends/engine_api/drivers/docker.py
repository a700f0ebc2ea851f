"""Docker: where its context in use says, else dockerd on a socket of the system's, of the user's, or of Docker Desktop's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from perry_ffi.backends.engine_api.drivers import docker_contexts
from perry_ffi.backends.engine_api.drivers.addresses import of_context
from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver, place

if TYPE_CHECKING:
    from perry_ffi.backends.driver import Place
    from perry_ffi.settings import Settings


class Docker(ApiDriver):
    """The driver of docker."""

    name = "docker"
    SOCKETS = (
        "/var/run/docker.sock",
        "{runtime}/docker.sock",
        "{home}/.docker/run/docker.sock",
        "{home}/.docker/desktop/docker.sock",
    )

    def configured(self, settings: Settings) -> list[Place]:
        name = None if settings.docker_context else docker_contexts.current(settings)
        if name is None:
            return []
        where = "currentContext"
        return [place(settings, self.name, where, partial(of_context, settings, name, where=where))]


DRIVER = Docker()
