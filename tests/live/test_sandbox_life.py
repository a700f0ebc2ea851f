"""The life of hardened runs: nothing of them is left, whatever happens to whoever asked for them."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.engine_api.transport.http import HttpClient, Request, ResponseStream
from perry_ffi.sandbox import sweep
from perry_ffi.sandbox.labels import OWNER, RUN
from perry_ffi.sandbox.owner import is_dead
from tests.live.sandbox_support import PROBE_IMAGE, Runner, runner  # noqa: F401

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[2]
MANY = int(os.environ.get("PERRY_TEST_SANDBOX_RUNS", "24"))
"""How many runs in a row leave nothing; the whole of it is 500."""
AT_ONCE = 8


async def until(what: Callable[[], Awaitable[object]], seconds: float = 60.0) -> None:
    with anyio.fail_after(seconds):
        while not await what():
            await anyio.sleep(0.05)


async def test_it_is_gone_when_it_has_ended(runner: Runner) -> None:
    for members in ({}, {"timeout": "0.2s"}, {"maxOutput": 1}):
        await runner.shell("echo said; sleep 1", input={"/in/a": "x"}, **members)
        assert await runner.left() == []


async def test_cancelled_at_any_call_it_leaves_nothing(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the call is sent, and while its answer is awaited."""
    await runner.shell("true")  # What is known of the engine is known from here on.
    volumes = {found.name for found in await runner.backend.list_volumes()}
    sent: list[str] = []
    at = -1
    task: asyncio.Task[object] | None = None
    whole = HttpClient.open

    async def opened(client: HttpClient, request: Request) -> ResponseStream:
        if asyncio.current_task() is not None and task is not None:
            sent.append(f"{request.method} {'/'.join(request.path[-1:])}")
            if len(sent) - 1 == at:
                task.cancel()
        return await whole(client, request)

    monkeypatch.setattr(HttpClient, "open", opened)
    calls = 0
    while at < 0 or calls > at:
        at += 1
        sent.clear()
        task = asyncio.ensure_future(runner.shell("sleep 0.2", input={"/in/a": "x"}))
        done = await asyncio.gather(task, return_exceptions=True)
        calls = max(calls, len(sent))
        task = None
        await until(lambda: _is_empty(runner))
        assert {found.name for found in await runner.backend.list_volumes()} <= volumes, (at, sent)
        if not isinstance(done[0], BaseException) and len(sent) <= at:
            break
    assert at >= 7, "as many calls as a run has"


async def _is_empty(runner: Runner) -> bool:
    return await runner.left() == []


async def test_a_host_that_is_killed_is_swept_after(runner: Runner) -> None:
    variable = "CONTAINER_HOST" if runner.podman else "DOCKER_HOST"
    environ = {**os.environ, variable: runner.engine.host, "PERRY_CONTAINER_PROBE_TIMEOUT": "60"}
    words = [sys.executable, "-m", "tests.live.sandbox_host", runner.backend.name, PROBE_IMAGE, "sleep"]
    host = subprocess.Popen(words, cwd=ROOT, env=environ)
    try:

        async def runs() -> bool:
            assert host.poll() is None
            found = await runner.backend.list_containers(all=False, labels={RUN: None})
            return len(found) == 1 and found[0].status == "running"

        await until(runs)
    finally:
        host.send_signal(signal.SIGKILL)
        host.wait()
    left = await runner.backend.list_containers(all=True, labels={RUN: None})
    assert len(left) == 1 and is_dead(left[0].labels[OWNER])
    sweep._swept.pop(runner.backend, None)  # As in a process that runs its first.
    result = await runner.shell("echo next")
    assert result.stdout == "next\n" and result.warnings == []
    assert await runner.left() == []


async def test_what_another_process_runs_is_left_alone(runner: Runner) -> None:
    variable = "CONTAINER_HOST" if runner.podman else "DOCKER_HOST"
    environ = {**os.environ, variable: runner.engine.host, "PERRY_CONTAINER_PROBE_TIMEOUT": "60"}
    words = [sys.executable, "-m", "tests.live.sandbox_host", runner.backend.name, PROBE_IMAGE, "sleep"]
    host = subprocess.Popen(words, cwd=ROOT, env=environ)
    try:
        await until(lambda: _is_one(runner))
        assert await sweep.sweep(runner.backend) == []
        assert len(await runner.left()) == 1
    finally:
        host.terminate()
        host.wait()
        await sweep.sweep(runner.backend)


async def _is_one(runner: Runner) -> bool:
    return len(await runner.left()) == 1


async def test_many_runs_leave_nothing(runner: Runner) -> None:
    for _ in range(2):
        await runner.shell("echo warm", input={"/in/a": "x"})
    networks = len(await runner.backend.list_networks())
    turns = anyio.CapacityLimiter(AT_ONCE)
    descriptors = len(os.listdir("/proc/self/fd"))
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    codes: list[int | None] = []

    async def one(number: int) -> None:
        async with turns:
            result = await runner.shell(f"echo {number}; exit {number % 100}", input={"/in/a": "x"}, timeout="120s")
            assert result.stdout == f"{number}\n" and result.warnings == []
            codes.append(result.exit_code)

    async with anyio.create_task_group() as group:
        for number in range(MANY):
            group.start_soon(one, number)
    assert sorted(codes, key=lambda code: code or 0) == sorted(number % 100 for number in range(MANY))
    assert await runner.left() == []
    assert len(await runner.backend.list_networks()) == networks
    assert len(os.listdir("/proc/self/fd")) <= descriptors + 2 * AT_ONCE, "connections that are kept for the next call"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 32 * 1024, f"{grown} KiB more"
    print(f"{MANY} runs, {AT_ONCE} at a time: {time.monotonic() - began:.1f} s")
