"""The steps that replace the containers of a service some at a time, each when the ones before are ready. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from perry_ffi.runtime.action import Action
from perry_ffi.runtime.actions.containers import Delay, Wait
from perry_ffi.runtime.actions.objects import RemoveVolume
from perry_ffi.runtime.plan import Plan, PlanBuilder
from perry_ffi.runtime.rollout import Rollout, Turn
from perry_ffi.stack.containers.divergence import Place
from perry_ffi.stack.containers.steps.hooks import RunInitHook
from perry_ffi.stack.containers.steps.removal import RemoveReplica
from perry_ffi.stack.desired import Service
from perry_ffi.stack.rollout_policy import RolloutPolicy

Begin = Callable[[Service, Place, list[int]], list[int]]
"""Adds the steps of one replacement after others, and gives those after which the successor runs."""
Retire = Callable[[Service, Place, list[int]], list[int]]
"""Adds the steps by which the predecessor stops after others, and gives them."""


@dataclass(frozen=True)
class _Draft:
    """A turn without what comes at the end of the plan. ident: of the predecessor."""

    turn: Turn
    ident: str


class RollingSteps:
    """Adds them, and keeps which of them may fail by themselves."""

    def __init__(self, builder: PlanBuilder, project: str) -> None:
        self._builder = builder
        self._project = project
        self._drafts: list[tuple[Service, RolloutPolicy, list[_Draft], set[int]]] = []

    def add(self, service: Service, policy: RolloutPolicy, places: list[Place], begin: Begin, retire: Retire) -> list[int]:
        """Replaces what is at ``places``; gives the steps after which all successors run, or are ready."""
        steps: list[int] = []
        gate: list[int] = []
        drafts: list[_Draft] = []
        pauses: set[int] = set()
        groups = list(_batches(places, policy.at_once))
        for number, group in enumerate(groups, 1):
            last = number == len(groups)
            ended: list[int] = []
            for place in group:
                if place.beside:
                    ready, gone, draft = self._beside(service, policy, place, gate, begin, retire)
                    drafts.append(draft)
                    ended += gone or [ready]
                    steps.append(ready)
                else:
                    began = begin(service, place, gate)
                    # Nobody waits for the last ones, as ever, unless it is said how long they are to be watched.
                    ended += began if last and not policy.monitor else [self._ready(service, policy, place, began)]
                    steps += began
            gate = ended
            if policy.delay and not last:
                gate = [self._builder.add(Delay(_text(policy.delay), service.name, policy.delay), "update_config.delay", ended)]
                pauses.update(gate)
        self._drafts.append((service, policy, drafts, pauses))
        return steps

    def _beside(
        self, service: Service, policy: RolloutPolicy, place: Place, gate: list[int], begin: Begin, retire: Retire
    ) -> tuple[int, list[int], _Draft]:
        assert place.row is not None
        before = self._builder.next
        ready = self._ready(service, policy, place, begin(service, place, gate))
        name = service.name_of(self._project, place.number)
        begins = frozenset(
            step.number for step in self._builder.since(before) if _is_its_own(step.action, name) or step.number == ready
        )
        gone = retire(service, place, [ready])
        return ready, gone, _Draft(Turn(name, place.row.name, begins, frozenset(gone)), place.row.id)

    def _ready(self, service: Service, policy: RolloutPolicy, place: Place, after: list[int]) -> int:
        assert place.row is not None
        name = service.name_of(self._project, place.number)
        wait = Wait(f"{name} serving", service.name, (name,), "serving", run_for=policy.monitor)
        cause = f"before {place.row.name} stops" if place.beside else "before the next ones"
        return self._builder.add(wait, cause, after)

    def of(self, plan: Plan) -> tuple[Rollout, ...]:
        """What of the whole ``plan`` may fail by itself."""
        removed: dict[str, set[int]] = {}
        for step in plan.steps:
            if isinstance(step.action, RemoveReplica):
                removed[step.action.ident] = {step.number}
            elif isinstance(step.action, RemoveVolume) and step.action.anonymous:
                for steps in removed.values():
                    steps.update([step.number] if steps.intersection(step.needs) else [])
        found = []
        for service, policy, drafts, pauses in self._drafts:
            turns = [replace(draft.turn, ends=draft.turn.ends | removed.get(draft.ident, set())) for draft in drafts]
            if turns:
                found.append(Rollout(service.name, tuple(turns), policy.failure, policy.tolerated, frozenset(pauses)))
        return tuple(found)


def _is_its_own(action: Action, name: str) -> bool:
    """Whether it is about the container ``name`` alone: a hook that runs once for the service is not."""
    if isinstance(action, RunInitHook) and not action.hook.per_replica:
        return False
    return action.target == name


def _batches(places: Iterable[Place], size: int | None) -> Iterator[list[Place]]:
    rest = iter(places)
    while batch := list(islice(rest, size)):
        yield batch


def _text(seconds: float) -> str:
    return f"{seconds:g} s"
