"""What a run of a plan has begun, and how each part is put back. Entries are made before the engine is asked:
a call whose answer was lost may have been carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.container_values import moment
from perry_ffi.runtime.healthy_again import healthy_again
from perry_ffi.runtime.undo_entry import Entry, Phase
from perry_ffi.runtime.undoing import each_in_the_end, undo_all
from perry_ffi.runtime.urgent_stop import stop

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.networks import Kept
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.runtime.removed import Removed


class UndoLog:
    """The undoing of one transaction: by phases, and within a phase newest first.

    Containers are started again in the order of their dependencies. Only what carries the transaction's label is removed:
    an object of somebody else that had the name is left alone. urgent: set when nobody waits for a container's grace.
    """

    def __init__(self, backend: Backend, transaction: str, label: str, urgent: asyncio.Event | None = None) -> None:
        """label: of everything that the transaction creates, with its id as the value."""
        self.transaction = transaction
        self._mark = {label: transaction}
        self._backend = backend
        self._urgent = urgent or asyncio.Event()
        self._entries: list[Entry] = []
        self._swept = False
        """Whether all containers are gone that the engine has told of."""
        self._again: dict[str, str] = {}
        """The ids of containers that were created again, by those that they had."""
        self._missing: set[str] = set()
        """Those that have yet to be, by the ids that they had."""

    def __len__(self) -> int:
        return len(self._entries)

    # -- entries --------------------------------------------------------------------------------------

    def network(self, name: str, *, in_place: bool = False) -> Entry:
        """A network that is created. in_place: old ones went for it, which come back when it is gone."""

        async def undo(entry: Entry) -> None:
            # By label: docker allows two of one name, and then tells neither by it.
            for info in await self._backend.list_networks(self._mark):
                if info.name == name:
                    await self._backend.remove_network(info.id)

        return self._add(Phase.NETWORKS if in_place else Phase.OBJECTS, f"remove network {name}", undo)

    def old_network(self, kept: Kept) -> Entry:
        """A network that was there before, and is removed."""

        async def undo(entry: Entry) -> None:
            there = [info for info in await self._backend.list_networks() if info.name == kept.name]
            if any(self._ours(info.labels) for info in there):
                raise Conflict(f"the network {kept.name} that took its place is still there", network=kept.name)
            if not there:
                await self._backend.make_network_again(kept)

        return self._add(Phase.OLD_NETWORKS, f"create the old network {kept.name} again", undo)

    def place(self, kept: Kept, name: str) -> Entry:
        """The place of the container ``name`` on a network, which it is taken from."""
        lost: list[str] = []

        async def undo(entry: Entry) -> None:
            try:
                if told := await self._backend.take_place_again(kept):
                    lost.append(told)
            except NotFound as error:
                await self._backend.inspect_container(kept.id)
                raise Conflict(f"the network {kept.name} is not there: {error.message}", **error.details) from error
            if lost:
                raise Conflict(lost[0], network=kept.name)

        return self._add(Phase.PLACES, f"connect container {name} to network {kept.name}", undo)

    def volume(self, name: str) -> Entry:
        async def undo(entry: Entry) -> None:
            info = await self._backend.inspect_volume(name)
            if self._ours(info.labels):
                await self._backend.remove_volume(name)

        return self._add(Phase.OBJECTS, f"remove volume {name}", undo)

    def container(self, name: str, *, there: bool = False) -> Entry:
        """A container that is created as ``name``; it is found by its label, whatever its name is by then.

        there: it has been created. One look takes all away that are there; for one that may come yet it is looked again.
        """

        async def undo(entry: Entry) -> None:
            if self._swept and entry.certain:
                return
            rows = await self._backend.list_containers(all=True, labels=self._mark)
            # Newest first: one that joins another's namespaces goes before it, where the engine's clock tells them apart.
            ordered = sorted(rows, key=lambda row: row.created, reverse=True)
            await each_in_the_end(ordered, lambda row: self._backend.remove_container(row.id, force=True))
            self._swept = True

        entry = self._add(Phase.CONTAINERS, f"remove container {name}", undo)
        entry.certain = there
        return entry

    def removed(self, removed: Removed) -> Entry:
        """A container that was there before, and is removed so that another one can take its name."""
        was, name = removed.info, removed.info.name

        async def undo(entry: Entry) -> None:
            if not entry.certain:
                # A removal that is under way is joined: its name would be taken until it ends.
                with suppress(NotFound):
                    await self._backend.remove_container(was.id, force=True, volumes=False)
            elif was.id in self._again or await self._is_there(was.id):
                return
            self._missing.add(was.id)
            try:
                self._again[was.id] = (await self._backend.create_container(self._as_now(removed.spec))).id
            except NotFound as error:
                raise Conflict(f"something that it needs is not there: {error.message}", **error.details) from error
            except Conflict:
                # Its answer was lost when it was tried before, or somebody else has the name.
                found = await self._backend.inspect_container(name)
                if not removed.spec.labels.items() <= found.labels.items():
                    raise
                self._again[was.id] = found.id
            self._missing.discard(was.id)
            for directory, packed in removed.files:
                await self._backend.put_archive(self._again[was.id], directory, packed)

        return self._add(Phase.REMOVED, f"create container {name} again", undo)

    async def _is_there(self, ident: str) -> bool:
        try:
            await self._backend.inspect_container(ident)
        except NotFound:
            return False
        return True

    def _as_now(self, spec: ContainerSpec) -> ContainerSpec:
        """``spec`` in the namespaces of containers that were created again themselves."""
        changed: dict[str, str] = {}
        for member in ("network", "pid", "ipc"):
            mode = getattr(spec, member, None) or ""
            if mode.startswith("container:") and (now := self._again.get(mode.removeprefix("container:"))):
                changed[member] = f"container:{now}"
        return spec.model_copy(update=changed) if changed else spec

    def _now(self, ident: str) -> str:
        """The id that a container has by now. Raises Conflict for one that has yet to be created again."""
        if ident in self._missing:
            raise Conflict("the container has not been created again")
        return self._again.get(ident, ident)

    def stopped(self, ident: str, name: str, *, paused: bool = False, rank: int = 0, beside: bool = False) -> Entry:
        """A container that ran. beside: it can run beside what is new."""

        async def undo(entry: Entry) -> None:
            now = self._now(ident)
            if not entry.certain:
                # A stop that is under way is joined: started before it ends, the container would not stay up.
                await stop(self._backend, now, None, self._urgent)
            if paused and (await self._backend.inspect_container(now)).status == "paused":
                return  # The stop was refused, and what is paused takes no start.
            await self._start_again(now)
            if paused:
                await self._backend.pause_container(now)

        entry = self._add(Phase.BESIDE if beside else Phase.STARTS, f"start container {name}", undo)
        entry.rank = rank
        return entry

    async def _start_again(self, ident: str) -> None:
        """Starts what ran. NotFound is only for that container itself: whose namespaces it was in may be gone too."""
        try:
            await self._backend.start_container(ident)
        except NotFound as error:
            await self._backend.inspect_container(ident)
            raise Conflict(f"cannot join the namespaces of a container that is gone: {error.message}", **error.details) from error

    def joined(self, ident: str, name: str, owner: str, *, paused: bool, rank: int) -> Entry:
        """A container that runs in the namespaces of ``owner``: where a new run of that one began, it is cut off from them."""

        async def undo(entry: Entry) -> None:
            own, other = await self._backend.inspect_container(ident), await self._backend.inspect_container(owner)
            if own.started_at and other.started_at and moment(own.started_at).ns < moment(other.started_at).ns:
                await self._backend.restart_container(ident)
                if paused:
                    await self._backend.pause_container(ident)

        entry = self._add(Phase.STARTS, f"start container {name} again", undo)
        entry.rank = rank
        return entry

    def started(self, ident: str, name: str) -> Entry:
        """A container that was there before and did not run."""

        async def undo(entry: Entry) -> None:
            await stop(self._backend, ident, None, self._urgent)

        return self._add(Phase.STOPS, f"stop container {name}", undo)

    def serves(self, name: str, predecessor: str) -> Entry:
        """A new container beside the one with the id ``predecessor``: whoever asks for either may be asking this one."""

        async def undo(entry: Entry) -> None:
            await healthy_again(self._backend, predecessor, self._urgent)
            await stop(self._backend, name, None, self._urgent)

        return self._add(Phase.RETIRING, f"stop container {name}", undo)

    def unpaused(self, ident: str, name: str) -> Entry:
        async def undo(entry: Entry) -> None:
            await self._backend.pause_container(ident)

        return self._add(Phase.STOPS, f"pause container {name}", undo)

    def renamed(self, ident: str, name: str) -> Entry:
        """A container that was there before, and was called ``name``."""

        async def undo(entry: Entry) -> None:
            info = await self._backend.inspect_container(ident)
            if info.name != name:
                await self._backend.rename_container(ident, name)

        return self._add(Phase.NAMES, f"rename container {name} back", undo)

    def image(self, reference: str, before: str | None, built_beside: frozenset[str] | None = None) -> Entry:
        """A reference that is built or pulled; ``before`` is the image that it named until then.

        built_beside: it is built, and these images were there before any was; ``None``: it is pulled. What was built goes;
        what was pulled and was not there before stays: it is the registry's, and of use to the next try.
        """

        async def undo(entry: Entry) -> None:
            now = await self._backend.image_id(reference)
            if now is None or now == before:
                return
            if before is not None:
                await self._backend.tag_image(before, reference)
            elif built_beside is not None:
                await self._backend.remove_image(reference)
            if built_beside is not None and now not in built_beside and not (await self._backend.inspect_image(now)).tags:
                await self._backend.remove_image(now)

        return self._add(Phase.IMAGES, f"put the image {reference} back", undo)

    def _add(self, phase: Phase, text: str, undo: Callable[[Entry], Awaitable[None]]) -> Entry:
        entry = Entry(phase, text, undo)
        self._entries.append(entry)
        return entry

    def _ours(self, labels: dict[str, str]) -> bool:
        return self._mark.items() <= labels.items()

    def close(self) -> None:
        """Nothing is put back any more: what was there cannot come back whole."""
        self._entries.clear()

    # -- undoing --------------------------------------------------------------------------------------

    async def roll_back(self) -> list[str]:
        """Puts everything back; gives what could not be put back, with the reason."""
        todo = [entry for phase in Phase for entry in self._of(phase)]
        self._entries.clear()
        return await undo_all(todo, self._urgent)

    def _of(self, phase: Phase) -> list[Entry]:
        entries = [entry for entry in self._entries if entry.phase is phase]
        if phase in (Phase.BESIDE, Phase.STARTS):
            return sorted(entries, key=lambda entry: entry.rank)
        # What may still be under way comes last: it has the longest time to come.
        latest_first = entries[::-1]
        return sorted(latest_first, key=lambda entry: phase is Phase.CONTAINERS and not entry.certain)
