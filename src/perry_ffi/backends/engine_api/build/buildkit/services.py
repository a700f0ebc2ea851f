"""What the engine's builder may ask of a build's session: secrets, an ssh agent, credentials, and a sign of life.

It gets what the build names and nothing else. Neither a secret nor a password gets into an error.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Mapping

import anyio

from perry_ffi.backends.engine_api.build.buildkit import protobuf
from perry_ffi.backends.engine_api.build.buildkit.grpc_server import NOT_FOUND, UNAVAILABLE, Call, Failed, Handler, unary
from perry_ffi.net.byte_stream import StreamClosed
from perry_ffi.net.socket_stream import SocketStream

Credentials = Callable[[str], Awaitable["tuple[str, str]"]]
"""By the host of a registry: user and password, or no user and an identity token, or two empty texts."""

_PIECE = 32 * 1024
_SERVING = 1
_SSH_ID = "buildkit.ssh.id"
DEFAULT_AGENT = "default"


def session_handlers(secrets: Mapping[str, bytes], agents: Mapping[str, str], credentials: Credentials) -> dict[str, Handler]:
    """The handlers of a session. secrets: by id. agents: the socket of each ssh agent, by id."""
    found = {"/grpc.health.v1.Health/Check": unary(_healthy)}
    found["/moby.filesync.v1.Auth/Credentials"] = unary(_credentials(credentials))
    if secrets:
        found["/moby.buildkit.secrets.v1.Secrets/GetSecret"] = unary(_secret(secrets))
    if agents:
        found["/moby.sshforward.v1.SSH/CheckAgent"] = unary(_check_agent(agents))
        found["/moby.sshforward.v1.SSH/ForwardAgent"] = _forward(agents)
    return found


async def _healthy(_: bytes) -> bytes:
    return protobuf.encode({1: _SERVING})


def _secret(secrets: Mapping[str, bytes]) -> Callable[[bytes], Awaitable[bytes]]:
    async def answer(request: bytes) -> bytes:
        ident = protobuf.text(protobuf.decode(request), 1)
        if ident not in secrets:
            raise Failed(NOT_FOUND, f"secret {ident} not found")
        return protobuf.encode({1: secrets[ident]})

    return answer


def _credentials(known: Credentials) -> Callable[[bytes], Awaitable[bytes]]:
    async def answer(request: bytes) -> bytes:
        username, password = await known(protobuf.text(protobuf.decode(request), 1))
        return protobuf.encode({1: username, 2: password})

    return answer


# -- ssh ------------------------------------------------------------------------------------------


def _check_agent(agents: Mapping[str, str]) -> Callable[[bytes], Awaitable[bytes]]:
    async def answer(request: bytes) -> bytes:
        _agent(agents, protobuf.text(protobuf.decode(request), 1))
        return b""

    return answer


def _agent(agents: Mapping[str, str], ident: str) -> str:
    ident = ident or DEFAULT_AGENT
    if ident not in agents:
        raise Failed(NOT_FOUND, f"the build has no ssh agent {ident}")
    return agents[ident]


def _forward(agents: Mapping[str, str]) -> Handler:
    """One conversation with an agent: each side's bytes to the other, until one ends."""

    async def handle(call: Call) -> None:
        path = _agent(agents, call.headers.get(_SSH_ID, ""))
        try:
            agent = await SocketStream.connect(socket.AF_UNIX, path)
        except OSError as error:
            raise Failed(UNAVAILABLE, f"the ssh agent does not answer: {error.strerror}") from None
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_to_agent, call, agent)
                await _from_agent(call, agent)
                group.cancel_scope.cancel()
        finally:
            agent.close()

    return handle


async def _to_agent(call: Call, agent: SocketStream) -> None:
    try:
        while (message := await call.receive()) is not None:
            await agent.send(protobuf.message(protobuf.decode(message), 1))
        await agent.send_eof()
    except (StreamClosed, Failed, protobuf.Malformed):
        agent.close()


async def _from_agent(call: Call, agent: SocketStream) -> None:
    try:
        while data := await agent.receive(_PIECE):
            await call.send(protobuf.encode({1: data}))
    except StreamClosed:
        return
