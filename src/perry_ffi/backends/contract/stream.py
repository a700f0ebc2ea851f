"""What the calls of the contract share: streams, progress, selections by label."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Labels = Mapping[str, "str | None"]
"""Labels that something must carry; ``None`` for any value, ``""`` for the empty one."""


class Stream(abc.ABC, Generic[T]):
    """Records that are read on demand: nothing is read from the engine ahead of the reader.

    A slow reader therefore slows the engine's stream, and memory stays bounded by one batch
    (at most ``MAX_BATCH_BYTES`` of payload). Safe to read from one task at a time.
    """

    MAX_BATCH_BYTES = 256 * 1024
    lacking: str = ""
    """Why there is more than was told so far, in the engine's words; empty where it says nothing of the kind."""

    @abc.abstractmethod
    async def next(self) -> Sequence[T] | None:
        """The next records, at least one, or ``None`` at the end. A cancelled call loses no record."""

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Gives back the connection. Idempotent, allowed while a ``next`` is pending (which then answers ``None``)."""


class AsyncProgress(abc.ABC):
    """Where long work reports: one call for each line or layer state the engine sends."""

    @abc.abstractmethod
    async def report(self, event: Mapping[str, Any]) -> None: ...


__all__ = ["AsyncProgress", "Labels", "Stream"]
