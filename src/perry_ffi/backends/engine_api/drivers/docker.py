"""Docker: dockerd on a socket of the system's, of the user's, or of Docker Desktop's (Docker documentation)."""

from __future__ import annotations

from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver


class Docker(ApiDriver):
    """The driver of docker."""

    name = "docker"
    SOCKETS = (
        "/var/run/docker.sock",
        "{runtime}/docker.sock",
        "{home}/.docker/run/docker.sock",
        "{home}/.docker/desktop/docker.sock",
    )


DRIVER = Docker()
