"""What the steps of one ``up`` share, and how each is carried out."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perry_ffi.runtime.action import Action, EngineAction

if TYPE_CHECKING:
    from perry_ffi.runtime.plan import Step
    from perry_ffi.runtime.run import Run
    from perry_ffi.stack.specs import ProjectSpecs
    from perry_ffi.stack.translate.files import FileMount


@dataclass(frozen=True)
class ProjectRun:
    """run: what any plan needs. specs: those of the project's parts. mounts: the configs and secrets of each service, with
    their contents. contents: of variables that the project's secrets take. built_beside: the ids of the images that were
    there before any was built.
    """

    run: Run
    specs: ProjectSpecs
    mounts: Mapping[str, list[FileMount]]
    contents: Mapping[str, str] = field(repr=False)
    built_beside: frozenset[str] = frozenset()

    async def perform(self, step: Step) -> None:
        """Does one step. Raises what the backend raises, and ServiceStartupFailed where a wait or hook fails."""
        match step.action:
            case EngineAction() as action:
                await action.perform(self.run)
            case ProjectAction() as action:
                await action.perform(self)
            case action:
                raise TypeError(f"{action.name}: nothing carries it out")


@dataclass(frozen=True, repr=False, eq=False)
class ProjectAction(Action, abc.ABC):
    """One that needs the project beside the engine."""

    @abc.abstractmethod
    async def perform(self, project: ProjectRun) -> None:
        """Does it, as ``EngineAction.perform`` does."""
