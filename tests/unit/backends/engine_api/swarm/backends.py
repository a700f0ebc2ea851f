"""Scripted engines that say what of a swarm they are."""

from __future__ import annotations

from typing import Any

from anyio.abc import SocketStream

from tests.engines.scripted import Answer, Asked, document, ping


def saying(swarm: dict[str, Any]) -> Answer:
    """An engine of docker's whose ``GET /info`` has ``swarm``."""

    async def answer(asked: Asked, stream: SocketStream) -> None:
        path = asked.target.partition("?")[0]
        if path == "/_ping":
            await stream.send(ping())
        elif path.endswith("/info"):
            await stream.send(document({"Swarm": swarm, "SecurityOptions": []}))
        else:
            await stream.send(document({"message": "page not found"}, "404 Not Found"))

    return answer


def as_node(ident: str) -> Answer:
    """The engine of a worker."""
    return saying({"NodeID": ident, "LocalNodeState": "active", "ControlAvailable": False})
