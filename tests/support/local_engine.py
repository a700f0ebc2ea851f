"""A server on a local socket that answers each path of an engine's API with what it was given.

An answer that is a function is called with the method and gives what is told, each time; those of paths with a version count for
all versions. The headers of every answer say who answers, as real engines' do; one that is to be known by its ping has ``PING``.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ID = "c4f332e0d4279ddcf2104a703edd510263b36b5d09bbc68cf5398ff167dd350e"
CONTAINER: dict[str, Any] = {
    "Id": ID, "Names": ["/shop-web-1"], "Image": "example/app:1", "ImageID": "sha256:" + "f" * 64, "Command": "sh -c 'echo up; serve'",
    "Created": 1795693876, "State": "running", "Status": "Up 5 seconds (unhealthy)", "HostConfig": {"NetworkMode": "shop_default"},
    "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
              {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}],
    "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "web",
               "com.docker.compose.container-number": "1", "com.docker.compose.config-hash": "1"},
    "NetworkSettings": {"Networks": {"shop_default": {}}},
    "Mounts": [{"Type": "volume", "Name": "shop_data", "Driver": "local", "Destination": "/data", "RW": True, "Source": "/v"}],
}  # fmt: skip
INSPECTED: dict[str, Any] = {
    "Id": ID, "Name": "/shop-web-1", "Image": "sha256:" + "f" * 64, "Created": "2026-11-26T11:51:16Z", "RestartCount": 0,
    "Path": "sh", "Args": ["-c", "echo up; serve"], "Config": {"Image": "example/app:1", "Labels": CONTAINER["Labels"]},
    "State": {"Status": "running", "ExitCode": 0, "StartedAt": "2026-11-26T11:51:17Z",
              "Health": {"Status": "unhealthy", "FailingStreak": 4, "Log": []}},
    "HostConfig": {}, "NetworkSettings": {"Ports": {}, "Networks": {}}, "Mounts": CONTAINER["Mounts"],
}  # fmt: skip
SHOP: dict[str, Any] = {"/containers/json": [CONTAINER], f"/containers/{ID}/json": INSPECTED}
PING: dict[str, Any] = {"/_ping": b"OK"}


class LocalEngine:
    """The server. asked: the paths that were asked for, with their filters. connections: how many there were."""

    def __init__(self, path: Path, answers: Mapping[str, Any], server: str, *, chunked: bool = False) -> None:
        self.path, self.asked = path, list[tuple[str, Any]]()
        self.connections = 0
        self._answers, self._server, self._chunked = answers, server, chunked
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self.host = f"unix://{path}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, peer.makefile("rb") as lines:
            while line := lines.readline():
                length = 0
                while (header := lines.readline()) not in (b"\r\n", b""):
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.split(b":")[1])
                lines.read(length)
                method, target = line.decode().split()[:2]
                peer.sendall(self._answer(method, target))

    def _answer(self, method: str, target: str) -> bytes:
        parts = urlsplit(target)
        self.asked.append((parts.path, json.loads(parse_qs(parts.query).get("filters", ["null"])[0])))
        found = self._answers.get(parts.path, self._answers.get(re.sub(r"^/v[0-9.]+/", "/", parts.path)))
        found = found(method) if callable(found) else found
        status = "200 OK" if found is not None else "404 Not Found"
        body = found if isinstance(found, bytes) else json.dumps({"message": "none"} if found is None else found).encode()
        release = self._server.partition("/")[2].partition(" ")[0] if self._server.startswith("Libpod/") else ""
        own = f"Libpod-Api-Version: {release}\r\n" if release else ""
        head = f"HTTP/1.1 {status}\r\nServer: {self._server}\r\nApi-Version: 1.41\r\n{own}"
        if not self._chunked:
            return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
        told = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
        return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + told + b"0\r\n\r\n"


@contextmanager
def local_engine(
    folder: Path, answers: Mapping[str, Any] = SHOP, server: str = "Docker/20.10.24 (linux)", *, chunked: bool = False
) -> Iterator[LocalEngine]:
    """One in ``folder``."""
    engine = LocalEngine(folder / "e.sock", answers, server, chunked=chunked)
    try:
        yield engine
    finally:
        engine.close()
