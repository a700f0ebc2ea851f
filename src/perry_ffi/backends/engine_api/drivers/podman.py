"""Podman: on a socket of the user's or of the system's (Podman documentation), else a service that is started for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from perry_ffi.backends.driver import Look, Place, Probe, unavailable
from perry_ffi.backends.engine_api.drivers import usual
from perry_ffi.backends.engine_api.drivers.addresses import of_connection
from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver
from perry_ffi.backends.engine_api.probing import LONGER, converse, look
from perry_ffi.backends.engine_api.transport.http import HttpClient
from perry_ffi.cancellation import finish
from perry_ffi.errors import BackendNotAvailable, ContainerError
from perry_ffi.net.refusal import Unreachable

if TYPE_CHECKING:
    from perry_ffi.backends.contract.engine import Elsewhere
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
    from perry_ffi.settings import Settings


class Podman(ApiDriver):
    """The driver of podman."""

    name = "podman"
    SOCKETS = usual.PODMAN
    GUEST_OF = ("docker",)

    def configured(self, settings: Settings) -> tuple[str, Callable[[], Endpoint]] | None:
        if settings.platform == "linux":  # there podman's own program is no remote one
            return None
        from perry_ffi.backends.engine_api.drivers import podman_connections

        try:
            name = podman_connections.default(settings)
            if name is None or (podman_connections.named(settings, name).machine and self.usual_sockets(settings)):
                return None  # a machine's own socket needs no ssh
        except Unreachable:  # what is odd there is told where a connection is asked for by name
            return None
        where = "the default connection"
        return where, partial(of_connection, settings, name, where=where)

    def usual_sockets(self, settings: Settings) -> list[str]:
        """Where podman is in a machine, that one's sockets, if they are there."""
        if settings.platform == "linux":
            return super().usual_sockets(settings)
        from perry_ffi.backends.machines import places, products

        found = products.of(self.name)
        return places.sockets(settings, found) if found is not None else []

    def services(self, settings: Settings) -> Iterator[Place]:
        if settings.platform == "linux":
            yield Place("the service that is started for it", partial(_start, settings), starts=True)

    def started(self, settings: Settings) -> Look | None:
        return Look(self.name, "", partial(_start_and_look, settings))


async def _start(settings: Settings) -> Probe:
    from perry_ffi.backends.engine_api.drivers.podman_service import PodmanService

    try:
        service = PodmanService.find(settings)
    except BackendNotAvailable as error:
        return unavailable("podman", error.details["reason"], error.details["remedy"])
    if service is None:
        return unavailable("podman", "podman is not installed", "install podman", "absent")
    timeout = LONGER * settings.probe_timeout
    client = HttpClient(service.endpoint, backend="podman", timeout=timeout, connect=service.connect)
    return await converse(settings, "podman", client, service)


async def _start_and_look(settings: Settings, labels: Labels, seconds: float) -> Elsewhere | None:
    from perry_ffi.backends.engine_api.drivers.podman_service import PodmanService

    try:
        service = PodmanService.find(settings)
    except ContainerError:
        return None
    if service is None:
        return None
    try:
        client = HttpClient(service.endpoint, backend="podman", timeout=seconds, connect=service.connect)
        return await look(client, labels, "a service of its own")
    finally:
        await finish(service.aclose())


DRIVER = Podman()
