"""Parts of a plan that may fail by themselves: containers that take the places of others, turn by turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError, NotFound, ServiceStartupFailed, Timeout
from perry_ffi.runtime.actions.containers import Wait

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.runtime.naming import Naming
    from perry_ffi.runtime.plan import Step

Perform = Callable[["Step"], Awaitable[None]]


class Skipped(Exception):
    """A step that is left out, for what it would have followed from did not come about."""


@dataclass(frozen=True)
class Turn:
    """One container that takes another's place. successor, predecessor: their names.

    begins: the numbers of the steps up to its readiness. ends: of those by which the predecessor goes.
    """

    successor: str
    predecessor: str
    begins: frozenset[int]
    ends: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Rollout:
    """The turns of one owner, in their order.

    failure: what becomes of the plan when more than the part ``tolerated`` of them has failed: ``rollback`` ends it, ``pause``
    begins no other turn, ``continue`` goes on with them. pauses: the numbers of the steps between turns.
    """

    owner: str
    turns: tuple[Turn, ...]
    failure: str = "rollback"
    tolerated: float = 0.0
    pauses: frozenset[int] = frozenset()


@dataclass
class _State:
    rollout: Rollout
    begun: set[str] = field(default_factory=set)
    failed: dict[str, ContainerError] = field(default_factory=dict)
    paused: bool = False

    @property
    def exceeded(self) -> bool:
        """Whether more has failed than may."""
        return len(self.failed) / len(self.rollout.turns) > self.rollout.tolerated

    def left_out(self) -> list[Turn]:
        """The turns whose predecessors go on."""
        return [
            turn
            for turn in self.rollout.turns
            if turn.successor in self.failed or (self.paused and turn.successor not in self.begun)
        ]


class Rollouts:
    """Carries steps out, and settles turns that fail: the successor goes, its predecessor goes on as if nothing had been.

    perform: does one step.
    """

    def __init__(self, rollouts: Iterable[Rollout], perform: Perform, backend: Backend, bus: EventBus, naming: Naming) -> None:
        self._perform = perform
        self._backend = backend
        self._bus = bus
        self._naming = naming
        self._states = [_State(rollout) for rollout in rollouts]
        self._of: dict[int, tuple[_State, Turn]] = {}
        self._pauses: dict[int, _State] = {}
        for state in self._states:
            self._pauses.update(dict.fromkeys(state.rollout.pauses, state))
            for turn in state.rollout.turns:
                self._of.update(dict.fromkeys(turn.begins | turn.ends, (state, turn)))

    async def perform(self, step: Step) -> None:
        """Does one step. Raises ``Skipped`` where it is of a turn that failed or never begins, and else what the step raises."""
        if (pausing := self._pauses.get(step.number)) and pausing.paused:
            raise Skipped
        if step.number not in self._of:
            return await self._perform(self._as_now(step))
        state, turn = self._of[step.number]
        if turn.successor in state.failed or (state.paused and turn.successor not in state.begun):
            raise Skipped
        state.begun.add(turn.successor)
        try:
            await self._perform(step)
        except (ServiceStartupFailed, Timeout) as error:
            state.failed[turn.successor] = error
            if step.number in turn.ends or (state.exceeded and state.rollout.failure == "rollback"):
                raise
            await self._settle(state, turn, error)
            raise Skipped from error

    async def _settle(self, state: _State, turn: Turn, error: ContainerError) -> None:
        state.paused = state.paused or (state.exceeded and state.rollout.failure == "pause")
        with suppress(NotFound):
            # Whoever asks for either may be asking this one.
            await self._backend.stop_container(turn.successor, None)
            await self._backend.remove_container(turn.successor, force=True)
        message = f"{turn.predecessor} goes on in the place of {turn.successor}: {error.message}"
        self._bus.tell("warning", message=message, **self._naming.details(state.rollout.owner))

    def _as_now(self, step: Step) -> Step:
        """Who waits for a container that did not come to be waits for the one that goes on."""
        if not isinstance(step.action, Wait):
            return step
        names = {turn.successor: turn.predecessor for state in self._states for turn in state.left_out()}
        if names.keys().isdisjoint(step.action.containers):
            return step
        containers = tuple(names.get(name, name) for name in step.action.containers)
        return replace(step, action=replace(step.action, containers=containers))

    @property
    def failure(self) -> ContainerError | None:
        """What failed beyond what may: an error whose details tell which containers go on in whose places."""
        states = [state for state in self._states if state.failed and state.exceeded]
        if not states:
            return None
        error = next(iter(states[0].failed.values()))
        error.details["rolledBack"] = False
        error.details["rollouts"] = [self._told(state) for state in states]
        return error

    def _told(self, state: _State) -> dict[str, object]:
        left = {turn.successor: turn.predecessor for turn in state.left_out()}
        done = [turn.successor for turn in state.rollout.turns if turn.successor not in left]
        action = {"failureAction": state.rollout.failure, "replaced": done, "goOn": list(left.values())}
        return {**self._naming.details(state.rollout.owner), **action}


__all__ = ["Rollout", "Rollouts", "Skipped", "Turn"]
