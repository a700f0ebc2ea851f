"""Docker: where its context in use says, else dockerd on a socket of the system's, of the user's, or of Docker Desktop's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from perry_ffi.backends.engine_api.drivers import docker_contexts, usual
from perry_ffi.backends.engine_api.drivers.addresses import of_context
from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
    from perry_ffi.settings import Settings


class Docker(ApiDriver):
    """The driver of docker."""

    name = "docker"
    SOCKETS = usual.DOCKER

    def patterns(self, settings: Settings) -> Sequence[str]:
        """On a Mac the product's own socket comes before the link to it, which may lead to another's."""
        return sorted(self.SOCKETS, key=lambda path: "{home}" not in path) if settings.platform == "darwin" else self.SOCKETS

    def configured(self, settings: Settings) -> tuple[str, Callable[[], Endpoint]] | None:
        name = None if settings.docker_context else docker_contexts.current(settings)
        where = "currentContext"
        return (where, partial(of_context, settings, name, where=where)) if name else None


DRIVER = Docker()
