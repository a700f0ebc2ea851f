"""What an engine says of itself on a socket, in three questions on one connection; whoever asks bounds the wait."""

from __future__ import annotations

import json
import os
import socket
import time
from email.utils import parsedate_to_datetime
from typing import Any

from perry_ffi.doctor.facts import Answer
from perry_ffi.net.connection import Connection, Head
from perry_ffi.net.socket_stream import SocketStream

_LARGEST = 4 * 1024 * 1024


class NoEngine(Exception):
    """Something answers, and not as an engine does."""


async def ask(path: str) -> Answer:
    """Raises OSError where it cannot be reached, NoEngine and ConnectionFailed for another answer."""
    connection = Connection(await SocketStream.connect(socket.AF_UNIX, path))
    try:
        head, _ = await _get(connection, "/_ping")
        skew = _skew(head)
        head, body = await _get(connection, "/version")
        document = _object(body)
        if head.status != 200:
            return Answer(head.status, _word(document, "message") or f"HTTP {head.status}", skew=skew)
        if not _word(document, "ApiVersion"):
            raise NoEngine("it says no version of an API")
        _, body = await _get(connection, "/info")
        root = _word(_object(body), "DockerRootDir")
        name = "podman" if b"podman" in json.dumps(document.get("Components")).lower().encode() else "docker"
        return Answer(200, "", name, _word(document, "Version"), _word(document, "ApiVersion"), skew, root, _free(root))
    finally:
        connection.close()


async def _get(connection: Connection, target: str) -> tuple[Head, bytes]:
    await connection.send_head("GET", target, [("Host", "localhost")])
    await connection.send_end()
    head = await connection.read_head()
    body = bytearray()
    while (piece := await connection.read_data()) is not None:
        body += piece
        if len(body) > _LARGEST:
            raise NoEngine("its answer has no end")
    if not connection.keep() and target != "/info":
        raise NoEngine("it closes the connection after an answer")
    return head, bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _word(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    return value[:300] if isinstance(value, str) else ""


def _skew(head: Head) -> float:
    """Seconds that its clock is ahead, as far as a header in whole seconds tells."""
    try:
        return parsedate_to_datetime(head.headers["date"]).timestamp() - time.time()
    except (KeyError, ValueError, TypeError):
        return 0.0


def _free(root: str) -> int | None:
    """Bytes free where the engine keeps all, if that is a folder of this machine."""
    try:
        found = os.statvfs(root) if root.startswith("/") else None
    except (OSError, ValueError):
        return None
    return found.f_bavail * found.f_frsize if found is not None else None
