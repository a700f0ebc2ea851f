"""Where a server is that the environment, or an engine's own file, names: from what is said to an endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.engine_api.drivers import docker_contexts
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.tls import Tls
from perry_ffi.errors import ValidationError
from perry_ffi.net.refusal import Unreachable
from perry_ffi.process.program import find_program

if TYPE_CHECKING:
    from pathlib import Path

    from perry_ffi.backends.choice import Server
    from perry_ffi.settings import Settings


def endpoint_of(settings: Settings, server: Server) -> Endpoint:
    """Where ``server`` is. Raises ValidationError for an address that cannot be meant, Unreachable for a file that is missing."""
    where, said = server.variable, server.said
    if where == "DOCKER_CONTEXT":
        return of_context(settings, said, where=where)
    if where == "CONTAINER_CONNECTION":
        return of_connection(settings, said, where=where)
    if where == "CONTAINER_HOST":
        return _parsed(settings, said, where, program="podman", identity=settings.podman_ssh_key)
    tls = None
    if settings.docker_tls and said.startswith("tcp:"):
        folder = settings.docker_cert_path or settings.home / ".docker"
        tls = Tls.of_folder(folder, verify=settings.docker_tls_verify, own_ca=True)
    return _parsed(settings, said, where, tls=tls)


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
        return _parsed(settings, found.uri, words, program="podman", identity=found.identity, checked=not found.machine)
    except ValidationError as error:
        raise _mend(error, f"podman system connection remove {name}, then add it with an address") from None


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
