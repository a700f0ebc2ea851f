"""Steps of a plan on an engine that keeps services: what they share, and how one is done."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.runtime.action import Action, EngineAction
from perry_ffi.runtime.actions.containers import Wait
from perry_ffi.stack import identity
from perry_ffi.stack.project_run import ProjectAction

if TYPE_CHECKING:
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.runtime.plan import Step
    from perry_ffi.runtime.run import Run
    from perry_ffi.stack.cluster.definitions import Definitions
    from perry_ffi.stack.cluster.undo import ClusterUndo
    from perry_ffi.stack.cluster.waiting import ServiceReadiness
    from perry_ffi.stack.project_run import ProjectRun


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


__all__ = ["ClusterAction", "ClusterRun"]
