"""What the other engines of this machine hold, for a question that the one in use answers with nothing.

Cheap: one list call to each socket that is there, side by side and bounded. No service is started for it, but that of an
engine which comes before the one in use and was too slow when engines were looked for.
"""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator
from pathlib import Path

import anyio

from perry_ffi.backends.choice import servers
from perry_ffi.backends.contract.engine import Elsewhere
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.detect import usual_sockets
from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.engine_client import carries, label_filter
from perry_ffi.backends.engine_api.responses.container import parse_containers
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient, Request
from perry_ffi.backends.engine_api.transport.version import DOCKER, PODMAN
from perry_ffi.cancellation import finish
from perry_ffi.errors import ContainerError, ValidationError
from perry_ffi.settings import Settings

SLOW_SECONDS = 10.0
"""How long an engine gets that was too slow when engines were looked for."""

Found = list[Elsewhere]


async def held_elsewhere(settings: Settings, used: EngineBackend, slow: Collection[str], labels: Labels) -> Found:
    """The engines beside ``used`` that have containers with ``labels``. slow: the names of those that were too slow.

    One that does not answer in time holds nothing, as far as can be told.
    """
    found: Found = []
    places = dict(_places(settings, used))
    async with anyio.create_task_group() as group:
        for endpoint, name in places.items():
            seconds = SLOW_SECONDS if name in slow else settings.probe_timeout
            group.start_soon(_look, found, HttpClient(endpoint, backend=name, timeout=seconds), labels)
        if PODMAN in slow and PODMAN not in places.values():
            group.start_soon(_start_and_look, found, settings, labels)
    return sorted(found, key=lambda row: (row.name, row.address))


async def _start_and_look(found: Found, settings: Settings, labels: Labels) -> None:
    from perry_ffi.backends.podman_service import PodmanService

    try:
        service = PodmanService.find(settings)
    except ContainerError:
        return
    if service is not None:
        try:
            client = HttpClient(service.endpoint, backend=PODMAN, timeout=SLOW_SECONDS, connect=service.connect)
            await _look(found, client, labels, "a service of its own")
        finally:
            await finish(service.aclose())


async def _look(found: Found, client: HttpClient, labels: Labels, where: str | None = None) -> None:
    query = {"all": True, "filters": label_filter(labels)}
    request = Request("GET", ("containers", "json"), "list the containers", query=query, versioned=False)
    with anyio.move_on_after(client.timeout):
        try:
            reply = await client.exchange(request)
            rows = parse_containers(reply.document()) if reply.status == 200 else []
        except ContainerError:
            return
        finally:
            client.close()
        held = tuple(row.labels for row in rows if carries(row.labels, labels))
        if held:
            name = PODMAN if "libpod" in reply.headers.get("server", "").lower() else DOCKER
            found.append(Elsewhere(name, where or str(client.endpoint), held))


def _places(settings: Settings, used: EngineBackend) -> Iterator[tuple[Endpoint, str]]:
    """Where other engines listen, each once, and whose place it is."""
    seen = {used.endpoint.resolved()}
    for endpoint, name in [*_named(settings), *_usual(settings)]:
        if (real := endpoint.resolved()) not in seen:
            seen.add(real)
            yield endpoint, name


def _named(settings: Settings) -> Iterator[tuple[Endpoint, str]]:
    for server in servers(settings):
        try:
            yield Endpoint.parse(server.url, where=server.variable), server.name
        except ValidationError:
            continue


def _usual(settings: Settings) -> Iterator[tuple[Endpoint, str]]:
    for name in (DOCKER, PODMAN):
        for path in usual_sockets(settings, name):
            if _is_socket(path):
                yield Endpoint.unix(path), name


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        return False
