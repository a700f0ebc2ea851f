"""Where a server is that the environment, or an engine's own file, names: from what is said to an endpoint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perry_ffi.backends.engine_api.drivers import docker_contexts
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.tls import Tls, is_there, missing
from perry_ffi.errors import ValidationError
from perry_ffi.net.refusal import Unreachable
from perry_ffi.process.program import find_program

if TYPE_CHECKING:
    from pathlib import Path

    from perry_ffi.backends.choice import Server
    from perry_ffi.backends.engine_api.drivers.podman_connections import Connection
    from perry_ffi.settings import Settings

_HOST_AND_PORT = re.compile(r"([A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]):\d+")
_NO_PORT = re.compile(r"tcp://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])")


def endpoint_of(settings: Settings, server: Server) -> Endpoint:
    """Where ``server`` is. Raises ValidationError for an address that cannot be meant, Unreachable for a file that is missing."""
    where, said = server.variable, server.said
    if where == "DOCKER_CONTEXT":
        return of_context(settings, said, where=where)
    if where == "CONTAINER_CONNECTION":
        return of_connection(settings, said, where=where)
    tls = None
    if where == "CONTAINER_HOST":
        if settings.podman_cert_path is not None and said.startswith("tcp:"):
            tls = Tls.of_folder(settings.podman_cert_path, own_ca=True)
        return _parsed(settings, said, where, tls=tls, program="podman", identity=settings.podman_ssh_key)
    return of_text(settings, said, where=where)


def of_text(settings: Settings, said: str, *, where: str) -> Endpoint:
    """Where ``said`` leads, as DOCKER_HOST would have it, and with the same files for TLS. where: who says it, for words. Raises
    ValidationError and Unreachable.
    """
    address, tls = _in_full(said, tls=settings.docker_tls), None
    if settings.docker_tls and address.startswith("tcp:"):
        tls = Tls.of_folder(_certificates(settings), verify=settings.docker_tls_verify, own_ca=True)
    return _parsed(settings, address, where, tls=tls)


def _certificates(settings: Settings) -> Path:
    return settings.docker_cert_path or settings.home / ".docker"


def _in_full(said: str, *, tls: bool) -> str:
    """docker also takes ``host:port``, ``:port`` and a ``tcp://`` without a port (docker CLI: "--host")."""
    if _HOST_AND_PORT.fullmatch(said):
        said = f"tcp://{said}"
    if said.startswith("tcp://:"):
        said = said.replace("tcp://", "tcp://127.0.0.1", 1)
    return f"{said}:{2376 if tls else 2375}" if _NO_PORT.fullmatch(said) else said


def of_context(settings: Settings, name: str, *, where: str) -> Endpoint:
    """Where docker's context ``name`` leads. where: who names it, for words."""
    address, tls = docker_contexts.address(settings, name)
    try:
        return _parsed(settings, address, f"{where}: docker's context {name!r}", tls=tls)
    except ValidationError as error:
        raise _mend(error, f"docker context update {name} --docker host=ADDRESS") from None


def of_connection(settings: Settings, name: str, *, where: str) -> Endpoint:
    """Where podman's connection ``name`` leads. where: who names it, for words."""
    from perry_ffi.backends.engine_api.drivers import podman_connections  # not for those who name none

    found = podman_connections.named(settings, name)
    words = f"{where}: podman's connection {name!r}"
    try:
        tls = _tls_of(found, name) if found.uri.startswith("tcp:") else None
        return _parsed(settings, found.uri, words, tls=tls, program="podman", identity=found.identity, checked=not found.machine)
    except ValidationError as error:
        raise _mend(error, f"podman system connection remove {name}, then add it with an address") from None


def _tls_of(found: Connection, name: str) -> Tls | None:
    """What podman's connection ``name`` speaks TLS with; ``None`` where it has no file for it."""
    if not any(found.tls):
        return None
    ca, certificate, key = found.tls
    for path, what in zip(found.tls, ("the authority's certificate", "a client certificate", "its key"), strict=True):
        if path is not None and not is_there(path):
            raise missing(path, f"{what} of podman's connection {name!r}")
    if (certificate is None) != (key is None):
        raise Unreachable(
            f"podman's connection {name!r} has a client certificate without its key, or a key without its certificate",
            f"podman system connection remove {name}, then add it with --tls-cert and --tls-key",
        )
    folder = next(path for path in found.tls if path is not None).parent
    return Tls(folder, ca, certificate, key)


def _mend(error: ValidationError, how: str) -> Unreachable:
    """The error for an address that stands in a file: there it is to be mended, and not in the variable."""
    return Unreachable(error.message, f"{how}; what is taken is {error.details['expected']}")


def _parsed(
    settings: Settings,
    address: str,
    where: str,
    *,
    tls: Tls | None = None,
    program: str = "docker",
    identity: Path | None = None,
    checked: bool = True,
) -> Endpoint:
    if not address.startswith("ssh:"):
        return Endpoint.parse(address, where=where, tls=tls)
    from perry_ffi.backends.engine_api.transport.ssh import SshEndpoint, read_url  # not for those on this machine

    user, host, port, socket = read_url(address, where=where)
    ssh = find_program("ssh", settings.search_path)
    if ssh is None:
        raise Unreachable("ssh is not installed", "install it (Debian: openssh-client), or see that PATH has it")
    return SshEndpoint(
        host=host, port=port, user=user, socket=socket, program=program, ssh=ssh, identity=identity, checked=checked,
        environ=settings.environ,
    )  # fmt: skip
