"""Runs a plan with all the parallelism that its needs allow. Decides nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.cancellation import one_error, uninterrupted
from perry_ffi.errors import ContainerError, NotFound, ServiceStartupFailed, Timeout
from perry_ffi.runtime.actions.containers import CreateContainer, Delay, Wait
from perry_ffi.runtime.actions.objects import CreateNetwork
from perry_ffi.runtime.plan import Plan, Step
from perry_ffi.runtime.rollout import Skipped

if TYPE_CHECKING:
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.runtime.naming import Naming

Perform = Callable[[Step], Awaitable[None]]
Failure = tuple[Step, ContainerError]

_GATE = 0
"""The number that stands for all those together that others let pass; those of steps begin with 1."""

FINAL_TRIES = 3
FINAL_SECONDS = 120.0


class Execution:
    """One run of one plan.

    perform: does one step, or raises ``Skipped``. parallel: how many engine calls at a time; waits are not counted.
    """

    def __init__(self, plan: Plan, perform: Perform, bus: EventBus, parallel: int) -> None:
        self._plan = plan
        self._perform = perform
        self._bus = bus
        self._naming = plan.naming
        self._slots = anyio.CapacityLimiter(parallel)
        self.committed = False
        """Whether something was removed: from there on the old state cannot come back."""
        self._ended: set[int] = set()
        self._first = _first(plan)
        self._needed: dict[int, set[str]] | None = None
        """Who needs a step, by its number; made when it is first asked for."""

    async def run(self) -> None:
        """Runs the plan: first all that can be undone, then the removals.

        The first failure cancels the other steps and comes out by itself. The removals are not cancelled: what is left
        of the old state by then is half of it.
        """
        self._tell_plan()
        await self._run_all([step for step in self._plan.steps if not step.action.final], self._perform)
        final = [step for step in self._plan.steps if step.action.final]
        if final:
            await uninterrupted(self._remove(final))

    async def _remove(self, steps: list[Step]) -> None:
        failed: list[Failure] = []
        with anyio.move_on_after(FINAL_SECONDS) as scope:
            await self._run_all(steps, self._removed, failed)
        if scope.cancelled_caught:
            self.committed = True
            message = f"what was replaced was not removed within {FINAL_SECONDS:g} s"
            raise Timeout(message, waitedFor="the removals", seconds=FINAL_SECONDS)
        if failed:
            raise failed[0][1]

    async def run_through(self) -> list[Failure]:
        """Runs every step, whatever becomes of those before it; gives those that failed."""
        failed: list[Failure] = []

        async def perform(step: Step) -> None:
            try:
                await self._perform(step)
            except NotFound:
                return

        self._tell_plan()
        await self._run_all(list(self._plan.steps), perform, failed)
        return failed

    def _tell_plan(self) -> None:
        """What will be done: only to who listens closely, for it may be long."""
        if self._bus.is_heard_closely:
            steps = [step.to_dict(self._naming) | _condition(step) for step in self._plan.steps]
            self._bus.tell("plan", **{self._naming.group: self._plan.group}, steps=steps)

    async def _run_all(self, steps: list[Step], perform: Perform, failed: list[Failure] | None = None) -> None:
        """Runs ``steps``, each as soon as what it needs has ended.

        failed: takes what fails, and the others go on; without it the first failure ends all.
        """
        order = _Order(steps, self._first, self._ended)
        with one_error():
            async with anyio.create_task_group() as group:

                async def run(step: Step) -> None:
                    await self._run(step, perform, failed)
                    self._ended.add(step.number)
                    for following in order.ended(step):
                        group.start_soon(run, following)

                for step in order.begin():
                    group.start_soon(run, step)

    async def _run(self, step: Step, perform: Perform, failed: list[Failure] | None) -> None:
        try:
            if isinstance(step.action, Wait):
                await self._told(step, self._waited)
            elif isinstance(step.action, Delay):
                await self._told(step, perform)
            else:
                async with self._slots:
                    await self._told(step, perform)
        except ContainerError as error:
            if failed is None:
                raise
            failed.append((step, error))
            self._bus.tell("warning", message=error.message, **self._naming.details(step.owner))

    async def _told(self, step: Step, perform: Perform) -> None:
        whose = self._naming.details(step.owner)
        row: dict[str, Any] = {
            "step": step.number,
            "action": step.action.name,
            "target": step.target,
            **whose,
            **_condition(step),
        }
        if isinstance(step.action, Wait):
            row["waitedBy"] = self._waiting_for(step) or None
        self._bus.tell("step", state="started", **row)
        try:
            await perform(step)
        except Skipped:
            self._bus.tell("step", state="skipped", **row)
            return
        except ContainerError as error:
            if step.owner is not None:
                error.details.setdefault(self._naming.owner, step.owner)
            self._bus.tell("step", state="failed", error=error.to_dict(), **row)
            raise
        self._bus.tell("step", state="done", **row)

    async def _waited(self, step: Step) -> None:
        """A wait for something that is not required only warns."""
        try:
            await self._perform(step)
        except (ServiceStartupFailed, Timeout) as error:
            if waiting := self._waiting_for(step):
                error.details["waitedBy"] = waiting
            if not isinstance(step.action, Wait) or step.action.required:
                raise
            tell_not_required(self._bus, self._naming, step.owner or "", error)

    def _waiting_for(self, step: Step) -> list[str]:
        """Who needs that step, and is not whose it is."""
        if self._needed is None:
            self._needed = {}
            for other in self._plan.steps:
                for need in other.needs if other.owner else ():
                    self._needed.setdefault(need, set()).add(other.owner or "")
        return sorted(self._needed.get(step.number, set()) - {step.owner})

    async def _removed(self, step: Step) -> None:
        """A removal is tried again: by now the new state stands, and what is gone already is gone."""
        for attempt in range(1, FINAL_TRIES + 1):
            try:
                await self._perform(step)
            except NotFound:
                self.committed = True
                return
            except ContainerError:
                if attempt == FINAL_TRIES:
                    raise
            else:
                self.committed = True
                return


def _condition(step: Step) -> dict[str, str]:
    """Of a wait: until when."""
    return {"condition": step.action.condition} if isinstance(step.action, Wait) else {}


class _Order:
    """Which of some steps may begin. first: those that other creations of containers let pass. ended: what they need not wait for."""

    def __init__(self, steps: list[Step], first: frozenset[int], ended: set[int]) -> None:
        self._steps = {step.number: step for step in steps}
        self._first = set(first & self._steps.keys())
        self._left = dict.fromkeys(self._steps, 0)
        self._followers: dict[int, list[int]] = {}
        """By a step's number: those that it is one of the needs of."""
        for step in steps:
            held_back = isinstance(step.action, CreateContainer) and step.number not in first
            for need in (*step.needs, *([_GATE] if held_back and self._first else ())):
                if need not in ended:
                    self._followers.setdefault(need, []).append(step.number)
                    self._left[step.number] += 1

    def begin(self) -> list[Step]:
        """Those that need nothing."""
        return [step for number, step in self._steps.items() if not self._left[number]]

    def ended(self, step: Step) -> list[Step]:
        """Those that may begin now that ``step`` has ended."""
        free = self._let_go(step.number)
        if step.number in self._first:
            self._first.discard(step.number)
            free += [] if self._first else self._let_go(_GATE)
        return [self._steps[number] for number in sorted(free)]

    def _let_go(self, need: int) -> list[int]:
        free: list[int] = []
        for number in self._followers.pop(need, ()):
            self._left[number] -= 1
            free += [] if self._left[number] else [number]
        return free


def _first(plan: Plan) -> frozenset[int]:
    """The steps that other creations of containers let pass: networks, and the containers that the longest chain begins with.

    An engine makes few things at a time well, and these are what the end waits for. They need nothing themselves.
    """
    length = dict.fromkeys((step.number for step in plan.steps), 1)
    for step in reversed(plan.steps):
        for need in step.needs:
            length[need] = max(length[need], length[step.number] + 1)
    longest = max(length.values(), default=0)
    return frozenset(
        step.number
        for step in plan.steps
        if not step.needs
        and (
            isinstance(step.action, CreateNetwork)
            or (isinstance(step.action, CreateContainer) and length[step.number] == longest)
        )
    )


def tell_not_required(bus: EventBus, naming: Naming, owner: str, error: ServiceStartupFailed | Timeout) -> None:
    """Says that a dependency failed which is not required."""
    bus.tell("warning", message=f"not required, so it goes on: {error.message}", **naming.details(owner))
