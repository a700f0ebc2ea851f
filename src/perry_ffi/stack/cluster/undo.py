"""How an ``up`` on an engine that keeps services is put back: what it made goes, what it changed becomes what it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.services import is_uncertain
from perry_ffi.errors import Conflict, ContainerError, NotFound
from perry_ffi.runtime.rollback import UndoLog
from perry_ffi.runtime.undo_entry import Entry, Phase
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.settling import LOOK_SECONDS, STAND_SECONDS, Settling, at_rest
from perry_ffi.stack.cluster.watch import TRIES, certainly, until_answered, until_gone

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.service_records import ServiceState
    from perry_ffi.backends.contract.services import Services

LINGER_SECONDS = 40.0
"""How long tasks and networks of what was removed may stay listed."""
LATE_SECONDS = 1.0
"""How long a call may still be carried out whose answer was lost, or nobody waited for."""


class ClusterUndo(UndoLog):
    """The undo log of a cluster; images that were built are put back as on one machine."""

    def __init__(
        self,
        backend: Backend,
        services: Services,
        project: str,
        transaction: str,
        urgent: asyncio.Event | None = None,
        tell: Callable[[str], object] = lambda message: None,
    ) -> None:
        """tell: hears of what is not waited for, for the nodes do not answer that it is on."""
        super().__init__(backend, transaction, identity.TRANSACTION, urgent)
        self._services = services
        self._project = project
        self._impatient = urgent or asyncio.Event()
        self._settling = Settling(services, project, tell)
        self._settles = False
        self._waited = False

    def created(self, name: str) -> Entry:
        """A service that is made: it goes if it carries the transaction's label."""

        async def undo(entry: Entry) -> None:
            state = await self._late(entry, name)
            if state is not None:
                ident = state.id
                self._settling.removed.add(ident)
                await until_gone(lambda: self._services.remove_service(ident))

        self._settle_last()
        return self._add(Phase.CONTAINERS, f"remove service {name}", undo)

    def changed(self, former: ServiceState) -> Entry:
        """A service that is changed: it becomes what it was, unless the engine has put it back by itself."""

        async def undo(entry: Entry) -> None:
            for _ in range(TRIES):
                self._settling.restored[former.id] = former
                state = await self._late(entry, former.id)
                if state is None:
                    return  # The engine was first, or it was never changed.
                with suppress(Conflict):
                    await self._put_back(state, former)
                    return
            raise _changed_by_somebody(former)

        self._settle_last()
        return self._add(Phase.REMOVED, f"put service {former.name} back", undo)

    def restarted(self, former: ServiceState) -> Entry:
        """A service whose tasks are replaced though nothing of it changed: where that came to nothing, or is under way, it is as before
        again. What stands needs nothing: it is what it was.
        """

        async def undo(entry: Entry) -> None:
            for _ in range(TRIES):
                state = await self._services.service(former.id)
                if dict(state.labels) != dict(former.labels) or (at_rest(state, former) and not _given_up(state)):
                    return
                self._settling.restored[state.id] = former
                if state.update is not None and state.update.state in ("rolling_back", "rolled_back"):
                    return
                with suppress(Conflict):
                    await until_answered(partial(self._services.restore_service, state, former))
                    return
            raise _changed_by_somebody(former)

        self._settle_last()
        return self._add(Phase.REMOVED, f"put the tasks of {former.name} back", undo)

    def removed_service(self, former: ServiceState) -> Entry:
        """A service that is removed so that another can take its name; it is made again."""

        async def undo(entry: Entry) -> None:
            try:
                state = await self._services.service(former.name)
            except NotFound:
                await self._put_back(None, former)
                state = await self._services.service(former.name)
            self._settling.restored[state.id] = former

        self._settle_last()
        return self._add(Phase.REMOVED, f"make service {former.name} again", undo)

    def made(self, kind: str, name: str) -> Entry:
        """A network, config or secret that is made. One whose call nobody waited for may come yet."""

        async def undo(entry: Entry) -> None:
            bound = anyio.current_time() + (0.0 if entry.certain else LATE_SECONDS)
            while True:
                found = [row.id for row in await self._services.objects(kind, self._mark) if row.name == name]
                for ident in found:
                    await self._remove_object(kind, ident)
                if found or anyio.current_time() >= bound:
                    return
                await anyio.sleep(LOOK_SECONDS)

        return self._add(Phase.OBJECTS, f"remove {kind} {name}", undo)

    async def _late(self, entry: Entry, name: str) -> ServiceState | None:
        """The service where it is ours by now. Where nobody knows whether the call was carried out, it may come yet."""
        bound = anyio.current_time() + (0.0 if entry.certain else LATE_SECONDS)
        while True:
            with suppress(NotFound):
                state = await self._services.service(name)
                if self._ours(dict(state.labels)):
                    return state
            if anyio.current_time() >= bound:
                return None
            await anyio.sleep(LOOK_SECONDS)

    # -- how --------------------------------------------------------------------------------------------

    def _settle_last(self) -> None:
        """Whatever is put back has to stand again, and what was removed has to end, before what they need goes."""
        if not self._settles:
            self._settles = True
            self._add(Phase.STARTS, "have the services stand again", lambda entry: self._settled())

    async def _put_back(self, state: ServiceState | None, former: ServiceState) -> None:
        async def work() -> bool:
            await self._services.restore_service(state, former)
            return True

        async def done() -> bool | None:
            now = await self._services.service(former.name)
            return True if not self._ours(dict(now.labels)) else None

        try:
            await certainly(work, done)
        except NotFound as error:
            raise Conflict(f"something that it needs is not there: {error.message}", **error.details) from error

    async def _remove_object(self, kind: str, ident: str) -> None:
        """Something may be on it for a moment longer; a network is waited for until nobody lists it any more."""
        bound = anyio.current_time() + self._patience(LINGER_SECONDS)
        while True:
            try:
                await until_gone(lambda: self._services.remove_object(kind, ident))
                break
            except Conflict:
                if anyio.current_time() > bound:
                    raise
            await anyio.sleep(LOOK_SECONDS)
        while kind == "network" and anyio.current_time() < bound:
            if all(row.id != ident for row in await self._services.objects(kind, self._mark)):
                return
            await anyio.sleep(LOOK_SECONDS)

    async def _settled(self) -> None:
        """Waits once, however often it is tried."""
        seconds = 0.0 if self._waited else self._patience(STAND_SECONDS)
        self._waited = True
        await self._settling.wait(seconds)

    def _patience(self, seconds: float) -> float:
        return 0.0 if self._impatient.is_set() else seconds


def _given_up(state: ServiceState) -> bool:
    return state.update is not None and state.update.state in ("paused", "rollback_paused")


def _changed_by_somebody(former: ServiceState) -> Conflict:
    return Conflict(f"the service {former.name} is changed by somebody else all the time", service=former.name)


@contextmanager
def asked(entry: Entry) -> Iterator[None]:
    """Around the call that an entry is about: whether the engine has answered it."""
    try:
        yield
    except ContainerError as error:
        entry.certain = not is_uncertain(error)
        raise
    entry.certain = True


__all__ = ["ClusterUndo", "asked"]
