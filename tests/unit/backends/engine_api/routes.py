"""A backend before a scripted engine whose answers go by method and path."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from anyio.abc import SocketStream

from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient
from perry_ffi.backends.engine_api.transport.version import EngineVersion
from perry_ffi.settings import Settings
from tests.engines.scripted import PODMAN, VERSION, Answer, Asked, ScriptedEngine, document, ping, scripted_engine

Routes = Mapping[str, "bytes | Answer"]
STREAMED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One chunk of a streamed body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def line(value: object) -> bytes:
    """One chunk that is one line of JSON."""
    return chunk(json.dumps(value).encode() + b"\n")


def route(asked: Asked) -> str:
    """``GET /containers/c/json``: the method, and the path without its version."""
    path = urlsplit(asked.target).path
    return f"{asked.method} {unquote(path).removeprefix('/v1.41')}"


def query(asked: Asked) -> dict[str, str]:
    """The query of a request."""
    return {name: values[0] for name, values in parse_qs(urlsplit(asked.target).query).items()}


@asynccontextmanager
async def backend_with(
    folder: Path, flavour: str, routes: Routes, timeout: float = 5.0, make: type[EngineBackend] | None = None, **more: object
) -> AsyncIterator[tuple[EngineBackend, ScriptedEngine]]:
    """A backend of ``flavour`` and the engine before it. What no route names is 404. make: its class, which takes ``more``."""
    alive = ping(PODMAN if flavour == "podman" else VERSION)

    async def answer(asked: Asked, stream: SocketStream) -> None:
        found = {"GET /_ping": alive, **routes}.get(route(asked), document({"message": "page not found"}, "404 Not Found"))
        if isinstance(found, bytes):
            await stream.send(found)
        else:
            await found(asked, stream)

    async with scripted_engine(folder / "s", answer) as engine:
        client = HttpClient(Endpoint.unix(folder / "s"), backend=flavour, timeout=timeout)
        client.version_prefix = "/v1.41"
        backend = (make or EngineBackend)(client, EngineVersion(flavour, "1", (1, 41)), Settings(environ={}), **more)
        try:
            yield backend, engine
        finally:
            await backend.aclose()
