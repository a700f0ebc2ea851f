"""Scripted engines that say what of a swarm they are."""

from __future__ import annotations

from typing import Any

from anyio.abc import SocketStream

from tests.engines.scripted import VERSION, Answer, Asked, document


def saying(swarm: dict[str, Any]) -> Answer:
    """An engine of docker's whose ``GET /info`` has ``swarm``."""

    async def answer(asked: Asked, stream: SocketStream) -> None:
        path = asked.target.partition("?")[0]
        told = (
            VERSION if path.endswith("/version") else {"Swarm": swarm, "SecurityOptions": []} if path.endswith("/info") else None
        )
        await stream.send(document(told) if told else document({"message": "page not found"}, "404 Not Found"))

    return answer


def as_node(ident: str) -> Answer:
    """The engine of a worker."""
    return saying({"NodeID": ident, "LocalNodeState": "active", "ControlAvailable": False})
