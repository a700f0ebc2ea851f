"""Which engines answer on this machine, why the others do not, and the connection to the first that does."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.choice import KNOWN, Server, checked, named_server, order_in_force, platform_order
from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.engine_api.engine import EngineBackend, describe
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient
from perry_ffi.backends.engine_api.transport.version import EngineVersion, negotiate
from perry_ffi.cancellation import finish
from perry_ffi.errors import (
    BackendNotAvailable,
    ContainerError,
    NoBackendFound,
    ValidationError,
)
from perry_ffi.model.backend import BackendInfo
from perry_ffi.process.program import find_program
from perry_ffi.settings import LOCAL_FIRST, Settings

if TYPE_CHECKING:
    from perry_ffi.backends.podman_service import PodmanService


@dataclass
class Probe:
    """What one name answered. backend: the live connection, None where there is none. slow: it is there, and time was up."""

    info: BackendInfo
    backend: EngineBackend | None = None
    slow: bool = False

    async def aclose(self) -> None:
        """Gives up the connection."""
        if self.backend is not None:
            await self.backend.aclose()


@dataclass(frozen=True)
class Choice:
    """The engine that was found. slow: those that come before it, are installed, and did not answer in time.

    asked_for: by name or by its server, and not the first that answers of several.
    """

    backend: EngineBackend
    slow: tuple[BackendInfo, ...] = ()
    asked_for: bool = False

    @property
    def warning(self) -> str | None:
        """What is to be said of the slow ones."""
        if not self.slow:
            return None
        backend = self.backend
        used = f"{backend.name} at {backend.address}" if backend.address else backend.name
        told = "; ".join(f"{row.name} is installed, but {row.reason}" for row in self.slow)
        names = " and ".join(row.name for row in self.slow)
        return (
            f"{told}: {used} is used, and what {names} holds is not seen "
            "(PERRY_CONTAINER_PROBE_TIMEOUT gives more time, PERRY_CONTAINER_BACKEND says which one is meant)"
        )


async def detect(settings: Settings, names: Sequence[str] | None = None) -> list[BackendInfo]:
    """One row for each of ``names`` (default: the order in force), probed side by side, each within ``probe_timeout``.

    Raises ValidationError for a name that does not exist.
    """
    order = checked(order_in_force(settings) if names is None else names)
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
    """The backend of ``choose``."""
    return (await choose(settings, names)).backend


async def choose(settings: Settings, names: Sequence[str] | None = None) -> Choice:
    """The first of ``names`` that lives; all are probed side by side. Without names: the server that the environment names
    and nothing else, or the order in force where that comes first.

    Raises ValidationError for a name that does not exist; BackendNotAvailable where one name or server was asked for and
    NoBackendFound where several were, each with the probes.
    """
    if names is None and (server := named_server(settings)) is not None:
        return await _choose_server(settings, server)
    order = checked(order_in_force(settings) if names is None else names)
    probes, chosen = await _first_that_lives(settings, order)
    if chosen is None:
        raise _nothing([probes[name].info for name in order])
    before = order[: next(i for i, name in enumerate(order) if probes[name].backend is chosen)]
    return Choice(chosen, tuple(probes[name].info for name in before if probes[name].slow), len(order) == 1)


async def _first_that_lives(settings: Settings, order: Sequence[str]) -> tuple[dict[str, Probe], EngineBackend | None]:
    """The probes up to the first of ``order`` that lives, and that one; the connections of the others are given up."""
    ready = {name: anyio.Event() for name in order}
    probes: dict[str, Probe] = {}
    chosen: EngineBackend | None = None

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
    return probes, chosen


async def _choose_server(settings: Settings, server: Server) -> Choice:
    """The engine behind a server that the environment names, whichever it is: no other one stands in for it."""
    found = await _in_time(settings, server.name, [server.url], _asking_url(settings, server, any_engine=True))
    if found.backend is not None:
        return Choice(found.backend, asked_for=True)
    row = found.info
    others = f"unset {server.variable}, or set PERRY_CONTAINER_MODE={LOCAL_FIRST}, to use an engine of this machine"
    raise BackendNotAvailable(
        f"the engine that {server.variable} names cannot be used: {row.reason}", backend=row.name, reason=row.reason,
        remedy=f"{row.remedy}; or {others}", variable=server.variable,
        probes=[{"name": row.name, "reason": row.reason, "remedy": row.remedy}],
    )  # fmt: skip


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
    asked: list[str] = []
    return await _in_time(settings, name, asked, _asking_places(settings, name, asked))


async def _in_time(settings: Settings, name: str, asked: Sequence[str], asking: Awaitable[Probe]) -> Probe:
    """The probe, or that the last of the places ``asked`` does not answer within ``probe_timeout``."""
    found: Probe | None = None
    with anyio.move_on_after(settings.probe_timeout):
        found = await asking
    if found is not None:
        return found
    row = _row(name, f"{asked[-1]} does not answer within {settings.probe_timeout:g} s", f"restart {name}")
    return Probe(row, slow=True)


async def _asking_places(settings: Settings, name: str, asked: list[str]) -> Probe:
    failures: list[Probe] = []
    for where, place in _places(settings, name):
        asked.append(where)
        found = await place()
        if found.backend is not None:
            return found
        failures.append(found)
    telling = [probe for probe in failures if not probe.info.reason.endswith(_ABSENT)]
    if telling or len(failures) == 1:
        return (telling or failures)[0]
    rows = [probe.info for probe in failures]
    sockets = ", ".join(row.reason.removesuffix(_ABSENT) for row in rows)
    remedy = rows[0].remedy if find_program("dockerd", settings.search_path) else f"install {name}"
    return Probe(_row(name, f"none of its sockets is there ({sockets})", remedy or ""))


_ABSENT = " does not exist"
_LONGER = 2.0
"""A connection's own bound, as a multiple of the probe's, which is the one that counts."""


def _row(name: str, reason: str, remedy: str) -> BackendInfo:
    return BackendInfo(name=name, available=False, reason=reason, remedy=remedy)


Place = tuple[str, Callable[[], Awaitable[Probe]]]
"""Where it is, in words, and the asking there."""


def _places(settings: Settings, name: str) -> Iterator[Place]:
    """Where the engine of this name may listen: where its own variable says, and nowhere else, or the usual places.

    DOCKER_HOST may name a podman. It comes before podman's own places, unless engines of this machine come first.
    """
    docker_host = Server(name, "DOCKER_HOST", settings.docker_host) if settings.docker_host else None
    container_host = Server(name, "CONTAINER_HOST", settings.container_host) if settings.container_host else None
    if named := docker_host if name == "docker" else container_host:
        yield named.url, lambda: _asking_url(settings, named)
        return
    if docker_host and settings.mode != LOCAL_FIRST:
        yield docker_host.url, lambda: _asking_url(settings, docker_host)
    for path in usual_sockets(settings, name):
        endpoint = Endpoint.unix(path)
        yield str(endpoint), lambda endpoint=endpoint: _ask(settings, name, endpoint)
    if name == "podman" and sys.platform == "linux":
        yield "the service that is started for it", lambda: _start(settings)
    if docker_host and settings.mode == LOCAL_FIRST:
        yield docker_host.url, lambda: _asking_url(settings, docker_host)


def usual_sockets(settings: Settings, name: str) -> list[str]:
    """The usual sockets (Docker and Podman documentation), the system's first."""
    runtime, home = settings.runtime_dir, settings.home
    if name == "podman":
        own = [f"{runtime}/podman/podman.sock"] if runtime else []
        return [*own, "/run/podman/podman.sock"]
    own = [f"{runtime}/docker.sock"] if runtime else []
    return ["/var/run/docker.sock", *own, f"{home}/.docker/run/docker.sock", f"{home}/.docker/desktop/docker.sock"]


async def _asking_url(settings: Settings, server: Server, *, any_engine: bool = False) -> Probe:
    environ = settings.environ or {}
    name, variable, url = server.name, server.variable, server.url
    if variable == "DOCKER_HOST" and environ.get("DOCKER_TLS_VERIFY") and not url.startswith("unix:"):
        return Probe(_row(name, "DOCKER_TLS_VERIFY: this version speaks no TLS", "use a unix socket, or an ssh tunnel to one"))
    try:
        endpoint = Endpoint.parse(url, where=variable)
    except ValidationError as error:
        return Probe(_row(name, error.message, f"set {variable} to {error.details['expected']}"))
    return await _ask(settings, name, endpoint, any_engine=any_engine)


async def _ask(settings: Settings, name: str, endpoint: Endpoint, *, any_engine: bool = False) -> Probe:
    client = HttpClient(endpoint, backend=name, timeout=_LONGER * settings.probe_timeout)
    found = await _converse(settings, name, client, None)
    if found.backend is None or found.backend.name == name or any_engine:
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
    client = HttpClient(service.endpoint, backend="podman", timeout=_LONGER * settings.probe_timeout, connect=service.connect)
    return await _converse(settings, "podman", client, service)


async def _converse(settings: Settings, name: str, client: HttpClient, service: PodmanService | None) -> Probe:
    version: EngineVersion | None = None
    try:
        version = await negotiate(client)
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


__all__ = ["KNOWN", "Choice", "Probe", "choose", "connect", "detect", "platform_order", "usual_sockets"]
