"""What becomes of a project when nodes lose their power or their cable, are emptied, or no longer agree on a leader.

Whatever an ``up`` says at its end is so, and the next one, or the next ``down``, finds everything. PERRY_TEST_FULL=1
takes the quorum away, too, which is four minutes of waiting.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from perry_ffi.compose import Project
from perry_ffi.errors import BackendNotAvailable, ContainerError
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.down import down
from perry_ffi.stack.logs import LogRequest, logs
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.status import ps
from perry_ffi.stack.up import plan, up
from tests.engines.swarm.lab import Lab, Node, until
from tests.live.proxy import Proxy
from tests.swarm.small import NAME, held, run_once, running, small, tapped

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]
CREATE = "POST .*/services/create"
BOUND_SECONDS = 240.0
"""An ``up`` ends within this, whatever becomes of the managers."""


async def told(context: StackContext) -> Counter[tuple[str, str]]:
    """How many tasks ``ps`` tells of each service on each node, all of them running."""
    rows = await ps(context, NAME)
    assert len({row["name"] for row in rows}) == len(rows), rows
    return Counter((row["service"], row["node"]) for row in rows if row["status"] == "running")


def seen(lab: Lab) -> Counter[tuple[str, str]]:
    """The same, as the nodes' own engines tell it."""
    return Counter((service, node) for service, nodes in running(lab).items() for node in nodes)


async def rests(lab: Lab, context: StackContext, away: Node) -> None:
    """All runs, nothing of it on the node that is away, ``ps`` tells it as it is, and there is nothing to do."""
    rows, found = await told(context), Counter[tuple[str, str]]()
    with anyio.move_on_after(60):
        while not (rows == found and sum(rows.values()) == 4 and away.name not in {node for _, node in rows}):
            await asyncio.sleep(0.2)
            rows = await told(context)
            found = Counter({key: count for key, count in seen(lab).items() if away.plugged or key[1] != away.name})
    assert rows == found and sum(rows.values()) == 4 and away.name not in {node for _, node in rows}, (rows, found)
    assert (await up(context, spread(lab), Up())).empty


def spread(lab: Lab) -> Project:
    """Four tasks for three nodes."""
    return small(lab, front={"scale": 3})


async def test_nodes_that_go_and_come(lab: Lab, tmp_path: Path) -> None:
    async with tapped(lab, tmp_path) as (context, _):
        await up(context, spread(lab), Up())
        run_once(lab, back=1, front=3)

        emptied, cut = lab.workers
        emptied.drain()
        await rests(lab, context, emptied)
        emptied.activate()

        assert cut.name in {node for _, node in await told(context)}
        cut.cable(plugged=False)
        until(lambda: cut.state == "down", "the node without a cable is down")
        await rests(lab, context, cut)
        cut.cable(plugged=True)
        until(lambda: cut.state == "ready", "it is back")
        run_once(lab, back=1, front=3)
        assert (await up(context, spread(lab), Up())).empty

        # What went elsewhere does not come back by itself.
        lost = emptied if emptied.name in {node for _, node in await told(context)} else cut
        lost.power_cut()
        until(lambda: lost.state == "down", "the node without power is down")
        await rests(lab, context, lost)
        heard = context.bus.subscribe()
        await logs(context, NAME, LogRequest())
        said = [row["message"] for row in await heard.next() or () if row.get("code") == "incomplete-log"]
        assert said and all(line.endswith(f"{lost.name} does not answer") for line in said), said
        lost.power_on()
        until(lambda: lost.state == "ready", "it is back")
        run_once(lab, back=1, front=3)
        assert (await up(context, spread(lab), Up())).empty

        assert (await down(context, NAME, None, Down())).errors == []
        until(lambda: not lab.leftovers(NAME), "nothing is left on any node")


# -- managers ---------------------------------------------------------------------------------------


@asynccontextmanager
async def by_another(lab: Lab, folder: Path) -> AsyncIterator[tuple[Node, list[Node], StackContext, Proxy]]:
    """The leader, the other managers, and the verbs by the first of these. All have power again afterwards."""
    leader = lab.leader()
    others = [node for node in lab.managers if node is not leader]
    try:
        async with tapped(lab, folder, others[0]) as (context, tap):
            yield leader, others, context, tap
    finally:
        lab.clean()


async def failed(lab: Lab, context: StackContext, tap: Proxy, *cut: Node) -> ContainerError | None:
    """What an ``up`` raises that makes its second service when these have lost their power; ``None`` where it goes through."""
    tap.arm(1, "held", among=CREATE)
    task = asyncio.ensure_future(up(context, small(lab), Up()))
    await tap.watch.wait()
    for node in cut:
        await asyncio.to_thread(node.power_cut)
    tap.release.set()
    try:
        async with asyncio.timeout(BOUND_SECONDS):
            await task
    except ContainerError as error:
        return error
    return None


async def found_again(lab: Lab, context: StackContext, away: Node | None = None) -> None:
    """The next ``up`` leads to what is wanted, once; the next ``down`` leaves nothing, and tells of tasks on the node that is away."""
    await up(context, small(lab), Up())
    run_once(lab, back=1, front=1)
    assert (await plan(context, small(lab), Up())).empty
    errors = (await down(context, NAME, None, Down())).errors
    assert all(away is not None and f"{away.name} does not answer" in line for line in errors), errors
    assert not held(lab)


async def test_a_leader_that_dies_during_an_up(managing: Lab, tmp_path: Path) -> None:
    async with by_another(managing, tmp_path) as (leader, _, context, tap):
        error = await failed(managing, context, tap, leader)
        if error is None:
            run_once(managing, back=1, front=1)
            assert (await plan(context, small(managing), Up())).empty
        else:
            assert error.details["rolledBack"] is True, error.to_dict()
            assert not held(managing), error.to_dict()
        await found_again(managing, context, leader)
        await asyncio.to_thread(leader.power_on)
        until(lambda: not managing.leftovers(NAME), "nothing is left, on the node that was away neither")


@pytest.mark.skipif(os.environ.get("PERRY_TEST_FULL") != "1", reason="PERRY_TEST_FULL=1 asks for what takes minutes")
async def test_managers_that_are_too_few(managing: Lab, tmp_path: Path) -> None:
    async with by_another(managing, tmp_path) as (leader, others, context, tap):
        gone = [leader, others[1]]
        error = await failed(managing, context, tap, *gone)
        assert error is not None
        assert isinstance(error, BackendNotAvailable) and error.details["remedy"], error.to_dict()
        assert error.details["rolledBack"] is False, error.to_dict()
        assert error.details["leftOver"], error.to_dict()
        for node in gone:
            await asyncio.to_thread(node.power_on)
        until(managing.leader, "there is a leader again")
        await found_again(managing, context)
        until(lambda: not managing.leftovers(NAME), "nothing is left on any node")
