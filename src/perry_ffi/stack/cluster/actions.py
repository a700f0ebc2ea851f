"""Steps of a plan on an engine that keeps services."""

from __future__ import annotations

import abc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import Conflict, ContainerError, NotFound, one_line
from perry_ffi.runtime.action import Action, EngineAction
from perry_ffi.runtime.actions.containers import Wait
from perry_ffi.stack import identity
from perry_ffi.stack.check import named
from perry_ffi.stack.cluster.undo import asked
from perry_ffi.stack.cluster.watch import TRIES, certainly, until_answered, until_gone
from perry_ffi.stack.project_run import ProjectAction

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceState
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.runtime.plan import Step
    from perry_ffi.runtime.run import Run
    from perry_ffi.stack.cluster.definitions import Definitions
    from perry_ffi.stack.cluster.files import ClusterFile
    from perry_ffi.stack.cluster.undo import ClusterUndo
    from perry_ffi.stack.cluster.waiting import ServiceReadiness
    from perry_ffi.stack.project_run import ProjectRun
    from perry_ffi.stack.verify import Demand

BUSY_SECONDS = 20.0
"""How long something may still be on what is removed."""
PAUSE_SECONDS = 0.25


@dataclass(frozen=True)
class ClusterRun:
    """What the steps of one run share. project: for the building of images; ``None`` where none is built. readiness: of services, by
    their names in the file.
    """

    run: Run
    services: Services
    undo: ClusterUndo
    definitions: Definitions | None = None
    readiness: ServiceReadiness | None = None
    project: ProjectRun | None = None

    async def perform(self, step: Step) -> None:
        """Does one step. Raises what the engine raises, and ServiceStartupFailed where a wait fails."""
        match step.action:
            case ClusterAction() as action:
                await action.perform(self)
            case Wait(containers=services, condition=condition):
                assert self.readiness is not None, "a plan that waits is run with readiness"
                for service in services:
                    await self.readiness.until(service, condition, self.run.wait_timeout)
            case EngineAction() as action:
                await action.perform(self.run)
            case ProjectAction() as action:
                assert self.project is not None, "a plan that builds is run with a project"
                await action.perform(self.project)
            case action:
                raise TypeError(f"{action.name}: nothing carries it out")

    @property
    def made_of(self) -> Definitions:
        assert self.definitions is not None, "a plan that makes services is run with their definitions"
        return self.definitions

    @property
    def mark(self) -> dict[str, str]:
        """The label of everything that this run makes."""
        return {identity.TRANSACTION: self.undo.transaction}


@dataclass(frozen=True, repr=False, eq=False)
class ClusterAction(Action, abc.ABC):
    """One that needs an engine that keeps services."""

    @abc.abstractmethod
    async def perform(self, run: ClusterRun) -> None:
        """Does it, as ``EngineAction.perform`` does."""


# -- images -----------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False, eq=False)
class PushImage(EngineAction):
    """Sends an image that was built here to its registry, where every node finds it. It stays there if the ``up`` is put back."""

    name = "push image"

    async def perform(self, run: Run) -> None:
        from perry_ffi.model.image import PushOptions
        from perry_ffi.runtime.progress import ProgressEvents

        progress = ProgressEvents(run.bus, "push", self.target, self.owner, run.naming)
        await run.backend.push_image(self.target, PushOptions(), progress)


@dataclass(frozen=True, repr=False, eq=False)
class VerifyResolved(ClusterAction):
    """Verifies what an image's reference stands for now: the tasks are made from that digest."""

    name = "verify image"
    changes = False
    demand: Demand = field(repr=False)

    async def perform(self, run: ClusterRun) -> None:
        from perry_ffi.stack.verify import at_service, tell_verified
        from perry_ffi.trust.admit import look

        made_of, owner = run.made_of, self.owner or ""
        found = made_of.images.get(self.target)
        details = await look(run.run.backend, self.target) if found is None or found.local else None
        reference = self.target if found is None or found.local else found.reference
        try:
            admitted = await self.demand.in_force.admit(reference, details)
        except ContainerError as error:
            raise at_service(error, owner) from None
        made_of.demands.admitted[self.target] = admitted
        if (told := admitted.verification) is not None:
            tell_verified(run.run.bus, self.target, told, run.run.naming.details(owner))


# -- networks, configs, secrets ---------------------------------------------------------------------


@dataclass(frozen=True, repr=False, eq=False)
class CreateClusterNetwork(ClusterAction):
    """key: in the file. known_as: its name by the file; the target is another one where an old network has that."""

    name = "create network"
    key: str
    known_as: str

    async def perform(self, run: ClusterRun) -> None:
        spec = run.made_of.network(self.key)
        entry = run.undo.made("network", self.target)
        with asked(entry), named(f"networks.{self.key}"):
            ident = await certainly(
                lambda: run.services.create_network(self.target, spec), lambda: _made(run, "network", self.target)
            )
        run.made_of.idents["network", self.known_as] = ident


@dataclass(frozen=True, repr=False, eq=False)
class CreateFile(ClusterAction):
    """Makes a config or secret. Its content stands in no plan."""

    file: ClusterFile = field(repr=False)

    @property
    def kind(self) -> str:
        return self.file.kind

    async def perform(self, run: ClusterRun) -> None:
        file, content = self.file, self.file.content
        assert content is not None, "what is external is not made"
        labels = run.made_of.file_labels(file)
        entry = run.undo.made(file.kind, file.name)
        with asked(entry):
            ident = await certainly(
                lambda: run.services.create_file(file.kind, file.name, content, labels),
                lambda: _made(run, file.kind, file.name),
            )
        run.made_of.idents[file.kind, file.name] = ident


class CreateConfig(CreateFile):
    name = "create config"


class CreateSecret(CreateFile):
    name = "create secret"


async def _made(run: ClusterRun, kind: str, name: str) -> str | None:
    """The id of what this run has made, where it is there."""
    return next((row.id for row in await run.services.objects(kind, run.mark) if row.name == name), None)


# -- services ---------------------------------------------------------------------------------------


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
    """former: the service as it was observed."""

    name = "update service"
    former: ServiceState = field(repr=False)

    async def perform(self, run: ClusterRun) -> None:
        definition = run.made_of.of(self.owner or "")
        await _change(run, self.former, lambda state: run.services.update_service(state, definition), self.owner)


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


@dataclass(frozen=True, repr=False, eq=False)
class RemoveObject(ClusterAction):
    """Removes a network, config or secret; tasks that are ending may be on it for a moment longer.

    lenient: what somebody else uses stays, which is told: the next ``up`` tries again.
    """

    final = True
    ident: str
    kind: str = "network"
    lenient: bool = False

    async def perform(self, run: ClusterRun) -> None:
        bound = anyio.current_time() + BUSY_SECONDS
        while True:
            try:
                await until_answered(lambda: run.services.remove_object(self.kind, self.ident))
                return
            except Conflict as error:
                if anyio.current_time() > bound:
                    if not self.lenient:
                        raise
                    run.run.bus.tell("warning", message=one_line(f"{self.kind} {self.target} stays: {error.message}"))
                    return
            await anyio.sleep(PAUSE_SECONDS)


class RemoveClusterNetwork(RemoveObject):
    name = "remove network"


class RemoveConfig(RemoveObject):
    name = "remove config"


class RemoveSecret(RemoveObject):
    name = "remove secret"


REMOVALS: dict[str, type[RemoveObject]] = {
    "network": RemoveClusterNetwork,
    "config": RemoveConfig,
    "secret": RemoveSecret,
}


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


__all__ = [
    "REMOVALS", "ClusterAction", "ClusterRun", "CreateClusterNetwork", "CreateConfig", "CreateFile", "CreateSecret", "CreateService",
    "PushImage", "RemoveObject", "RemoveService", "ReplaceService", "RestartTasks", "ScaleService", "UpdateService", "VerifyResolved",
]  # fmt: skip
