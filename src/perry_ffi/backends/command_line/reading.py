"""What a program printed, read: JSON, lines of it, single words. What is not understood is an error that shows it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from perry_ffi.errors import BackendError

MAX_SHOWN = 2000
"""Characters of a program's own words that an error carries."""


def clip(text: str) -> str:
    """Without the middle of a long one: a program says first what it did, and at the end why that failed."""
    half = MAX_SHOWN // 2
    return text if len(text) <= MAX_SHOWN else f"{text[:half]} ... {text[-half:]}"


def text_of(output: bytes) -> str:
    """The output as text; what is no UTF-8 is replaced."""
    return output.decode("utf-8", "replace")


def unreadable(output: str, *, doing: str, backend: str, why: str = "it is not what was expected") -> NoReturn:
    """Raises the error for output that cannot be read."""
    shown = clip(output.strip())
    raise BackendError(
        f"{doing}: the answer of {backend} cannot be read, {why}: {shown or 'it is empty'}", backend=backend, operation=doing,
        reason=why, output=shown or None,
    )  # fmt: skip


def document(output: bytes, *, doing: str, backend: str) -> Any:
    """The one JSON document that the output is."""
    text = text_of(output)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        unreadable(text, doing=doing, backend=backend, why="it is no JSON")


def objects(output: bytes, *, doing: str, backend: str) -> list[dict[str, Any]]:
    """The JSON objects of the output, one a line, or all of them in one list; empty lines are passed over."""
    found: list[dict[str, Any]] = []
    for line in text_of(output).split("\n"):
        if not line.strip():
            continue
        read = document(line.encode(), doing=doing, backend=backend)
        for item in read if isinstance(read, list) else [read]:
            if not isinstance(item, dict):
                unreadable(line, doing=doing, backend=backend, why="it is no JSON object")
            found.append(item)
    return found


def last_line(output: bytes, *, doing: str, backend: str) -> str:
    """The last line that is not empty: ids and names are printed there."""
    lines = [line.strip() for line in text_of(output).split("\n") if line.strip()]
    if not lines:
        unreadable("", doing=doing, backend=backend)
    return lines[-1]


__all__ = ["MAX_SHOWN", "clip", "document", "last_line", "objects", "text_of", "unreadable"]
