"""Each call by which an ``up`` changes a swarm made to fail in turn: the swarm has what it had before, or all that is wanted.

A proxy stands before the manager. Calls are lost, or carried out without an answer, or refused in words in which a swarm's managers
refuse.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from perry_ffi.compose import Project
from perry_ffi.errors import ContainerError
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.up import plan, up
from tests.engines.swarm.lab import Lab, until
from tests.live.proxy import Mode, Proxy
from tests.swarm.small import NAME, held, run_once, small, tapped

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]
CHANGES = "^(POST|DELETE) "


class Way(NamedTuple):
    """How a call fails. passes: the library finds out what became of it, and goes on. text: what the managers say."""

    mode: Mode
    passes: bool
    text: str = ""


LOST = Way("lost", True)
UNANSWERED = Way("unanswered", True)
REFUSED = Way("refused", False, "rpc error: code = Unknown desc = made to fail")
LEADERLESS = Way("refused", True, "rpc error: code = Unknown desc = node lost leader status")
STALE = Way("refused", False, "rpc error: code = Unknown desc = update out of sequence")


WAYS = (UNANSWERED, REFUSED, LOST, STALE, LEADERLESS)


@pytest.fixture
async def before(lab: Lab, tmp_path: Path) -> AsyncIterator[tuple[StackContext, Proxy]]:
    async with tapped(lab, tmp_path) as found:
        yield found


async def gone(lab: Lab, context: StackContext) -> None:
    report = await down(context, NAME, None, Down())
    assert report.errors == []
    nothing_left(lab, "after down")


def nothing_left(lab: Lab, where: str) -> None:
    """Containers that ended go a moment after their tasks."""
    until(lambda: not lab.leftovers(NAME), f"{where}: no node has anything left")


async def attempt(lab: Lab, context: StackContext, tap: Proxy, wanted: Project, number: int, way: Way) -> bool:
    """An ``up`` with one failing change: True if it did all the same what was wanted, False if everything is as it was."""
    was = held(lab)
    tap.arm(number, way.mode, among=CHANGES, text=way.text)
    where = f"change {number}, {way}"
    try:
        await up(context, wanted, Up())
    except ContainerError as error:
        where = f"{where}: {tap.hit}: {error.to_dict()}"
        assert error.details.get("rolledBack") is True, where
        assert held(lab) == was, where
        if not was:
            nothing_left(lab, where)
        return False
    finally:
        hit = tap.hit
        tap.arm(None)
    assert hit is not None, where
    assert (await plan(context, wanted, Up())).empty, f"{where}: {hit}"
    return True


async def changes(context: StackContext, tap: Proxy, wanted: Project) -> int:
    """How many changes an ``up`` is."""
    tap.arm(None)
    await up(context, wanted, Up())
    return tap.count(CHANGES)


async def test_a_first_up(lab: Lab, before: tuple[StackContext, Proxy]) -> None:
    context, tap = before
    wanted = small(lab, scale=0)
    count = await changes(context, tap, wanted)
    assert count == 5
    await gone(lab, context)
    for number in range(count):
        for way in WAYS:
            came = await attempt(lab, context, tap, wanted, number, way)
            assert came or not way.passes, f"change {number}, {way}"
            if came:
                await gone(lab, context)


async def test_an_up_over_what_is_there(lab: Lab, before: tuple[StackContext, Proxy]) -> None:
    """Both services change, and a config: the new one is made first, the old one goes last."""
    context, tap = before
    versions = [small(lab, version, scale=0) for version in "12"]
    await up(context, versions[0], Up())
    count = await changes(context, tap, versions[1])
    assert count == 4
    now = 1
    for number in range(count):
        for way in WAYS:
            came = await attempt(lab, context, tap, versions[1 - now], number, way)
            assert came or not way.passes, f"change {number}, {way}"
            now = 1 - now if came else now
    assert sum(name.startswith("configs ") for name in held(lab)) == 1
    await gone(lab, context)


async def test_tasks_that_run(lab: Lab, before: tuple[StackContext, Proxy]) -> None:
    """The last service fails, when the tasks of the first run: they go again, or are put back."""
    context, tap = before
    old, new = small(lab), small(lab, "2")
    assert not await attempt(lab, context, tap, old, 4, REFUSED)
    assert await attempt(lab, context, tap, old, 4, UNANSWERED)
    assert not await attempt(lab, context, tap, new, 2, REFUSED)
    run_once(lab, back=1, front=1)
    assert await attempt(lab, context, tap, new, 2, UNANSWERED)
    run_once(lab, back=1, front=1)
    await gone(lab, context)


async def test_down(lab: Lab, before: tuple[StackContext, Proxy]) -> None:
    """A call that is refused is told, and what it was about goes with the next ``down``; what is lost is asked for again."""
    context, tap = before
    wanted = small(lab, scale=0)
    for number in range(5):
        for way in WAYS:
            await up(context, wanted, Up())
            tap.arm(number, way.mode, among=CHANGES, text=way.text)
            report = await down(context, NAME, None, Down())
            where = f"change {number}, {way}: {tap.hit}: {report.errors}"
            assert tap.hit is not None, where
            tap.arm(None)
            if way.passes:
                assert report.errors == [], where
            assert bool(report.errors) == bool(held(lab)), where
            await gone(lab, context)
