"""One request to one host, and its answer: bounded, whole, and as it was sent (never a compressed one)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import h11

from perry_ffi.errors import RegistryNotAvailable
from perry_ffi.net.connection import Connection, ConnectionFailed, Head
from perry_ffi.registry.budget import Budget
from perry_ffi.registry.connections import Connections
from perry_ffi.registry.faults import not_available, too_large
from perry_ffi.registry.limits import MAX_ANSWER
from perry_ffi.registry.url import Url

_AGENT = "libperry_container"


@dataclass(frozen=True, slots=True)
class Request:
    """registry: on whose behalf, as its name is written. what: it is about, in words. limit: bytes of a good answer.

    headers may hold secrets, as ``body`` may (a form): they are sent to the host of ``url`` and nowhere else.
    """

    url: Url
    registry: str
    what: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    limit: int = MAX_ANSWER
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """body: of a good answer (2xx) all, of another one the beginning."""

    status: int
    headers: Mapping[str, str]
    challenges: Sequence[str]
    links: Sequence[str]
    body: bytes = field(repr=False)


async def exchange(connections: Connections, request: Request, budget: Budget) -> Answer:
    """Raises RegistryNotAvailable, Timeout, VerificationFailed (``tooLarge``, ``tooMany``)."""
    origin, registry = request.url.origin, request.registry
    budget.spend(origin.authority)
    connection = connections.at_rest(origin, registry)
    if connection is not None:
        try:
            return await _on(connections, connection, request, budget)
        except _Stale:
            pass
    try:
        return await _on(connections, await connections.fresh(origin, registry, budget), request, budget)
    except _Stale as stale:
        raise _failed(request, stale.failure) from None


class _Stale(Exception):
    """Nothing was answered: on a connection that was at rest it means nothing, for the host may have closed it."""

    def __init__(self, failure: ConnectionFailed) -> None:
        self.failure = failure


async def _on(connections: Connections, connection: Connection, request: Request, budget: Budget) -> Answer:
    host, whole = request.url.origin.authority, False
    try:
        await budget.wait(host, lambda: _send(connections, connection, request))
        head = await budget.wait(host, connection.read_head)
        body, whole = await _body(connection, head, request, budget)
    except ConnectionFailed as error:
        if not error.answered and error.refusal is None:
            raise _Stale(error) from None
        raise _failed(request, error) from None
    except h11.LocalProtocolError:
        raise not_available(host, "protocol", "what is to be sent is not a request") from None
    finally:
        if whole:
            connections.put(request.url.origin, request.registry, connection)
        else:
            connections.discard(connection)
    return Answer(head.status, head.headers, head.every("www-authenticate"), head.every("link"), body)


async def _send(connections: Connections, connection: Connection, request: Request) -> None:
    origin, target = request.url.origin, request.url.target
    headers = [("Host", origin.authority), ("User-Agent", _AGENT), ("Accept-Encoding", "identity"), *request.headers.items()]
    proxy = None if origin.secure else connections.proxy(origin)
    if proxy is not None:
        target = f"{origin}{target}"
        headers += [("Proxy-Authorization", proxy.authorization)] if proxy.authorization else []
    if request.body is not None:
        headers += [("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(request.body)))]
    await connection.send_head("GET" if request.body is None else "POST", target, headers)
    if request.body:
        await connection.send_data(request.body)
    await connection.send_end()


async def _body(connection: Connection, head: Head, request: Request, budget: Budget) -> tuple[bytes, bool]:
    """The body, and whether nothing of it is left on the connection."""
    host, good = request.url.origin.authority, 200 <= head.status < 300
    limit = request.limit if good else MAX_ANSWER
    length = head.headers.get("content-length", "")
    if good and length.isdecimal() and len(length) < 20 and int(length) > limit:
        raise too_large(request.what, limit)
    if good and head.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise not_available(host, "encoding", "it compresses its answer, which was not asked for")
    pieces: list[bytes] = []
    size = 0
    while (piece := await budget.wait(host, connection.read_data)) is not None:
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            if good:
                raise too_large(request.what, limit)
            return b"".join(pieces)[:limit], False
    return b"".join(pieces), True


def _failed(request: Request, error: ConnectionFailed) -> RegistryNotAvailable:
    host = request.url.origin.authority
    if error.refusal is not None:
        return not_available(host, "tls", error.refusal.reason, remedy=error.refusal.remedy)
    if error.garbage:
        return not_available(host, "protocol", "it does not answer in HTTP")
    return not_available(
        host, "cut", "it closes the connection within its answer" if error.answered else "it closes the connection"
    )
