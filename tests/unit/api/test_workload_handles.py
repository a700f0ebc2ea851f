"""Graphs behind handles, on an engine in memory: callers at once, and nothing that stays of what was opened and closed."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from perry_ffi.api import stacks, streams, workloads
from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import ContainerError, InternalError, NotFound
from tests.unit.api.test_workloads import LONG, Host, begun, host, js

__all__ = ["host"]

pytestmark = pytest.mark.anyio


async def test_several_who_take_one_graph_down_all_hear_what_went(host: Host) -> None:
    handle = await host.run()
    reports = await asyncio.gather(*(workloads.down(host.client, handle, None) for _ in range(3)))
    assert sorted(report.containers_removed for report in reports) == [0, 0, 3]
    assert all(not report.errors for report in reports)
    with pytest.raises(NotFound):
        await workloads.down(host.client, handle, None)


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_is_asked_at_once_ends_in_a_value_or_an_error_of_the_family(host: Host, seed: int) -> None:
    chance = random.Random(seed)
    host.behave = {"a": Behaviour(exit_code=0, seconds=0.02), "b": Behaviour(exit_code=chance.choice((0, 3)), seconds=0.02)}
    handle = await host.run(LONG, until="started", onFailure=chance.choice(("rollbackAll", "haltGraph", "partialContinue")))
    client = host.client

    async def later(call: Any) -> Any:
        await asyncio.sleep(chance.random() / 20)
        return await call

    calls = [
        workloads.status(client, handle), workloads.ps(client, handle), workloads.graph(client, handle),
        workloads.logs(client, handle, None, None), workloads.logs(client, handle, "a", None), workloads.attach(client, "g"),
        workloads.wait(client, handle, js({"timeout": 5})), workloads.exec_(client, handle, "a", b'["true"]', None),
        workloads.events(client, handle), workloads.follow_logs(client, handle, None), host.run(LONG), stacks.attach(client, "g"),
        workloads.down(client, handle, None), stacks.down_by_project(client, "g", None),
    ]  # fmt: skip
    chance.shuffle(calls)
    async with asyncio.timeout(30):
        done = await asyncio.gather(*(later(call) for call in calls), return_exceptions=True)
    wrong = [
        one
        for one in done
        if isinstance(one, BaseException) and (not isinstance(one, ContainerError) or isinstance(one, InternalError))
    ]
    assert not wrong, wrong
    await stacks.down_by_project(client, "g", None)
    assert host.empty_again
    await client.aclose()
    assert host.backend.open_streams == 0


async def test_nothing_stays_of_what_was_opened_and_closed(host: Host) -> None:
    async def once(end: str) -> None:
        handle = await host.run(until=random.choice(("started", "settled")))
        events = await workloads.events(host.client, handle)
        lines = await workloads.follow_logs(host.client, handle, None)
        other = await workloads.attach(host.client, "g") if host.world.boxes else None
        if end == "closed":
            await streams.close(host.client, events)
            await streams.close(host.client, lines)
        await workloads.down(host.client, handle, None)
        for rest in [] if other is None else [other]:
            await workloads.down(host.client, rest, None)
        if end == "read":
            while await streams.next_(host.client, events) is not None:
                pass
            await streams.close(host.client, lines)

    tasks = len(asyncio.all_tasks())
    for number in range(20):
        await once("closed" if number % 2 else "read")
    await asyncio.sleep(0)
    kinds = [type(thing).__name__ for kind in ("graph", "stack") for thing in host.client.handles.of_kind(kind)]
    assert kinds == [] and len(asyncio.all_tasks()) <= tasks + 1, [task.get_coro() for task in asyncio.all_tasks()]
    assert host.backend.open_streams == 0 and host.empty_again
    assert host.client.event_bus._listeners == []


async def test_a_reader_of_logs_that_leaves_takes_nothing_along(host: Host) -> None:
    host.behave = {"a": Behaviour(exit_code=0, seconds=60, stdout="one\n")}
    handle = await host.run(LONG, until="started")
    await begun(host)
    lines = await workloads.follow_logs(host.client, handle, None)
    reading = asyncio.ensure_future(streams.next_(host.client, lines))
    assert [row["text"] for row in await asyncio.wait_for(reading, 5) or ()] == ["one"]
    waiting = asyncio.ensure_future(streams.next_(host.client, lines))
    await asyncio.sleep(0.05)
    await streams.close(host.client, lines)
    assert await asyncio.wait_for(waiting, 5) is None
    assert (await workloads.status(host.client, handle))["phases"]["a"] == "running"
    await workloads.down(host.client, handle, None)
