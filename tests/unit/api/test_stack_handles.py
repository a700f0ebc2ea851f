"""Stacks behind handles, on an engine in memory: callers at once, and nothing that stays of what was opened and closed."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
import tracemalloc
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.api import stacks, streams
from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.errors import BackendError, ContainerError, NotFound
from perry_ffi.service.client import Client
from perry_ffi.stack.stack import Stack

pytestmark = pytest.mark.anyio


class Host:
    """A client on an engine in memory. What its services do is told by their names."""

    def __init__(self, folder: Path) -> None:
        self.world = World(
            lambda box: Behaviour(exit_code=3) if box.spec.labels.get("com.docker.compose.service") == "bad" else Behaviour()
        )
        self.world.make_image("app")
        self.backend = FakeBackend(self.world)
        self.client = Client({"XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)})
        self.client._active = self.backend

    async def up(self, services: dict[str, Any] | None = None, **options: Any) -> int:
        filled = {name: {"image": "app", **row} for name, row in (services or {"a": {}}).items()}
        spec = json.dumps({"name": "p", "services": filled}).encode()
        return await stacks.up(self.client, spec, json.dumps(options).encode())

    def stack(self, handle: int) -> Stack:
        found = self.client.handles.get("stack", handle)
        assert isinstance(found, Stack)
        return found


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    found = Host(tmp_path)
    yield found
    await found.client.aclose()


async def test_two_who_take_one_stack_down_both_hear_what_went(host: Host) -> None:
    handle = await host.up()
    reports = await asyncio.gather(*(stacks.down(host.client, handle, None) for _ in range(3)))
    assert sorted(report.containers_removed for report in reports) == [0, 0, 1]
    assert all(not report.errors for report in reports)
    with pytest.raises(NotFound):
        await stacks.down(host.client, handle, None)


async def test_verbs_at_once_take_turns(host: Host) -> None:
    """Each ends, with a result or an error of the family, and what is left is a state that one of them made."""
    handle = await host.up()
    done = await asyncio.gather(
        host.up(), stacks.scale(host.client, handle, b'{"a": 3}'), stacks.down(host.client, handle, None),
        stacks.stop(host.client, handle, None, None), stacks.start(host.client, handle, None, None), host.up(scale={"a": 2}),
        return_exceptions=True,
    )  # fmt: skip
    assert all(isinstance(one, ContainerError) for one in done if isinstance(one, BaseException)), done
    await stacks.down_by_project(host.client, "p", None)
    assert not host.world.boxes


async def test_an_up_that_waits_for_a_pipe_can_be_cancelled(host: Host, tmp_path: Path) -> None:
    """Somebody holds it open and writes nothing."""
    os.mkfifo(tmp_path / "pipe")
    writer = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(host.up({"a": {"env_file": [str(tmp_path / "pipe")]}}), 0.2)
    finally:
        os.close(writer)
    assert not host.world.boxes


async def test_events_that_cannot_begin_leave_no_listener(host: Host) -> None:
    handle = await host.up()

    async def refuses(*_: Any) -> Any:
        raise BackendError("no events")

    real, host.backend.events = host.backend.events, refuses  # type: ignore[method-assign]
    for _ in range(3):
        with pytest.raises(BackendError):
            await stacks.events(host.client, handle)
    assert host.stack(handle).bus._listeners == []
    host.backend.events = real  # type: ignore[method-assign]
    assert await stacks.events(host.client, handle)


async def test_one_who_asks_for_events_and_leaves_takes_them_from_nobody(host: Host) -> None:
    handle = await host.up()
    first = asyncio.create_task(stacks.events(host.client, handle))
    second = asyncio.create_task(stacks.events(host.client, handle))
    await asyncio.sleep(0)
    first.cancel()
    stream = await second
    assert first.cancelled() or ((await asyncio.wait([first])) and first.cancelled())
    assert len(host.stack(handle).bus._listeners) == 1
    await stacks.stop(host.client, handle, None, None)
    records: list[Any] = []
    while not any(record.get("action") == "die" for record in records):
        records += await asyncio.wait_for(streams.next_(host.client, stream), 5)
    await stacks.down(host.client, handle, None)


async def test_what_cannot_begin_or_is_left_at_once_warns_of_nothing(host: Host) -> None:
    """A Python host may be told of every file and stream that nobody closed."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        handle = await host.up({"a": {"healthcheck": {"test": ["CMD", "x"]}}})
        with pytest.raises(NotFound):
            await stacks.follow_logs(host.client, handle, b'{"services": ["nobody"]}')
        await streams.close(host.client, await stacks.follow_logs(host.client, handle, None))
        await streams.close(host.client, await stacks.follow_logs(host.client, handle, b'{"services": []}'))
        await stacks.down(host.client, handle, None)
        gc.collect()
    assert not told


async def test_nothing_stays_of_what_is_opened_closed_cancelled_and_fails(host: Host) -> None:
    async def cycle() -> None:
        handle = await host.up()
        events, logs, progress = (
            await stacks.events(host.client, handle),
            await stacks.follow_logs(host.client, handle, None),
            stacks.progress(host.client),
        )
        waiting = asyncio.create_task(streams.next_(host.client, logs))
        with pytest.raises(ContainerError):
            await host.up({"a": {}, "bad": {}, "z": {"depends_on": {"bad": {"condition": "service_completed_successfully"}}}})
        cancelled = asyncio.create_task(host.up({"a": {}, "b": {}}, wait=True))
        await asyncio.sleep(0.001)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        assert await streams.next_(host.client, progress)
        await streams.close(host.client, events)
        await streams.close(host.client, progress)
        await streams.close(host.client, logs)
        await asyncio.wait([waiting], timeout=5)
        await stacks.down(host.client, handle, None)
        if not cancelled.cancelled() and cancelled.exception() is None:
            await stacks.down(host.client, cancelled.result(), None)
        host.backend.calls.clear()

    def counts() -> tuple[int, ...]:
        # Those that read files are kept for the next one, and are a few.
        threads = [thread.name for thread in threading.enumerate() if not thread.name.startswith("AnyIO")]
        return len(os.listdir("/proc/self/fd")), len(threads), len(asyncio.all_tasks()), len(host.client.handles)

    async def grown(cycles: int) -> int:
        tracemalloc.start()
        for _ in range(cycles):
            await cycle()
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return held

    for _ in range(10):
        await cycle()
    before, began = counts(), await grown(5)
    for _ in range(80):
        await cycle()
    ended = await grown(5)
    assert counts() == before
    assert host.backend.open_streams == 0 and not host.world.listeners and not host.world.boxes
    assert ended < began + 100_000
