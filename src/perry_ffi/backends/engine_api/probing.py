"""One engine that speaks the Docker Engine API is asked at one place: who it is, or what it holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.engine import Elsewhere
from perry_ffi.backends.driver import Probe, unavailable
from perry_ffi.backends.engine_api.conditions import conditions_of
from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.engine_client import carries, label_filter
from perry_ffi.backends.engine_api.responses.container import parse_containers
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient, Request
from perry_ffi.backends.engine_api.transport.version import EngineVersion, flavour_of_server, negotiate
from perry_ffi.cancellation import finish
from perry_ffi.errors import ContainerError
from perry_ffi.model.backend import BackendState

if TYPE_CHECKING:
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.backends.engine_api.drivers.podman_service import PodmanService
    from perry_ffi.settings import Settings

LONGER = 2.0
"""A connection's own bound, as a multiple of the probe's, which is the one that counts."""


async def ask_endpoint(
    settings: Settings, name: str, endpoint: Endpoint, *, any_engine: bool = False, machine: bool = False
) -> Probe:
    """The engine ``name`` at ``endpoint``. any_engine: whether it may be another one. machine: whether ``name`` is a virtual
    machine's, and what answers is the engine that it holds, and goes by that name.
    """
    client = HttpClient(endpoint, backend=name, timeout=LONGER * settings.probe_timeout, platform=settings.platform)
    found = await converse(settings, name, client, machine=name if machine else "")
    if found.backend is None or found.backend.name == name or any_engine:
        return found
    await finish(found.aclose())
    other = found.backend.name
    return unavailable(name, f"{endpoint} belongs to {other}", f"ask for {other}")


async def converse(
    settings: Settings, name: str, client: HttpClient, service: PodmanService | None = None, machine: str = ""
) -> Probe:
    """The engine that answers ``client``; both, and the ``service`` that was started for it, are closed where none does.

    machine: the name that it goes by where a virtual machine holds it; else that is what it says of itself.
    """
    version: EngineVersion | None = None
    try:
        found = await negotiate(client)
        version = replace(found, conditions=await conditions_of(client, found))
    except ContainerError as error:
        told = error.details
        reason, remedy = told.get("reason") or error.message, told.get("remedy") or f"restart {name}"
        state: BackendState = told.get("state") or "broken"
    finally:
        if version is None:
            client.close()
            if service is not None:
                await finish(service.aclose())
    if version is None:
        return unavailable(name, reason, remedy, state)
    client.timeout = settings.engine_timeout
    backend = EngineBackend(client, version, settings, service, machine=machine)
    return Probe(backend.described(version), backend)


async def look(client: HttpClient, labels: Labels, where: str | None = None) -> Elsewhere | None:
    """What the engine at the other end of ``client``, which is closed then, has with ``labels``, which may be nothing: one
    list call, bounded by the client's own bound. None where it does not answer, or not that. where: in words, for one whose
    address says nothing.
    """
    query = {"all": True, "filters": label_filter(labels)}
    request = Request("GET", ("containers", "json"), "list the containers", query=query, versioned=False)
    with anyio.move_on_after(client.timeout):
        try:
            reply = await client.exchange(request)
            rows = parse_containers(reply.document()) if reply.status == 200 else None
        except ContainerError:
            return None
        finally:
            client.close()
        if rows is not None:
            held = tuple(row.labels for row in rows if carries(row.labels, labels))
            return Elsewhere(flavour_of_server(reply.headers.get("server", "")), where or str(client.endpoint), held)
    return None
