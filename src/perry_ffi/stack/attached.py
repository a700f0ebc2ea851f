"""A container whose main process somebody talks to."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from perry_ffi.cancellation import finish
from perry_ffi.errors import Conflict, ContainerError, NotFound

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.events import ExitWatch
    from perry_ffi.backends.contract.interaction import Conversation, Terms


class Attached:
    """removes: it is of this conversation alone, and goes when that is closed. fresh: it was made for it, and goes where that cannot
    begin. runs: it has been started.
    """

    talk: Conversation

    def __init__(
        self,
        backend: Backend,
        ident: str,
        name: str,
        terms: Terms,
        *,
        removes: bool = False,
        fresh: bool = False,
        runs: bool = False,
    ) -> None:
        self._backend, self._id, self.name, self._terms, self._removes = backend, ident, name, terms, removes
        self._ending: ExitWatch | None = None
        self._fresh, self._runs, self._opened = fresh, runs, False

    async def open(self) -> Attached:
        """Listens: neither a word nor the end is missed. Raises Conflict where what ran ended before it was listened to: an engine
        lets one wait for its words for ever.
        """
        try:
            self.talk = await self._backend.talk_to_container(self._id, self._terms)
            self._opened = True
            self._ending = await self._backend.wait_exit(self._id)
            if self._runs and (status := (await self._backend.inspect_container(self._id)).status) in ("exited", "dead"):
                raise Conflict(f"{self.name} does not run ({status})", subject=self._id)
        except BaseException:
            self._removes |= self._fresh
            await self.aclose()
            raise
        return self

    async def start(self) -> None:
        """Has it run. One that cannot be started is of no use, and goes with the conversation."""
        try:
            await self._backend.start_container(self._id)
        except BaseException:
            self._removes |= self._fresh
            raise

    def keep(self) -> None:
        """It goes on by itself."""
        self._removes = False

    async def exit_code(self) -> int:
        """Of its main process, once that has ended."""
        assert self._ending is not None
        return await self._ending.exit_code()

    async def signal(self, name: str) -> None:
        """Sends a signal to the main process; nothing where that has ended."""
        with suppress(NotFound, Conflict):
            await self._backend.kill_container(self._id, name)

    async def aclose(self) -> None:
        """Gives all back. Idempotent."""
        if self._opened:
            await self.talk.aclose()
        if self._ending is not None:
            await self._ending.aclose()
        if self._removes:
            self._removes = False
            with suppress(ContainerError):
                await finish(self._remove())

    async def _remove(self) -> None:
        with suppress(NotFound):
            await self._backend.remove_container(self._id, force=True)
