"""What a connection is, whatever carries it: bytes both ways, each way ended by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from perry_ffi.net.refusal import Refusal

READ_BYTES = 64 * 1024


class StreamClosed(Exception):
    """The peer, or this side, has closed. refusal: why, where what carries the stream tells it."""

    def __init__(self, words: str, refusal: Refusal | None = None) -> None:
        super().__init__(words)
        self.refusal = refusal


class ByteStream(Protocol):
    """One connection. One task may receive while another sends; opened in one task it may be used and closed in others."""

    async def receive(self, size: int = READ_BYTES) -> bytes:
        """Some bytes, at least one; ``b""`` once the peer has ended its side. A cancelled call has read nothing.

        Raises StreamClosed.
        """
        ...

    async def send(self, data: bytes) -> None:
        """All of ``data``. Raises StreamClosed."""
        ...

    async def send_eof(self) -> None:
        """Ends this side; the peer's can still be read."""
        ...

    def readable_now(self) -> bool:
        """Bytes or the peer's end are there to be read. Does not wait."""
        ...

    def close(self) -> None:
        """Closes. Idempotent; whoever waits in another task gets StreamClosed."""
        ...
