"""Streams by their handles: one function for each row that names one."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from perry_ffi.service.client import Client
from perry_ffi.service.streams import KIND, OpenStream


def next_(client: Client, stream: int) -> Coroutine[Any, Any, Sequence[object] | None]:
    """The next records. Raises NotFound at once for a handle that is no open stream."""
    found = client.handles.get(KIND, stream)
    assert isinstance(found, OpenStream)
    return found.next()


def close(client: Client, stream: int) -> Coroutine[Any, Any, None]:
    """Closes the stream; the handle is gone at once. Raises NotFound for a handle that is no open stream."""
    return client.handles.remove(KIND, stream).aclose()
