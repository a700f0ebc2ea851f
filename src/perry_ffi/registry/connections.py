"""Connections to the hosts that reading from registries leads to: opened directly or through a proxy, kept while they can be used."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

import anyio.to_thread

from perry_ffi.errors import RegistryNotAvailable
from perry_ffi.net.byte_stream import ByteStream, StreamClosed
from perry_ffi.net.connection import Connection, ConnectionFailed
from perry_ffi.net.dialing import dial
from perry_ffi.net.refusal import Unreachable
from perry_ffi.registry.authorities import context, folders, own_files
from perry_ffi.registry.faults import not_available
from perry_ffi.registry.proxies import Proxies, Proxy
from perry_ffi.registry.url import Origin
from perry_ffi.settings import Settings

if TYPE_CHECKING:
    import ssl

    from perry_ffi.net.socket_stream import SocketStream
    from perry_ffi.registry.budget import Budget

PEER = "the registry"
IDLE = 15.0
"""Seconds after which a connection at rest is closed: a host that verifies now and then keeps none open meanwhile."""


class SpeaksNoTls(RegistryNotAvailable):
    """What answers there does not speak TLS at all: a host that may be spoken to over http may mean that."""


class Connections:
    """Of one client. registry: whose authorities count beside a host's own, for what it redirects to and where its tokens are."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._proxies: Proxies | None = None
        self._contexts: dict[tuple[str, str], tuple[ssl.SSLContext, bool]] = {}
        self._idle: dict[tuple[Origin, str], list[Connection]] = {}
        self._open: set[Connection] = set()
        self._since: dict[Connection, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def open_connections(self) -> int:
        """At rest or in use."""
        return len(self._open)

    def at_rest(self, origin: Origin, registry: str) -> Connection | None:
        """One that was used before."""
        idle = self._idle.get((origin, registry), [])
        while idle:
            connection = idle.pop()
            if not connection.is_stale():
                return connection
            self.discard(connection)
        return None

    async def fresh(self, origin: Origin, registry: str, budget: Budget) -> Connection:
        """Raises RegistryNotAvailable, Timeout; ValidationError and Unsupported for a proxy that is not to be used."""
        connection = Connection(await self._stream(origin, registry, budget), PEER)
        self._open.add(connection)
        if self._closed:
            self.discard(connection)
        return connection

    def put(self, origin: Origin, registry: str, connection: Connection) -> None:
        """Takes one back after a whole exchange."""
        if connection in self._open and connection.keep():
            self.rest(origin, registry, connection)
        else:
            self.discard(connection)

    def rest(self, origin: Origin, registry: str, connection: Connection) -> None:
        """Takes one that can be used."""
        self._idle.setdefault((origin, registry), []).append(connection)
        self._since[connection] = asyncio.get_running_loop().time()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(IDLE, self._sweep)

    def _sweep(self) -> None:
        loop, self._timer = asyncio.get_running_loop(), None
        for key, idle in list(self._idle.items()):
            for connection in [one for one in idle if self._since[one] + IDLE <= loop.time() + 0.001]:
                idle.remove(connection)
                self.discard(connection)
            if not idle:
                del self._idle[key]
        if self._idle:
            self._timer = loop.call_later(IDLE / 2, self._sweep)

    def discard(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._since.pop(connection, None)
        connection.close()

    def close(self) -> None:
        """Closes all, also those in use. Idempotent."""
        self._closed = True
        self._idle.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for connection in list(self._open):
            self.discard(connection)

    def proxy(self, origin: Origin) -> Proxy | None:
        """Raises ValidationError and Unsupported, which name the variable."""
        if self._proxies is None:
            self._proxies = Proxies.of(self._settings)
        return self._proxies.for_origin(origin)

    # -- opening ----------------------------------------------------------------------------------

    async def _stream(self, origin: Origin, registry: str, budget: Budget) -> ByteStream:
        proxy = self.proxy(origin)
        host, port = (proxy.host, proxy.port) if proxy else (origin.host, origin.port)
        try:
            raw = await budget.wait(origin.authority, lambda: dial(host, port))
        except OSError as error:
            raise _unreachable(origin, proxy, error) from None
        try:
            if proxy is not None and origin.secure:
                await budget.wait(origin.authority, lambda: _tunnel(raw, origin, proxy))
            return await self._encrypted(raw, origin, registry, budget) if origin.secure else raw
        except BaseException:
            raw.close()
            raise

    async def _encrypted(self, raw: SocketStream, origin: Origin, registry: str, budget: Budget) -> ByteStream:
        # Not for those who never need it: it loads OpenSSL.
        from perry_ffi.net.tls_stream import TlsStream
        from perry_ffi.registry.registry_side import RegistrySide

        side = None
        try:
            made, shows = await self._context(origin, registry)
            side = RegistrySide(made, origin.authority, shows_certificate=shows)
            over = side
            return await budget.wait(origin.authority, lambda: TlsStream.over(raw, over, origin.host))
        except Unreachable as error:
            failure = not_available(origin.authority, "tls", error.refusal.reason, remedy=error.refusal.remedy)
            if side is not None and not side.met_tls:
                failure = SpeaksNoTls(failure.message, **failure.details)
            raise failure from None

    async def _context(self, origin: Origin, registry: str) -> tuple[ssl.SSLContext, bool]:
        key = (origin.authority, registry)
        if key not in self._contexts:
            self._contexts[key] = await anyio.to_thread.run_sync(_context, self._settings, *key)
        return self._contexts[key]


def _context(settings: Settings, host: str, registry: str) -> tuple[ssl.SSLContext, bool]:
    where = folders(settings)
    own = own_files(where, host)
    if registry != host:
        beside = own_files(where, registry)
        authorities = tuple(dict.fromkeys((*own.authorities, *beside.authorities)))
        own = type(own)(authorities, own.certificate, own.key)
    return context(settings, own), own.certificate is not None


async def _tunnel(raw: SocketStream, origin: Origin, proxy: Proxy) -> None:
    """RFC 9110 section 9.3.6. Raises RegistryNotAvailable."""
    place = f"{f'[{origin.host}]' if ':' in origin.host else origin.host}:{origin.port}"
    headers = [("Host", place)] + ([("Proxy-Authorization", proxy.authorization)] if proxy.authorization else [])
    connection = Connection(raw, "the proxy")
    try:
        await connection.send_head("CONNECT", place, headers)
        await connection.send_end()
        head = await connection.read_head()
        _stream, ahead = connection.take_over()
    except (ConnectionFailed, StreamClosed):
        raise not_available(origin.authority, "proxy", f"the proxy {proxy} closes the connection") from None
    if not 200 <= head.status < 300 or ahead:
        raise not_available(
            origin.authority, "proxy", f"the proxy {proxy} answers with status {head.status}", status=head.status,
            remedy="put its user and password into HTTPS_PROXY" if head.status == 407 else None,
        )  # fmt: skip


def _unreachable(origin: Origin, proxy: Proxy | None, error: OSError) -> Exception:
    why = os.strerror(error.errno) if error.errno else type(error).__name__
    if isinstance(error, socket.gaierror):
        why = f"no address is known for {proxy.host if proxy else origin.host}: {(error.strerror or why).lower()}"
    if proxy is not None:
        return not_available(origin.authority, "proxy", f"the proxy {proxy} cannot be reached: {why}")
    return not_available(origin.authority, "unreachable", f"it cannot be reached: {why}")
