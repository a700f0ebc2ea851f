"""Steps on services: made, changed, given other tasks, removed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perry_ffi.errors import Conflict, NotFound
from perry_ffi.stack import identity
from perry_ffi.stack.check import named
from perry_ffi.stack.cluster.actions import ClusterAction, ClusterRun
from perry_ffi.stack.cluster.undo import asked
from perry_ffi.stack.cluster.watch import TRIES, certainly, until_answered, until_gone

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceState


@dataclass(frozen=True, repr=False, eq=False)
class CreateService(ClusterAction):
    """The target is its name in the engine, the owner its name in the file."""

    name = "create service"

    async def perform(self, run: ClusterRun) -> None:
        definition = run.made_of.of(self.owner or "")
        entry = run.undo.created(self.target)
        with asked(entry), named(f"services.{self.owner}"):
            ident = await certainly(lambda: run.services.create_service(definition), lambda: _there(run, self.target))
        run.made_of.idents["service", self.target] = ident


@dataclass(frozen=True, repr=False, eq=False)
class UpdateService(ClusterAction):
    """former: the service as it was observed. restart: each task is replaced whatever changed. In one call, for two of them may have an
    engine replace the same tasks twice.
    """

    name = "update service"
    former: ServiceState = field(repr=False)
    restart: bool = False

    async def perform(self, run: ClusterRun) -> None:
        definition = run.made_of.of(self.owner or "")
        await _change(
            run, self.former, lambda state: run.services.update_service(state, definition, restart=self.restart), self.owner
        )


@dataclass(frozen=True, repr=False, eq=False)
class ScaleService(ClusterAction):
    """Changes how many tasks there are; none that runs is replaced."""

    name = "scale service"
    former: ServiceState = field(repr=False)
    replicas: int

    async def perform(self, run: ClusterRun) -> None:
        labels = {**run.mark, identity.STOPPED: None}
        await _change(run, self.former, lambda state: run.services.scale_service(state, self.replicas, labels), self.owner)


@dataclass(frozen=True, repr=False, eq=False)
class RestartTasks(ClusterAction):
    """Has every task replaced though nothing changed."""

    name = "restart service"
    former: ServiceState = field(repr=False)

    async def perform(self, run: ClusterRun) -> None:
        async def work() -> None:
            await run.services.restart_service(await run.services.service(self.former.id))

        entry = run.undo.restarted(self.former)
        with asked(entry), named(f"services.{self.owner}"):
            await until_answered(work)


@dataclass(frozen=True, repr=False, eq=False)
class ReplaceService(ClusterAction):
    """Removes a service that cannot become what it shall be: another takes its name. It can be made again."""

    name = "remove service"
    former: ServiceState = field(repr=False)

    async def perform(self, run: ClusterRun) -> None:
        run.undo.removed_service(self.former)
        await until_gone(lambda: run.services.remove_service(self.former.id))


@dataclass(frozen=True, repr=False, eq=False)
class RemoveService(ClusterAction):
    """ident: its id. tasks: how many it has."""

    name = "remove service"
    final = True
    ident: str
    tasks: int = 0

    async def perform(self, run: ClusterRun) -> None:
        await until_gone(lambda: run.services.remove_service(self.ident))


async def _there(run: ClusterRun, name: str) -> str | None:
    """The id of a service that this run has made, where it is there."""
    with suppress(NotFound):
        state = await run.services.service(name)
        if run.mark.items() <= state.labels.items():
            return state.id
    return None


async def _change(
    run: ClusterRun, former: ServiceState, change: Callable[[ServiceState], Awaitable[None]], owner: str | None
) -> None:
    """Changes a service that is still as it was observed, whatever version the engine's bookkeeping gave it since.

    Raises Conflict where somebody else changed it meanwhile.
    """
    entry = run.undo.changed(former)

    async def work() -> bool:
        for attempts_left in reversed(range(TRIES)):
            state = await run.services.service(former.id)
            if dict(state.labels) != dict(former.labels):
                raise Conflict(f"the service {former.name} was changed by somebody else meanwhile", service=owner)
            try:
                await change(state)
                return True
            except Conflict:
                if not attempts_left:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def done() -> bool | None:
        state = await run.services.service(former.id)
        return True if run.mark.items() <= state.labels.items() else None

    with asked(entry), named(f"services.{owner}"):
        try:
            await certainly(work, done)
        except NotFound as error:
            raise Conflict(f"the service {former.name} is gone: {error.message}", service=owner) from error


__all__ = ["CreateService", "RemoveService", "ReplaceService", "RestartTasks", "ScaleService", "UpdateService"]
