"""The steps of a plan that stop containers, each once, with what an undoing has to know to start them again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from perry_ffi.runtime.action import Inside
from perry_ffi.runtime.actions.containers import StopContainer
from perry_ffi.runtime.plan import PlanBuilder
from perry_ffi.stack.containers.departures import Going
from perry_ffi.stack.containers.network_remaking import Outgoing, users
from perry_ffi.stack.containers.overlap import too_early
from perry_ffi.stack.desired import Desired
from perry_ffi.stack.observed import Observed, Replica


class StopSteps:
    """Adds them.

    timeout: seconds until a container is killed; ``None``: its own. going: what will be gone in the end. outgoing: the networks that
    go. stopped: the steps that are there already, by the containers' ids. serving: the containers, by id, that stop when their
    successors serve, and not before.
    """

    def __init__(
        self,
        builder: PlanBuilder,
        desired: Desired,
        observed: Observed,
        timeout: float | None,
        going: Going,
        outgoing: Mapping[str, Outgoing],
        stopped: Mapping[str, int],
        serving: Iterable[str],
    ) -> None:
        self._builder = builder
        self._observed = observed
        self._timeout = timeout
        self._going = going
        self._outgoing = outgoing
        self._steps = dict(stopped)
        self._serving = set(serving)
        self._ranks = {name: rank for rank, name in enumerate(desired.services, 1)}

    def __contains__(self, ident: str) -> bool:
        """Whether there is a step that stops the container."""
        return ident in self._steps

    def succeeded(self, row: Replica) -> None:
        """From now on its successor serves, and it may stop."""
        self._serving.discard(row.id)

    def add(self, row: Replica, cause: str, needs: list[int] | None = None, *, beside: bool = False) -> int | None:
        """Stops a container, and before it those that are in its namespaces and go too: a run of theirs ends with its own. None where it
        does not run.

        beside: its successor runs. Raises Conflict where it would stop before that.
        """
        if not row.running:
            return None
        if row.id in self._serving:
            raise too_early(row)
        for one, why in self._going.ending_with((row, cause), self._steps):
            self._steps[one.id] = self._add(one, why, needs or [], beside and one is row)
        return self._steps[row.id]

    def _add(self, row: Replica, cause: str, needs: list[int], beside: bool) -> int:
        inside = [self._steps.get(other.id) for other, _ in self._going.inside(row.id)]
        stop = StopContainer(
            row.name, row.service, row.id, self._timeout, paused=self._paused(row), rank=self.rank(row),
            inside=self.inside(row), leaves=tuple(one.network.name for one in users(self._outgoing, row)), beside=beside,
        )  # fmt: skip
        return self._builder.add(stop, cause, [*needs, *inside])

    def inside(self, row: Replica) -> tuple[Inside, ...]:
        """Those that stay and run in the namespaces of ``row``, and in theirs: an undoing that starts it starts them too."""
        found: dict[Inside, None] = {}
        todo = [row.id]
        while todo:
            owner = todo.pop()
            for other in self._observed.index.inside(owner):
                if other.running and other.service in self._ranks and not other.one_off and other.id not in self._going.ids:
                    inside = Inside(other.id, other.name, owner, self._paused(other), self.rank(other))
                    todo += [] if inside in found else [other.id]
                    found[inside] = None
        return tuple(found)

    def rank(self, row: Replica) -> int:
        """The place of its service among those that an undoing would start again."""
        return self._ranks.get(row.service, 0)

    def _paused(self, row: Replica) -> bool:
        """Whether an undoing has to freeze it again."""
        return self._observed.abilities.pause and row.status == "paused"
