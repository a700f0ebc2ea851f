"""Where the time of an ``up`` went: the chain of steps that the end waited for, and what else took long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from perry_ffi.cli.terminal import plain, say, shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping, Sequence

    from perry_ffi.cli.screen import Screen
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.runtime.plan import Plan

SLACK = 0.02
"""Seconds between a step and the one that it waited for."""
SHOWN = 5
"""Of the steps beside the chain."""
LEAST = 0.05
"""Seconds below which a step beside the chain is not worth a line."""


class Spent(NamedTuple):
    """A step, and when it was under way: seconds since 1970."""

    number: int
    action: str
    target: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class Timing:
    """Listens to a bus, in the running loop, until it is asked."""

    def __init__(self, bus: EventBus) -> None:
        import asyncio

        self._records = bus.subscribe()
        self._began: dict[int, float] = {}
        self._steps: dict[int, Spent] = {}
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while (batch := await self._records.next()) is not None:
            for record in batch:
                if record["kind"] == "step":
                    self._note(record)

    def _note(self, record: Mapping[str, Any]) -> None:
        """One number may come again where it is planned anew: the last one counts."""
        number, time = record["step"], record["time"]
        if record["state"] == "started":
            self._began[number] = time
        elif number in self._began:
            self._steps[number] = Spent(number, record["action"], record["target"], self._began.pop(number), time)

    async def steps(self) -> list[Spent]:
        """All that have ended, in the order of their numbers; nothing is heard any more."""
        self._records.end()
        await self._task
        await self._records.aclose()
        return [self._steps[number] for number in sorted(self._steps)]


async def timed(bus: EventBus, screen: Screen, project: str, work: Awaitable[Plan]) -> Plan:
    """What ``work`` does; where the time went is told when it is over, also where it fails."""
    timing, plan = Timing(bus), None
    try:
        plan = await work
        return plan
    finally:
        tell(screen, project, await timing.steps(), plan)


def critical(steps: Sequence[Spent], needs: Mapping[int, Iterable[int]]) -> list[Spent]:
    """The chain that the end waited for, first step first. needs: the numbers of those that a step had to wait for.

    Steps also wait for what they do not name: images come before everything else, and an engine does few things at a time. So a step
    without needs follows the one that ended last before it began.
    """
    by_number = {step.number: step for step in steps}
    chain: list[Spent] = []
    step = max(steps, key=lambda one: one.ended, default=None)
    while step is not None:
        chain.append(step)
        began, known = step.began, {one.number for one in chain}
        named = [by_number[number] for number in needs.get(step.number, ()) if number in by_number]
        before = [one for one in named or steps if one.ended <= began + SLACK and one.number not in known]
        step = max(before, key=lambda one: one.ended, default=None)
    return chain[::-1]


def lines(project: str, steps: Sequence[Spent], needs: Mapping[int, Iterable[int]]) -> list[str]:
    """The summary as a person reads it."""
    if not steps:
        return [f"{project}: no step took time"]
    chain = critical(steps, needs)
    whole = max(one.ended for one in steps) - min(one.began for one in steps)
    named = {one.number for one in chain}
    beside = sorted((one for one in steps if one.number not in named and one.seconds >= LEAST), key=lambda one: -one.seconds)
    told = [f"{project}: {len(steps)} steps in {whole:.1f} s. What the end waited for:"]
    told += [_line(one, whole) for one in chain]
    if (between := whole - sum(one.seconds for one in chain)) >= LEAST:
        told.append(f"  {between:7.1f} s  {_share(between, whole)}  between these")
    if beside:
        told.append("Beside it, and nothing waited for it:")
        told += [_line(one, whole) for one in beside[:SHOWN]]
        told += [f"  and {len(beside) - SHOWN} more"] if len(beside) > SHOWN else []
    return told


def _line(one: Spent, whole: float) -> str:
    return f"  {one.seconds:7.1f} s  {_share(one.seconds, whole)}  {one.action} {one.target}"


def _share(seconds: float, whole: float) -> str:
    return f"{100 * seconds / whole if whole > 0 else 0:3.0f} %"


def tell(screen: Screen, project: str, steps: Sequence[Spent], plan: Plan | None) -> None:
    """On standard error, in the form of the progress. plan: what was done; None where it failed."""
    needs = {step.number: step.needs for step in plan.steps} if plan is not None else {}
    if screen.progress != "json":
        for line in lines(project, steps, needs):
            say(plain(line))
        return
    import json

    chain = {one.number for one in critical(steps, needs)}
    rows = [
        {"step": one.number, "action": one.action, "target": one.target, "began": round(one.began, 3), "seconds": round(one.seconds, 3),
         "critical": one.number in chain}
        for one in steps
    ]  # fmt: skip
    told = {"level": "info", "msg": lines(project, steps, needs)[0], "kind": "timing", "project": project, "steps": rows}
    shown(json.dumps(told, ensure_ascii=False, separators=(",", ":")))
