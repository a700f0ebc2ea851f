"""The plan: actions in a DAG, each with its cause. Data that prints; nothing here decides or acts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perry_ffi.runtime.action import Action
    from perry_ffi.runtime.naming import Naming
    from perry_ffi.runtime.rollout import Rollout


@dataclass(frozen=True)
class Step:
    """One step. number: its place, from 1. cause: why. needs: the numbers of the steps that must have ended before."""

    number: int
    action: Action
    cause: str
    needs: tuple[int, ...] = ()

    @property
    def target(self) -> str:
        """What it acts on, by name."""
        return self.action.target

    @property
    def owner(self) -> str | None:
        """Whose it is, if anybody's."""
        return self.action.owner

    def to_dict(self, naming: Naming) -> dict[str, Any]:
        row = {"step": self.number, "action": self.action.name, "target": self.target, "cause": self.cause}
        return {**row, **naming.details(self.owner), "after": list(self.needs)}


@dataclass(frozen=True, repr=False)
class Plan:
    """The steps in an order that satisfies their needs, and what was noticed but is left as it is.

    group: the name of the whole that the plan is of. naming: the words in which it names that, and whose a step is. rollouts: the
    parts that may fail by themselves.
    """

    group: str
    naming: Naming
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    rollouts: tuple[Rollout, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.steps

    @property
    def idle(self) -> bool:
        """Whether it changes nothing: there is nothing to do, or only something to look at."""
        return not any(step.action.changes for step in self.steps)

    def __repr__(self) -> str:
        return f"<Plan of {self.group!r}: {len(self.steps)} steps>"

    def to_dict(self) -> dict[str, Any]:
        steps = [step.to_dict(self.naming) for step in self.steps]
        return {self.naming.group: self.group, "steps": steps, "notes": list(self.notes)}

    def text(self, spell: Callable[[str], str] = str) -> str:
        """The plan as an aligned table, one line a step, then the notes. spell: how a note is spelled."""
        rows = [(str(s.number), s.action.name, s.target, s.cause, _after(s.needs)) for s in self.steps]
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

    def __init__(self, group: str, naming: Naming, after: int = 0) -> None:
        self._group = group
        self._naming = naming
        self._after = after
        self._steps: list[Step] = []
        self._notes: dict[str, None] = {}

    def add(self, action: Action, cause: str, needs: Iterable[int | None] = ()) -> int:
        """Adds a step and gives its number. ``None`` among the needs is nothing to wait for."""
        number = self.next
        wanted = tuple(sorted({need for need in needs if need is not None}))
        self._steps.append(Step(number, action, cause, wanted))
        return number

    @property
    def next(self) -> int:
        """The number that the next step gets."""
        return self._after + len(self._steps) + 1

    def since(self, number: int) -> list[Step]:
        """The steps from ``number`` on."""
        return self._steps[number - self._after - 1 :]

    def note(self, text: str) -> None:
        """Something that was noticed and is left as it is."""
        self._notes[text] = None

    def build(self) -> Plan:
        return Plan(self._group, self._naming, tuple(self._steps), tuple(self._notes))
