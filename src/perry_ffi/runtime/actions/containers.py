"""Steps in the life of a container."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.cancellation import uninterrupted
from perry_ffi.errors import Conflict, one_line
from perry_ffi.runtime.action import EngineAction, Inside

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerHandle, ContainerSpec
    from perry_ffi.runtime.run import Run
    from perry_ffi.runtime.undo_entry import Entry


async def create(run: Run, spec: ContainerSpec, name: str, owner: str | None) -> ContainerHandle:
    """Creates the container ``name`` of ``owner``, noted before; what the engine warns of is told."""
    with run.undo.container(name).asked():
        created = await run.backend.create_container(spec)
    for text in created.warnings:
        run.bus.tell("warning", code="engine", message=one_line(f"{name}: {text}"), **run.naming.details(owner))
    return created


@dataclass(frozen=True, repr=False, eq=False)
class CreateContainer(EngineAction):
    """number: which container of its owner it is. final_name: what it is called in the end. inherit: the id of the container
    whose anonymous volumes it takes over.
    """

    name = "create container"
    number: int
    final_name: str
    inherit: str | None = None

    async def perform(self, run: Run) -> None:
        spec = await run.specs_in_force.container(self)
        await create(run, spec.model_copy(update={"name": self.target}), self.target, self.owner)


@dataclass(frozen=True, repr=False, eq=False)
class StartContainer(EngineAction):
    """ident: of one that was there before; one that the plan creates is known by its name. beside: the id of
    its predecessor, where that runs.
    """

    name = "start container"
    ident: str | None = None
    beside: str | None = None

    async def perform(self, run: Run) -> None:
        from perry_ffi.runtime.readiness import started

        if self.ident:
            run.undo.started(self.ident, self.target)
        elif self.beside:
            run.undo.serves(self.target, self.beside)
        await started(run.backend, self.ident or self.target, self.owner or "", self.target, run.naming)


def _ends(run: Run, target: str, ident: str, paused: bool, rank: int, inside: tuple[Inside, ...], beside: bool = False) -> Entry:
    """Notes that a run of a container ends, and with it the namespaces that others are in."""
    entry = run.undo.stopped(ident, target, paused=paused, rank=rank, beside=beside)
    for other in inside:
        run.undo.joined(other.ident, other.name, other.other, paused=other.paused, rank=other.rank)
    return entry


@dataclass(frozen=True, repr=False, eq=False)
class StopContainer(EngineAction):
    """timeout: seconds until it is killed; ``None``: its own. paused: it is. rank: its place among those that would be started
    again. inside: those that stay and run in its namespaces. leaves: networks that it is taken off afterwards. beside: its
    successor runs beside it, so that an undoing starts it again before that one goes.
    """

    name = "stop container"
    ident: str
    timeout: float | None = None
    paused: bool = False
    rank: int = 0
    inside: tuple[Inside, ...] = ()
    leaves: tuple[str, ...] = ()
    beside: bool = False

    async def perform(self, run: Run) -> None:
        for network in self.leaves:
            # While it runs: an engine may not tell afterwards which address it had.
            await _note_place(run, self.target, self.ident, network)
        ended = _ends(run, self.target, self.ident, self.paused, self.rank, self.inside, self.beside)
        with ended.asked():
            await run.backend.stop_container(self.ident, self.timeout)


@dataclass(frozen=True, repr=False, eq=False)
class RestartContainer(EngineAction):
    """As ``StopContainer`` has it, and the container runs anew."""

    name = "restart container"
    ident: str
    rank: int = 0
    inside: tuple[Inside, ...] = ()

    async def perform(self, run: Run) -> None:
        with _ends(run, self.target, self.ident, False, self.rank, self.inside).asked():
            await run.backend.restart_container(self.ident, None)


@dataclass(frozen=True, repr=False, eq=False)
class DisconnectContainer(EngineAction):
    """Takes a container off a network. noted: its place there has been noted, when it stopped."""

    name = "disconnect container"
    ident: str
    network: str
    noted: bool = False

    async def perform(self, run: Run) -> None:
        if not self.noted:
            await _note_place(run, self.target, self.ident, self.network)
        with suppress(Conflict):  # It is off already; if it is not, the network does not go.
            await run.backend.disconnect_network(self.network, self.ident)


async def _note_place(run: Run, target: str, ident: str, network: str) -> None:
    kept = await run.backend.keep_place(network, ident)
    if kept is not None:
        run.undo.place(kept, target)


@dataclass(frozen=True, repr=False, eq=False)
class RenameContainer(EngineAction):
    """ident: of one that was there before; one that the plan creates is known by its name."""

    name = "rename container"
    to: str
    ident: str | None = None

    async def perform(self, run: Run) -> None:
        if self.ident:
            run.undo.renamed(self.ident, self.target)
        else:
            # The new one takes the name: it has to go before the old one gets it back.
            run.undo.container(self.to, there=True)
        # A name is given at once or not at all: nobody has to guess which, even if the run is cancelled meanwhile.
        await uninterrupted(run.backend.rename_container(self.ident or self.target, self.to))


@dataclass(frozen=True, repr=False, eq=False)
class UnpauseContainer(EngineAction):
    name = "unpause container"
    ident: str

    async def perform(self, run: Run) -> None:
        run.undo.unpaused(self.ident, self.target)
        await run.backend.unpause_container(self.ident)


@dataclass(frozen=True, repr=False, eq=False)
class RemoveContainer(EngineAction):
    """volumes: whether its anonymous volumes go with it."""

    name = "remove container"
    final = True
    ident: str
    volumes: bool = True

    async def perform(self, run: Run) -> None:
        await run.backend.remove_container(self.ident, force=True, volumes=self.volumes)


@dataclass(frozen=True, repr=False, eq=False)
class Wait(EngineAction):
    """Waits until containers meet a condition (see ``readiness.judge``); the target says which. It asks the engine next to
    nothing, so that it takes none of the places of those that run beside each other.

    required: else a container that never meets it is only warned of. run_for: seconds that each has to meet it for.
    """

    name = "wait"
    containers: tuple[str, ...]
    condition: str
    required: bool = True
    run_for: float = 0.0

    async def perform(self, run: Run) -> None:
        assert run.readiness is not None and self.owner is not None, "a plan that waits is run with readiness"
        for name in self.containers:
            await run.readiness.until(self.owner, name, self.condition, run.wait_timeout, run_for=self.run_for)


@dataclass(frozen=True, repr=False, eq=False)
class Delay(EngineAction):
    """Lets time pass, and asks the engine nothing; the target says how long."""

    name = "delay"
    changes = False
    seconds: float

    async def perform(self, run: Run) -> None:
        import anyio

        await anyio.sleep(self.seconds)
