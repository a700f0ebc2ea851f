"""A build's session: a connection on which the engine's builder calls this side back.

``POST /session`` is hijacked to HTTP/2, on which the engine is the client. The build names the session by its id.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio

from perry_ffi.backends.engine_api.build.buildkit.grpc_server import GrpcServer, Handler
from perry_ffi.backends.engine_api.engine_client import EngineCalls
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.errors import BackendError, ContainerError

_EXPOSE = "X-Docker-Expose-Session"


@asynccontextmanager
async def session(calls: EngineCalls, handlers: Mapping[str, Handler], doing: str, *, shared_key: str = "") -> AsyncIterator[str]:
    """The id of a session that is served until the block ends. Raises what opening it raises.

    shared_key: of the files that it sends; the builder takes what it has from another session of the same key.
    """
    ident = secrets.token_hex(16)
    headers = {
        f"{_EXPOSE}-Uuid": ident, f"{_EXPOSE}-Name": "perry", f"{_EXPOSE}-Sharedkey": shared_key,
        f"{_EXPOSE}-Grpc-Method": list(handlers),
    }  # fmt: skip
    request = Request("POST", ("session",), doing, headers=headers, upgrade=True, protocol="h2c", patient=True)
    stream = await calls.open(request)
    failed: ContainerError | None = None
    try:
        if stream.status != 101:
            raise BackendError(f"{doing}: the engine opens no session for a build", backend=calls.name, status=stream.status)
        server = GrpcServer(*stream.take_over(), handlers)
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve)
            try:
                yield ident
            except ContainerError as error:
                failed = error
            group.cancel_scope.cancel()
    finally:
        stream.close()
    if failed is not None:
        raise failed
