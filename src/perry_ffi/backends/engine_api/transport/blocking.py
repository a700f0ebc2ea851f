"""HTTP/1.1 over a local socket for whoever waits anyway: one connection, one request after the other, no event loop.

It reads and never changes anything, so whoever finds it wanting asks again in another way: whatever is odd is ``NotQuick``.
"""

from __future__ import annotations

import _socket  # What socket makes more of it is not used here, and takes longer to import than an answer.
import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_MOST = 64 * 1024 * 1024
"""Bytes of an answer."""
_PIECE = 256 * 1024
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"


class NotQuick(Exception):
    """The question has to be asked in the usual way: nothing was changed, and nothing was told."""


class Answer:
    """status, headers (by names in small letters) and body of an answer."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def document(self) -> Any:
        """Its JSON. Raises NotQuick."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise NotQuick("no JSON") from None


class Connection:
    """To the socket at ``path``, opened at the first question; each step of an answer is waited for so many ``seconds``.

    interrupts: descriptors; as soon as there is anything to read from one of them, nothing is waited for any more.
    """

    def __init__(self, path: str, seconds: float, interrupts: Sequence[int] = ()) -> None:
        self._path, self._seconds, self._interrupts = path, seconds, interrupts
        self._socket: _socket.socket | None = None
        self._left = b""

    def get(self, path: str, **query: str | None) -> Answer:
        """The answer of a GET of ``path``, which has no blanks in it. Raises NotQuick."""
        target = path + ("?" if any(query.values()) else "")
        target += "&".join(f"{name}={quoted(value)}" for name, value in query.items() if value is not None)
        try:
            if self._socket is None:
                self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
                self._socket.settimeout(self._seconds)
                self._socket.connect(self._path)
            self._socket.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n".encode())
            return self._answer()
        except (OSError, ValueError) as error:
            raise NotQuick(str(error)) from None

    def close(self) -> None:
        """Idempotent."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _answer(self) -> Answer:
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        rows = [line.partition(":") for line in head[1:]]
        headers = {name.lower(): value.strip() for name, _, value in rows}
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = b"".join(self._chunks())
        elif "content-length" in headers:
            body = self._exactly(int(headers["content-length"]))
        else:
            raise NotQuick("an answer of unknown length")
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body)

    def _chunks(self) -> list[bytes]:
        found, size = [], 0
        while length := int(self._until(b"\r\n").split(b";")[0], 16):
            size += length
            if size > _MOST:
                raise NotQuick("too long")
            found.append(self._exactly(length))
            self._until(b"\r\n")
        while self._until(b"\r\n"):
            pass  # What follows the last piece.
        return found

    def _more(self) -> None:
        assert self._socket is not None
        if self._interrupts:
            self._wait(self._socket)
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise NotQuick("the connection ended")
        self._left += piece

    def _wait(self, answers: _socket.socket) -> None:
        import select

        if select.select([answers.fileno(), *self._interrupts], [], [], self._seconds)[0] != [answers.fileno()]:
            raise NotQuick("an interrupt, or no answer")

    def _until(self, end: bytes) -> bytes:
        while (at := self._left.find(end)) < 0:
            if len(self._left) > _PIECE:
                raise NotQuick("too long")
            self._more()
        found, self._left = self._left[:at], self._left[at + len(end) :]
        return found

    def _exactly(self, count: int) -> bytes:
        if not 0 <= count <= _MOST:
            raise NotQuick("too long")
        while len(self._left) < count:
            self._more()
        found, self._left = self._left[:count], self._left[count:]
        return found


def quoted(text: str) -> str:
    """``text`` as it stands behind ``=`` in a query."""
    return "".join(char if char in _PLAIN else "".join(f"%{byte:02X}" for byte in char.encode()) for char in text)
