"""The plan: single engine calls in a DAG, each with its cause. Data that prints; nothing here decides or acts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What a step does. Each is one engine call, but where the name says otherwise."""

    PULL_IMAGE = "pull image"
    BUILD_IMAGE = "build image"
    REMOVE_DUPLICATE = "remove duplicate"
    REMOVE_OLD_NETWORK = "remove old network"
    CREATE_NETWORK = "create network"
    CREATE_VOLUME = "create volume"
    CREATE_CONTAINER = "create container"
    COPY_FILES = "copy files"
    RENAME_CONTAINER = "rename container"
    STOP_CONTAINER = "stop container"
    DISCONNECT_CONTAINER = "disconnect container"
    START_CONTAINER = "start container"
    UNPAUSE_CONTAINER = "unpause container"
    RESTART_CONTAINER = "restart container"
    RUN_HOOK = "run hook"
    WAIT = "wait"
    REMOVE_CONTAINER = "remove container"
    REMOVE_NETWORK = "remove network"
    REMOVE_VOLUME = "remove volume"
    REMOVE_IMAGE = "remove image"


FINAL = frozenset((Action.REMOVE_CONTAINER, Action.REMOVE_NETWORK, Action.REMOVE_VOLUME, Action.REMOVE_IMAGE))
"""Actions that nothing can undo: in the plan of an ``up`` they come after everything else has succeeded."""


@dataclass(frozen=True)
class Step:
    """One step.

    number: its place, from 1. target: what it acts on, by name. cause: why. needs: the numbers of the steps that
    must have ended before. service: whose it is, if any. arguments: what the executor needs; never printed.
    """

    number: int
    action: Action
    target: str
    cause: str
    needs: tuple[int, ...] = ()
    service: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        row = {"step": self.number, "action": self.action.value, "target": self.target, "cause": self.cause}
        return {**row, "service": self.service, "after": list(self.needs)}


@dataclass(frozen=True, repr=False)
class Plan:
    """The steps in an order that satisfies their needs, and what was noticed but is left as it is."""

    project: str
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.steps

    def __repr__(self) -> str:
        return f"<Plan of {self.project!r}: {len(self.steps)} steps>"

    def to_dict(self) -> dict[str, Any]:
        steps = [step.to_dict() for step in self.steps]
        return {"project": self.project, "steps": steps, "notes": list(self.notes)}

    def text(self, spell: Callable[[str], str] = str) -> str:
        """The plan as an aligned table, one line a step, then the notes. spell: how a note is spelled."""
        rows = [(str(s.number), s.action.value, s.target, s.cause, _after(s.needs)) for s in self.steps]
        widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
        lines = [
            f"{row[0]:>{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]:<{widths[3]}}{row[4]}".rstrip()
            for row in rows
        ] or ["nothing to do"]
        return "\n".join([*lines, *(f"note: {spell(note)}" for note in self.notes)]) + "\n"


def _after(needs: tuple[int, ...]) -> str:
    return "  after " + " ".join(map(str, needs)) if needs else ""


class PlanBuilder:
    """Collects steps; each gets the next number. after: how many came before, in a plan that this one goes on."""

    def __init__(self, project: str, after: int = 0) -> None:
        self._project = project
        self._after = after
        self._steps: list[Step] = []
        self._notes: dict[str, None] = {}

    def add(
        self,
        action: Action,
        target: str,
        cause: str,
        needs: Iterable[int | None] = (),
        service: str | None = None,
        **arguments: Any,
    ) -> int:
        """Adds a step and gives its number. ``None`` among the needs is nothing to wait for."""
        number = self._after + len(self._steps) + 1
        wanted = tuple(sorted({need for need in needs if need is not None}))
        self._steps.append(Step(number, action, target, cause, wanted, service, arguments))
        return number

    def note(self, text: str) -> None:
        """Something that was noticed and is left as it is."""
        self._notes[text] = None

    def build(self) -> Plan:
        return Plan(self._project, tuple(self._steps), tuple(self._notes))
