"""Where an engine listens, how it is reached, and what a refusal to be reached means."""

from __future__ import annotations

import errno
import os
import shlex
import socket
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from perry_ffi.drivers import start_remedy
from perry_ffi.errors import ValidationError
from perry_ffi.net.lookup import look_up
from perry_ffi.net.refusal import Refusal, Unreachable
from perry_ffi.net.socket_stream import SocketStream

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.transport.tls import Tls
    from perry_ffi.net.byte_stream import ByteStream

MAX_UNIX_PATH = 107
"""Bytes of a socket path that ``sockaddr_un`` holds on Linux (unix(7): 108 with the final NUL)."""


@dataclass(frozen=True)
class Endpoint:
    """A unix socket (``path``), or a TCP address (``host`` and ``port``) with TLS or without. What else there is derives from it."""

    path: str | None = None
    host: str = ""
    port: int = 0
    tls: Tls | None = None

    @classmethod
    def unix(cls, path: str | os.PathLike[str]) -> Endpoint:
        """The endpoint of a socket in the file system."""
        return cls(path=os.fspath(path))

    @classmethod
    def parse(cls, url: str, *, where: str, tls: Tls | None = None) -> Endpoint:
        """Reads ``unix:///path``, ``tcp://host:port`` or ``http://host:port``. tls: what a TCP address is spoken to with.

        ``where`` names the variable the text came from. Raises ValidationError for every other form;
        the text itself is kept out of the message, for it may hold a password.
        """
        try:
            parts = urlsplit(url)
        except ValueError:
            raise _unreadable(where, "the address has a host that cannot be one") from None
        if parts.scheme == "unix":
            path = url.removeprefix("unix://")
            if not path.startswith("/") or "\0" in path or len(os.fsencode(path)) > MAX_UNIX_PATH:
                raise _unreadable(where, "an absolute socket path of at most 107 bytes after unix://")
            return cls(path=path)
        if parts.scheme not in ("tcp", "http"):
            raise _unreadable(where, f"the scheme {parts.scheme!r} is not one that this version speaks")
        try:
            port = parts.port
        except ValueError:
            port = None
        if not parts.hostname or port is None or parts.username or parts.path.strip("/") or parts.query:
            raise _unreadable(where, "neither a path nor a user belongs into a tcp:// address, a port does")
        return cls(host=parts.hostname, port=port, tls=tls)

    def resolved(self) -> Endpoint:
        """The same without symbolic links: a socket that is known by several paths is one."""
        return self if self.path is None else Endpoint(path=os.path.realpath(self.path))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"unix://{self.path}" if self.path is not None else f"tcp://{host}:{self.port}"

    async def connect(self) -> ByteStream:
        """A fresh byte stream. Raises OSError as the system says it; the caller bounds the wait."""
        if self.path is not None:
            if len(os.fsencode(self.path)) > MAX_UNIX_PATH:
                raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
            return await SocketStream.connect(socket.AF_UNIX, self.path)
        stream = await self._over_tcp()
        if self.tls is None:
            return stream
        from perry_ffi.backends.engine_api.transport.engine_side import EngineSide  # not for those without: it loads OpenSSL
        from perry_ffi.net.tls_stream import TlsStream

        try:
            return await TlsStream.over(stream, EngineSide(self.tls, str(self)), self.host)
        except BaseException:
            stream.close()
            raise

    async def _over_tcp(self) -> SocketStream:
        failure: OSError = OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
        for family, address in await look_up(self.host, self.port):
            try:
                return await SocketStream.connect(family, address)
            except OSError as error:
                failure = error
        raise failure


def _unreadable(where: str, why: str) -> ValidationError:
    return ValidationError(f"{where}: {why}", path=where, expected="unix:///path, tcp://host:port or ssh://user@host")


def explain(endpoint: Endpoint, error: OSError, *, engine: str, platform: str | None = None) -> Refusal:
    """The reason and the remedy for a failed connect to ``engine`` (``docker``, ``podman``) on ``platform``."""
    if isinstance(error, Unreachable):
        return error.refusal
    if isinstance(error, socket.gaierror):
        return Refusal(f"there is no host {endpoint.host}: {error.strerror}", "mend the host's name")
    number = error.errno
    if number in (errno.ENOENT, errno.ENOTDIR):
        return _missing(endpoint, start_remedy(engine, platform))
    if endpoint.path is not None and _is_no_socket(endpoint.path):
        return Refusal(f"{endpoint} is a file or a folder, and no socket", f"remove it, then {start_remedy(engine, platform)}")
    if number in (errno.EACCES, errno.EPERM):
        return Refusal(f"no permission to use {endpoint}", _permission_remedy(endpoint, engine), "denied")
    remedy = (
        start_remedy(engine, platform) if endpoint.path is not None else f"start {engine} on {endpoint.host}, or mend the address"
    )
    if number == errno.ECONNREFUSED:
        return Refusal(f"{endpoint} refuses connections: nothing listens there", remedy, "stopped")
    text = error.strerror or type(error).__name__
    return Refusal(f"{endpoint} cannot be reached: {text}", remedy)


def _is_no_socket(path: str) -> bool:
    """Whether something else is there: docker makes a folder of a path that it is told to mount."""
    try:
        return not stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


def _missing(endpoint: Endpoint, start: str) -> Refusal:
    """There is nothing; or a link to what is gone, as products leave it when they stop or are taken away."""
    try:
        goal = os.readlink(endpoint.path or "")
    except OSError:
        return Refusal(f"{endpoint} does not exist", start, "absent")
    remedy = f"start what made the link, or take the link away: sudo rm {shlex.quote(endpoint.path or '')}"
    return Refusal(f"{endpoint} is a link to {goal}, where nothing is", remedy, "stopped")


def _permission_remedy(endpoint: Endpoint, engine: str) -> str:
    group = _group_of(endpoint.path) if endpoint.path else None
    if group and group != "root":
        return f"add your user to the group {group!r} (usermod -aG {group} $USER) and log in again"
    return f"use a rootless {engine}, or run as a user who may open the socket"


def _group_of(path: str) -> str | None:
    import grp

    try:
        return grp.getgrgid(os.stat(path).st_gid).gr_name
    except (OSError, KeyError):
        return None
