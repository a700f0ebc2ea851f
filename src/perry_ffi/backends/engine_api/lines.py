"""Answers that are a line of JSON after the other: pull, push, build."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from perry_ffi.backends.engine_api.http import ResponseStream
from perry_ffi.errors import BackendError

MAX_LINE = 4 * 1024 * 1024


async def json_lines(stream: ResponseStream, *, doing: str, backend: str) -> AsyncIterator[dict[str, Any]]:
    """Each object of the answer. BackendError for a line that is none, or has no end within 4 MiB."""
    rest = b""
    while (piece := await stream.read()) is not None:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > MAX_LINE:
            raise _garbage(rest, doing, backend)
        for line in lines:
            if line.strip():
                yield _object(line, doing, backend)
    if rest.strip():
        yield _object(rest, doing, backend)


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
