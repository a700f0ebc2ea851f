"""What an ``up`` has begun, and how each part is put back. Entries are made before the engine is asked:
a call whose answer was lost may have been carried out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.backends.base import Backend

UNDO_SECONDS = 120.0
TRIES = 3


@dataclass(frozen=True)
class Entry:
    """One thing to put back: what it does, in words, and the doing."""

    text: str
    undo: Callable[[], Awaitable[None]]


class Journal:
    """The undoing of one transaction, newest first.

    Only what carries the transaction's label is removed: an object of somebody else that had the name is left alone.
    """

    def __init__(self, backend: Backend, transaction: str) -> None:
        self._backend = backend
        self._transaction = transaction
        self._entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    # -- entries --------------------------------------------------------------------------------------

    def network(self, name: str) -> None:
        async def undo() -> None:
            info = await self._backend.inspect_network(name)
            if self._ours(info.labels):
                await self._backend.remove_network(info.id)

        self._add(f"remove network {name}", undo)

    def volume(self, name: str) -> None:
        async def undo() -> None:
            info = await self._backend.inspect_volume(name)
            if self._ours(info.labels):
                await self._backend.remove_volume(name)

        self._add(f"remove volume {name}", undo)

    def container(self, name: str) -> None:
        """A container that is created as ``name``; it is found by its label, whatever its name is by then."""

        async def undo() -> None:
            rows = await self._backend.list_containers(all=True, labels={identity.TRANSACTION: self._transaction})
            for row in rows:
                await self._backend.remove_container(row.id, force=True)

        self._add(f"remove container {name}", undo)

    def stopped(self, ident: str, name: str) -> None:
        self._add(f"start container {name}", lambda: self._backend.start_container(ident))

    def started(self, ident: str, name: str) -> None:
        """A container that was there before and did not run."""
        self._add(f"stop container {name}", lambda: self._backend.stop_container(ident, None))

    def unpaused(self, ident: str, name: str) -> None:
        self._add(f"pause container {name}", lambda: self._backend.pause_container(ident))

    def renamed(self, ident: str, name: str) -> None:
        """A container that was there before, and was called ``name``."""

        async def undo() -> None:
            info = await self._backend.inspect_container(ident)
            if info.name != name:
                await self._backend.rename_container(ident, name)

        self._add(f"rename container {name} back", undo)

    def _add(self, text: str, undo: Callable[[], Awaitable[None]]) -> None:
        self._entries.append(Entry(text, undo))

    def _ours(self, labels: dict[str, str]) -> bool:
        return labels.get(identity.TRANSACTION) == self._transaction

    # -- undoing --------------------------------------------------------------------------------------

    async def roll_back(self) -> list[str]:
        """Puts everything back, newest first; gives what could not be put back, with the reason. Outlasts cancellation."""
        failed: list[str] = []
        with anyio.move_on_after(UNDO_SECONDS, shield=True) as scope:
            while self._entries:
                entry = self._entries[-1]
                if reason := await _attempt(entry):
                    failed.append(f"{entry.text}: {reason}")
                self._entries.pop()
        if scope.cancelled_caught:
            failed += [f"{entry.text}: not tried, the time was up" for entry in reversed(self._entries)]
        return failed


async def _attempt(entry: Entry) -> str | None:
    """Undoes one entry, trying again where the engine failed; gives why it could not be done."""
    reason = None
    for _ in range(TRIES):
        try:
            await entry.undo()
            return None
        except NotFound:
            return None
        except ContainerError as error:
            reason = error.message
    return reason
