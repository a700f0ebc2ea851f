"""Ways for the registry to misbehave, each to be put under a pattern into ``Registry.evil``."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator

from tests.support.registry.content import OCI_INDEX, encode
from tests.support.registry.server import Evil, Handler


def status(code: int, body: bytes = b"", **headers: str) -> Evil:
    """Another status. headers: with ``_`` for ``-``."""
    return lambda handler: handler.answer(code, body, {name.replace("_", "-"): value for name, value in headers.items()})


def reply(body: bytes, **headers: str) -> Evil:
    """200, and these bytes."""
    return status(200, body, **headers)


def raw(*pieces: bytes, pause: float = 0) -> Evil:
    """These bytes on the bare connection, which then is closed."""

    def act(handler: Handler) -> None:
        handler.close_connection = True
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(pause)

    return act


def cut(handler: Handler) -> None:
    """Closes without an answer."""
    handler.close_connection = True


def stall(released: threading.Event, seconds: float = 60) -> Evil:
    """Says nothing, until it is released."""

    def act(handler: Handler) -> None:
        released.wait(seconds)
        handler.close_connection = True

    return act


def drip(pause: float, seconds: float = 60) -> Evil:
    """One byte after the other of a large answer."""

    def act(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b" ")
            time.sleep(pause)

    return act


def endless(head: bytes = b"HTTP/1.1 200 OK\r\n\r\n", piece: bytes = b" " * 65536) -> Evil:
    """A body without an end."""

    def act(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(head)
        while True:
            handler.wfile.write(piece)

    return act


def compressed(size: int = 200 * 1024 * 1024) -> Evil:
    """A small body that unpacks to a large one."""
    packed = gzip.compress(b" " * size, 9)
    return lambda handler: handler.answer(200, packed, {"Content-Encoding": "gzip", "Content-Type": OCI_INDEX})


def redirect(to: str, code: int = 307) -> Evil:
    """``{path}`` in ``to`` is the path that was asked for."""
    return lambda handler: handler.answer(code, b"", {"Location": to.replace("{path}", handler.path)})


def changed(suffix: bytes = b" ") -> Evil:
    """What is asked for with something at its end, under the digest that it should have."""

    def act(handler: Handler) -> None:
        send = handler.answer

        def answer(code: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
            send(code, body + suffix, headers)

        handler.answer = answer  # type: ignore[method-assign]
        try:
            handler.behave()
        finally:
            handler.answer = send  # type: ignore[method-assign]

    return act


def rows_of(count: int, artifact_type: str, **more: object) -> list[dict[str, object]]:
    """Descriptors of manifests that are not there."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    return [
        {"mediaType": kind, "digest": f"sha256:{number:064x}", "size": 700, "artifactType": artifact_type, **more}
        for number in range(count)
    ]


def listing(rows: list[dict[str, object]], **headers: str) -> Evil:
    """A list of referrers."""
    return reply(encode({"schemaVersion": 2, "manifests": rows}), Content_Type=OCI_INDEX, **headers)


def in_turn(*acts: Evil | None) -> Evil:
    """The first request gets the first, and so on; the last stays. None: as it should be."""
    left: Iterator[Evil | None] = iter(acts[:-1])

    def act(handler: Handler) -> None:
        chosen = next(left, acts[-1])
        return handler.behave() if chosen is None else chosen(handler)

    return act
