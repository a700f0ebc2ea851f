"""Containers that go before their successors are created, on an engine that can rename none. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from perry_ffi.runtime.actions.replacement import RemoveForSuccessor, RemoveItsVolumes
from perry_ffi.runtime.plan import PlanBuilder
from perry_ffi.stack.containers.departures import Going
from perry_ffi.stack.observed import Replica

NO_RENAMING = "this engine cannot rename it"
"""Why they go so early."""


Stop = Callable[[Replica, str, list[int]], "int | None"]


class EarlyRemovals:
    """Adds the steps that remove them. stop: adds the step that stops a container, if it runs, and gives it."""

    def __init__(self, builder: PlanBuilder, going: Going, stop: Stop) -> None:
        self._builder = builder
        self._going = going
        self._stop = stop
        self._heirs: dict[str, str] = {}
        self.steps: dict[str, int] = {}
        """By the containers' ids."""

    def add(self, row: Replica, cause: str, needs: list[int]) -> int:
        """Stops and removes a container once, and before it those that are in its namespaces and go too."""
        for one, why in self._going.ending_with((row, cause), self.steps, running=False):
            inside = [self.steps[other.id] for other, _ in self._going.inside(one.id) if other.id in self.steps]
            stopped = self._stop(one, why, needs)
            after = [*(needs if stopped is None else [stopped]), *inside]
            reason = NO_RENAMING if one is row else f"it is in the namespaces of {row.name}"
            action = RemoveForSuccessor(one.name, one.service, one.id)
            self.steps[one.id] = self._builder.add(action, f"{why}, and {reason}", after)
        return self.steps[row.id]

    def succeeded_by(self, row: Replica, name: str) -> None:
        """Notes that the container ``name`` takes the place of one that is removed."""
        self._heirs[row.id] = name

    def add_volumes(self, rows: Iterable[Replica]) -> None:
        """Has their anonymous volumes go, as far as their successors do not have them."""
        for row in rows if self.steps else ():
            if removed := self.steps.get(row.id):
                action = RemoveItsVolumes(row.name, row.service, row.id, self._heirs.get(row.id))
                self._builder.add(action, "it was removed", [removed])
