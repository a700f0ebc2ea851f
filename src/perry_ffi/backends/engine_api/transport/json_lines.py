"""Answers that are a line of JSON after the other: pull, push, build."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from perry_ffi.backends.engine_api.transport.http import ResponseStream
from perry_ffi.errors import BackendError

MAX_LINE = 4 * 1024 * 1024


async def json_lines(stream: ResponseStream, *, doing: str, backend: str) -> AsyncIterator[dict[str, Any]]:
    """Each object of the answer. BackendError for a line that is none, or has no end within 4 MiB."""
    buffer = LineBuffer(doing=doing, backend=backend)
    while (piece := await stream.read()) is not None:
        for item in buffer.feed(piece):
            yield item
    for item in buffer.feed(b"\n"):
        yield item


class LineBuffer:
    """Takes bytes as they come, gives the objects of the lines that are whole. Raises as ``json_lines``."""

    def __init__(self, *, doing: str, backend: str) -> None:
        self._doing, self._backend = doing, backend
        self._rest = b""

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The objects that ``data`` ends."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE:
            raise _garbage(self._rest, self._doing, self._backend)
        return [_object(line, self._doing, self._backend) for line in lines if line.strip()]


def _object(line: bytes, doing: str, backend: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise _garbage(line, doing, backend) from None
    if not isinstance(value, dict):
        raise _garbage(line, doing, backend)
    return value


def _garbage(line: bytes, doing: str, backend: str) -> BackendError:
    return BackendError(
        f"{doing}: the engine's answer is not lines of JSON", backend=backend, operation=doing,
        output=line[:200].decode("utf-8", "replace"),
    )  # fmt: skip


def error_of(event: dict[str, Any]) -> tuple[str, int | None] | None:
    """The error an event carries, as words and exit code; None for progress."""
    detail = event.get("errorDetail")
    words = detail.get("message") if isinstance(detail, dict) else None
    words = words or event.get("error")
    if not words:
        return None
    code = detail.get("code") if isinstance(detail, dict) else None
    return str(words), code if isinstance(code, int) else None
