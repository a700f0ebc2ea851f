"""Which engine answers, and which version of the API both sides speak."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perry_ffi.backends.engine_api.error_mapping import refusal
from perry_ffi.backends.engine_api.transport.http import HttpClient, Request
from perry_ffi.backends.engine_api.transport.server import DOCKER as DOCKER
from perry_ffi.backends.engine_api.transport.server import PODMAN as PODMAN
from perry_ffi.backends.engine_api.transport.server import flavour_of_server as flavour_of_server
from perry_ffi.backends.engine_api.transport.server import named_by_server
from perry_ffi.errors import BackendError, BackendNotAvailable

Api = tuple[int, int]

OLDEST: Api = (1, 41)
"""The oldest API that has what the payloads use (``platform`` of a container): Docker 20.10, Podman 4."""


@dataclass(frozen=True)
class EngineVersion:
    """What an engine says of itself. flavour: ``docker`` or ``podman``; api: the newest that it speaks.

    That is the one it is spoken to in: what is asked of it is in every version from ``OLDEST`` on, or has a version from
    which on it is asked (the drivers' rules, ``MANY_ENDPOINTS_API`` and others), and engines add much and take little away.
    """

    flavour: str
    version: str
    api: Api
    conditions: tuple[str, ...] = ()
    """What it runs under that takes abilities from it, by the names of its rules."""

    @property
    def prefix(self) -> str:
        """The path that every versioned request begins with."""
        return f"/v{self.api[0]}.{self.api[1]}"

    @property
    def api_text(self) -> str:
        """The version of the API that both sides speak, as people write it."""
        return _text(self.api)

    @property
    def abilities(self) -> tuple[int, int]:
        """The version that tells what it can: the API's of docker; podman's own, for its API's says little of it."""
        return self.release or self.api if self.flavour == PODMAN else self.api

    @property
    def release(self) -> tuple[int, int] | None:
        """Major and minor number of the engine's own version; ``None`` where it tells none."""
        match = re.match(r"v?(\d{1,6})\.(\d{1,6})", self.version)
        return (int(match[1]), int(match[2])) if match else None


_WANTS_TLS = b"HTTP request to an HTTPS server"
"""What a server in Go answers to bare HTTP where it speaks TLS."""
_TLS_BY = ("set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to", "set PERRY_CONTAINER_CERT_PATH to")
"""How TLS is asked for, of docker and of podman."""


async def negotiate(client: HttpClient) -> EngineVersion:
    """Asks the engine, and sets the client's version. BackendNotAvailable for an engine that is too old.

    The headers of its ping tell it all, and cost an engine next to nothing; its ``/version`` makes podman look all its programs up
    in the system's packages. That is asked where they do not: of an engine behind something that takes headers away or answers by
    itself, and of one that is not known by them. What went wrong is what that answer says.
    """
    # By GET: HEAD is another question, which not everything before an engine lets through.
    reply = await client.exchange(Request("GET", ("_ping",), _doing(client), versioned=False))
    version = read_ping(reply.headers) if reply.status == 200 else None
    if version is None:
        version = read_version(await _version_document(client), client.backend)
    if version.api < OLDEST:
        raise _too_old(client.backend, version)
    client.version_prefix = version.prefix
    return version


async def architecture(client: HttpClient) -> str:
    """Of the engine's machine, as Go names it (``amd64``); empty where it says none. Only its ``/version`` has that."""
    document = await _version_document(client)
    found = document.get("Arch") if isinstance(document, dict) else None
    return found if isinstance(found, str) else ""


async def _version_document(client: HttpClient) -> Any:
    doing = _doing(client)
    reply = await client.exchange(Request("GET", ("version",), doing, versioned=False))
    if reply.status == 400 and _WANTS_TLS in reply.body:
        raise BackendNotAvailable(
            f"{client.endpoint} speaks TLS only", backend=client.backend, reason=f"{client.endpoint} speaks TLS only",
            remedy=f"{_TLS_BY[client.backend == PODMAN]} the folder of ca.pem, cert.pem and key.pem",
        )  # fmt: skip
    if reply.status != 200:
        raise refusal(reply.status, reply.body, doing=doing, backend=client.backend)
    return reply.document()


def _doing(client: HttpClient) -> str:
    return f"ask {client.backend} for its version"


def read_ping(headers: Mapping[str, str]) -> EngineVersion | None:
    """The engine's version from the headers of its ``/_ping``, names in lower case; None where they do not tell it, or not clearly.

    Podman says its release twice; where one is missing or another, something in between wrote the headers.
    """
    named, api = named_by_server(headers.get("server", "")), _api(headers.get("api-version"))
    if named is None or api is None:
        return None
    flavour, release = named
    if headers.get("libpod-api-version") != (release if flavour == PODMAN else None):
        return None
    return EngineVersion(flavour, release, api)


def read_version(document: Any, backend: str) -> EngineVersion:
    """The engine's version from its ``/version`` document. BackendError where that is none."""
    newest = _api(document.get("ApiVersion")) if isinstance(document, dict) else None
    if newest is None:
        raise _not_an_engine(backend)
    version = document.get("Version")
    return EngineVersion(_flavour(document), version if isinstance(version, str) else "?", newest)


def _api(value: Any) -> Api | None:
    match = re.fullmatch(r"(\d{1,4})\.(\d{1,4})", value) if isinstance(value, str) else None
    return (int(match[1]), int(match[2])) if match else None


def _text(api: Api) -> str:
    return f"{api[0]}.{api[1]}"


def _flavour(document: dict[str, Any]) -> str:
    components = document.get("Components")
    names = [item.get("Name", "") for item in components if isinstance(item, dict)] if isinstance(components, list) else []
    return PODMAN if any("podman" in str(name).lower() for name in names) else DOCKER


def _not_an_engine(backend: str) -> BackendError:
    return BackendError(f"what answers for {backend} is not a container engine", backend=backend, operation="version")


def _too_old(backend: str, found: EngineVersion) -> BackendNotAvailable:
    reason = f"{backend} {found.version} is too old: it speaks API {found.api_text}"
    return BackendNotAvailable(
        f"{reason}; this library speaks {_text(OLDEST)} and later",
        backend=backend, reason=reason, remedy=f"update {backend}", state="unsupported",
    )  # fmt: skip
