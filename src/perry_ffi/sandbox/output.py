"""What a run says: each stream up to its bound, and what comes after it read and thrown away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.backends.contract.sandboxes import SandboxSession

STREAMS = ("stdout", "stderr")


class Output:
    """Both streams. ``cut`` is set once one of them has said more than ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: dict[str, bytearray] = {name: bytearray() for name in STREAMS}
        self.truncated: dict[str, bool] = dict.fromkeys(STREAMS, False)
        self.cut = asyncio.Event()

    def add(self, stream: str, piece: bytes) -> None:
        """Takes as much as there is room for."""
        held = self._held[stream]
        room = self._limit - len(held)
        held += piece[:room] if len(piece) > room else piece
        if len(piece) > room:
            self.truncated[stream] = True
            self.cut.set()

    async def drain(self, session: SandboxSession) -> None:
        """Reads to the end, also what is thrown away: an engine does not kill what has output that nobody reads."""
        while (pieces := await session.read()) is not None:
            for stream, piece in pieces:
                self.add(stream, piece)
            # An engine whose answer is always there would keep the loop to itself.
            await asyncio.sleep(0)

    def of(self, stream: str) -> bytes:
        """What it said, up to the bound."""
        return bytes(self._held[stream])


__all__ = ["Output"]
