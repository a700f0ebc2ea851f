"""A scripted engine for hosts in other processes: it serves from a thread of the test's own process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import SocketStream
from anyio.from_thread import start_blocking_portal

from tests.engines.scripted import Answer, Asked, ScriptedEngine, document, ping


@contextmanager
def engine(path: Path, answer: Answer) -> Iterator[ScriptedEngine]:
    """The engine, serving while the block runs; ``GET /_ping`` is answered for it."""

    async def with_ping(asked: Asked, stream: SocketStream) -> None:
        if asked.target == "/_ping":
            await stream.send(ping())
        else:
            await answer(asked, stream)

    serving = ScriptedEngine(path, with_ping)
    with start_blocking_portal() as portal:
        future, _ = portal.start_task(serving.serve)
        try:
            yield serving
        finally:
            portal.call(serving.stop)
            future.result(30)


@contextmanager
def rude_engine(path: Path) -> Iterator[None]:
    """An engine that hangs up on every request but ``GET /_ping`` after its first bytes, unread ones pending."""
    with socket.socket(socket.AF_UNIX) as listener:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer:
                    if b"/_ping " in peer.recv(256):
                        peer.sendall(ping().replace(b"\r\n", b"\r\nConnection: close\r\n", 1))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(30)


def address(path: Path) -> dict[str, str]:
    """The environment in which a host finds the engine."""
    return {"PERRY_CONTAINER_BACKEND": "docker", "DOCKER_HOST": f"unix://{path}"}


CONTAINER: dict[str, Any] = {
    "Id": "c" * 64, "Name": "/web", "Created": "2026-01-01T00:00:00Z", "Image": "sha256:" + "a" * 64,
    "State": {"Status": "exited", "Running": False, "ExitCode": 0, "StartedAt": "2026-01-01T00:00:00Z"},
    "Config": {"Image": "busybox", "Labels": {}, "Tty": False, "Env": []},
    "HostConfig": {"LogConfig": {"Type": "json-file"}}, "NetworkSettings": {"Ports": {}, "Networks": {}},
}  # fmt: skip
"""What an engine says about a container that has ended."""


class EndlessLog:
    """Answers an inspection, and a log whose lines are numbered and never end; ``sent`` counts the bytes that went."""

    def __init__(self, container: dict[str, Any] | None = None) -> None:
        self.container = container or CONTAINER
        self.sent = 0
        self.closed = anyio.Event()

    async def __call__(self, asked: Asked, stream: SocketStream) -> None:
        if "/logs" not in asked.target:
            await stream.send(document(self.container))
            return
        kind = b"application/vnd.docker.raw-stream"
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        number = 0
        try:
            while True:
                frames = bytearray()
                for _ in range(100):
                    line = b"2026-01-01T00:00:00.%09dZ line %010d %s\n" % (number, number, b"." * 80)
                    frames += b"\x01\0\0\0" + len(line).to_bytes(4, "big") + line
                    number += 1
                await stream.send(b"%x\r\n%s\r\n" % (len(frames), bytes(frames)))
                self.sent += len(frames)
        finally:
            self.closed.set()


def numbers(chunks: list[dict[str, str]], rest: str = "") -> tuple[list[int], str]:
    """(the numbers of the whole lines, what is left of an unfinished one) of the chunks of such a log."""
    *lines, rest = (rest + "".join(chunk["text"] for chunk in chunks)).split("\n")
    return [int(line.split()[1]) for line in lines], rest
