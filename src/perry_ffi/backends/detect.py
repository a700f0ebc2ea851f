"""Which engines answer on this machine, why the others do not, and the connection to the first that does."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.base import Backend
from perry_ffi.backends.engine_api.endpoint import Endpoint
from perry_ffi.backends.engine_api.engine import EngineBackend, describe
from perry_ffi.backends.engine_api.http import HttpClient
from perry_ffi.backends.engine_api.version import EngineVersion, negotiate
from perry_ffi.backends.outlast import finish
from perry_ffi.backends.process import find_program
from perry_ffi.errors import (
    BackendNotAvailable,
    ContainerError,
    NoBackendFound,
    Timeout,
    ValidationError,
)
from perry_ffi.model.backend import BackendInfo
from perry_ffi.settings import Settings

if TYPE_CHECKING:
    from perry_ffi.backends.podman_service import PodmanService

PLATFORM_ORDER = {
    "darwin": ("apple/container", "orbstack", "colima", "rancher-desktop", "lima", "podman", "nerdctl", "docker"),
    "": ("podman", "nerdctl", "docker"),
}
"""Names in the order in which they are tried, by ``sys.platform``; ``""`` for every other."""

KNOWN = PLATFORM_ORDER["darwin"]
"""Every name there is."""


def platform_order(platform: str | None = None) -> tuple[str, ...]:
    """The order of ``platform`` (default: the one that runs)."""
    return PLATFORM_ORDER.get(platform or sys.platform, PLATFORM_ORDER[""])


@dataclass
class Probe:
    """What one name answered. backend: the live connection, None where there is none."""

    info: BackendInfo
    backend: EngineBackend | None = None

    async def aclose(self) -> None:
        """Gives up the connection."""
        if self.backend is not None:
            await self.backend.aclose()


async def detect(settings: Settings, names: Sequence[str] | None = None) -> list[BackendInfo]:
    """One row for each of ``names`` (default: the order in force), probed side by side, each within ``probe_timeout``.

    Raises ValidationError for a name that does not exist.
    """
    order = _order(settings, names)
    probes: dict[str, Probe] = {}

    async def one(name: str) -> None:
        probe = await _probe(settings, name)
        await finish(probe.aclose())
        probes[name] = probe

    async with anyio.create_task_group() as group:
        for name in order:
            group.start_soon(one, name)
    return [probes[name].info for name in order]


async def connect(settings: Settings, names: Sequence[str] | None = None) -> Backend:
    """The first of ``names`` (default: the order in force) that lives; all are probed side by side.

    Raises ValidationError for a name that does not exist; BackendNotAvailable where one name was asked for and
    NoBackendFound where several were, each with the probes.
    """
    order = _order(settings, names)
    ready = {name: anyio.Event() for name in order}
    probes: dict[str, Probe] = {}
    chosen: Backend | None = None

    async def one(name: str) -> None:
        probes[name] = await _probe(settings, name)
        ready[name].set()

    try:
        async with anyio.create_task_group() as group:
            for name in order:
                group.start_soon(one, name)
            for name in order:
                await ready[name].wait()
                if (chosen := probes[name].backend) is not None:
                    group.cancel_scope.cancel()
                    break
    finally:
        for probe in probes.values():
            if probe.backend is not chosen:
                await finish(probe.aclose())
    if chosen is not None:
        return chosen
    raise _nothing([probes[name].info for name in order])


def _order(settings: Settings, names: Sequence[str] | None) -> tuple[str, ...]:
    order = tuple(names) if names is not None else settings.backends or platform_order()
    for name in order:
        if name not in KNOWN:
            raise ValidationError(f"there is no backend {name!r}", path="backend", expected=", ".join(KNOWN))
    first: tuple[str, ...] = ()
    if settings.server_first and names is None:
        first = (("podman",) if settings.container_host else ()) + (
            ("docker", "podman") if settings.docker_host else ()
        )
    return tuple(dict.fromkeys((*first, *order)))


def _nothing(rows: Sequence[BackendInfo]) -> ContainerError:
    table = [{"name": row.name, "reason": row.reason, "remedy": row.remedy} for row in rows]
    if len(rows) == 1:
        row = rows[0]
        return BackendNotAvailable(
            f"{row.name} does not answer: {row.reason}", backend=row.name, reason=row.reason, remedy=row.remedy,
            probes=table,
        )  # fmt: skip
    said = "; ".join(f"{row.name}: {row.reason}" for row in rows)
    return NoBackendFound(f"no container engine answers ({said})", probes=table)


# -- one probe ----------------------------------------------------------------------------------


async def _probe(settings: Settings, name: str) -> Probe:
    """Tries the places of one engine in turn; the first answer counts, else the first place's reason."""
    if name not in ("docker", "podman"):
        return Probe(_row(name, "this version of the library cannot drive it yet", "use podman or docker"))
    failures: list[BackendInfo] = []
    with anyio.move_on_after(settings.probe_timeout) as bound:
        for place in _places(settings, name):
            found = await place()
            if found.backend is not None:
                return found
            failures.append(found.info)
    if bound.cancelled_caught:
        return Probe(_row(name, f"it does not answer within {settings.probe_timeout:g} s", f"restart {name}"))
    telling = [row for row in failures if not row.reason.endswith(_ABSENT)]
    if telling or len(failures) == 1:
        return Probe((telling or failures)[0])
    sockets = ", ".join(row.reason.removesuffix(_ABSENT) for row in failures)
    remedy = failures[0].remedy if find_program("dockerd", settings.search_path) else f"install {name}"
    return Probe(_row(name, f"none of its sockets is there ({sockets})", remedy or ""))


_ABSENT = " does not exist"


def _row(name: str, reason: str, remedy: str) -> BackendInfo:
    return BackendInfo(name=name, available=False, reason=reason, remedy=remedy)


Place = Callable[[], Awaitable[Probe]]


def _places(settings: Settings, name: str) -> Iterator[Place]:
    named = settings.docker_host if name == "docker" else settings.container_host
    variable = "DOCKER_HOST" if name == "docker" else "CONTAINER_HOST"
    if named:
        yield lambda: _ask_url(settings, name, named, variable)
        return
    if name == "podman" and settings.docker_host:
        yield lambda: _ask_url(settings, name, settings.docker_host or "", "DOCKER_HOST")
    for path in _sockets(settings, name):
        endpoint = Endpoint.unix(path)
        yield lambda endpoint=endpoint: _ask(settings, name, endpoint)
    if name == "podman" and sys.platform == "linux":
        yield lambda: _start(settings)


def _sockets(settings: Settings, name: str) -> list[str]:
    """The usual sockets (Docker and Podman documentation), the system's first."""
    runtime, home = settings.runtime_dir, settings.home
    if name == "podman":
        own = [f"{runtime}/podman/podman.sock"] if runtime else []
        return [*own, "/run/podman/podman.sock"]
    own = [f"{runtime}/docker.sock"] if runtime else []
    return ["/var/run/docker.sock", *own, f"{home}/.docker/run/docker.sock", f"{home}/.docker/desktop/docker.sock"]


async def _ask_url(settings: Settings, name: str, url: str, variable: str) -> Probe:
    environ = settings.environ or {}
    if variable == "DOCKER_HOST" and environ.get("DOCKER_TLS_VERIFY") and not url.startswith("unix:"):
        return Probe(
            _row(name, "DOCKER_TLS_VERIFY: this version speaks no TLS", "use a unix socket, or an ssh tunnel to one")
        )
    try:
        endpoint = Endpoint.parse(url, where=variable)
    except ValidationError as error:
        return Probe(_row(name, error.message, f"set {variable} to {error.details['expected']}"))
    return await _ask(settings, name, endpoint)


async def _ask(settings: Settings, name: str, endpoint: Endpoint) -> Probe:
    client = HttpClient(endpoint, backend=name, timeout=settings.probe_timeout)
    found = await _converse(settings, name, client, None)
    if found.backend is None or found.backend.name == name:
        return found
    await finish(found.aclose())
    other = found.backend.name
    return Probe(_row(name, f"{endpoint} belongs to {other}", f"ask for {other}"))


async def _start(settings: Settings) -> Probe:
    from perry_ffi.backends.podman_service import PodmanService

    try:
        service = PodmanService.find(settings)
    except BackendNotAvailable as error:
        return Probe(_row("podman", error.details["reason"], error.details["remedy"]))
    if service is None:
        return Probe(_row("podman", "podman is not installed", "install podman"))
    client = HttpClient(service.endpoint, backend="podman", timeout=settings.probe_timeout, connect=service.connect)
    return await _converse(settings, "podman", client, service)


async def _converse(settings: Settings, name: str, client: HttpClient, service: PodmanService | None) -> Probe:
    version: EngineVersion | None = None
    try:
        version = await negotiate(client)
    except Timeout as error:
        reason, remedy = f"{client.endpoint} does not answer ({error.message})", f"restart {name}"
    except ContainerError as error:
        reason, remedy = error.details.get("reason") or error.message, error.details.get("remedy") or f"restart {name}"
    finally:
        if version is None:
            client.close()
            if service is not None:
                await finish(service.aclose())
    if version is None:
        return Probe(_row(name, reason, remedy))
    client.timeout = settings.engine_timeout
    return Probe(describe(version, client), EngineBackend(client, version, settings, service))
