"""What shows only after many times, or with many files: nothing grows, and no file's second ``up`` writes.

PERRY_TEST_FULL=1 takes every file of the collection where it lies beside the checkout; without it some of them.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.compose import Project
from perry_ffi.errors import ContainerError
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.service.client import Client
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.up import up
from tests.abi.conftest import plain_host
from tests.live.churning import burning, churn
from tests.live.conftest import IMAGE
from tests.live.proxy import proxy
from tests.live.stack_support import IDLE, Stacks, environ, nothing_of, stacks  # noqa: F401
from tests.support.driver import Driver
from tests.support.library import Host
from tests.unit.stack.samples import collected, own, standing_in

__all__ = ["plain_host"]

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]
ROUNDS = int(os.environ.get("PERRY_TEST_ROUNDS", "2"))
FULL = os.environ.get("PERRY_TEST_FULL") == "1"
EACH = 1 if FULL else 60


def chosen() -> list[tuple[str, Project]]:
    return [*own(), *list(collected())[::EACH]]


@pytest.mark.socket("calls are counted between the library and a socket")
async def test_a_second_up_of_any_file_writes_nothing(stacks: Stacks, tmp_path: Path) -> None:
    done = 0
    async with proxy(stacks.engine.socket, tmp_path / "p.sock") as tap:
        client = Client(environ(stacks.engine, tmp_path, str(tap.socket)))
        backend = await client.backend()
        context = StackContext(backend, tmp_path / "locks", backend.identity, EventBus())
        for number, (name, project) in enumerate(chosen()):
            wanted = standing_in(project, f"{stacks.prefix}{number}", IMAGE, IDLE)
            try:
                await up(context, wanted, Up())
            except ContainerError:
                continue  # It asks for what this machine does not have.
            tap.arm(None)
            await up(context, wanted, Up())
            assert [str(call) for call in tap.writes] == [], name
            report = await down(context, wanted.name, wanted, Down(volumes=True, timeout=0))
            assert report.errors == [], name
            done += 1
        await client.aclose()
    assert done >= (100 if FULL else 4)
    assert nothing_of(stacks.engine, stacks.prefix)


@pytest.mark.parametrize("engine", ["docker", "podman"] if FULL else ["docker"], indirect=True)
async def test_nothing_of_many_cycles_stays(stacks: Stacks) -> None:
    """Descriptors, threads, tasks and handles are as many after fifty cycles as after five; memory stays."""
    spec = stacks.spec({"a": {"network_mode": "none", "stop_grace_period": "0s"}})

    async def cycles(count: int) -> None:
        for _ in range(count):
            handle = await stacks.up(spec)
            await stacks.down(handle, timeout=0)

    def counts() -> tuple[Any, ...]:
        gc.collect()
        fds = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{fd}")]
        return (
            len([fd for fd in fds if "socket" not in fd]),
            threading.active_count(),
            len(asyncio.all_tasks()),
            len(stacks.client.handles),
        )

    def memory() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    await cycles(5)
    before, began = counts(), memory()
    sockets = len(os.listdir("/proc/self/fd"))
    await cycles(50)
    assert counts() == before
    assert len(os.listdir("/proc/self/fd")) <= sockets + 4, "connections at rest are bounded"
    assert memory() - began < 8 << 20


@pytest.mark.parametrize("engine", ["docker", "podman"] if FULL else ["docker"], indirect=True)
async def test_nothing_of_many_cycles_stays_in_a_host(stacks: Stacks, plain_host: Host) -> None:
    """The same in a C program, with what is opened beside a stack, and with an ``up`` that fails, in each cycle."""
    plain = {"network_mode": "none", "stop_grace_period": "0s"}
    spec = json.dumps(stacks.spec({"a": plain}))
    fails = json.dumps(stacks.spec({"a": plain, "b": {**plain, "command": ["/nowhere"]}}))
    with Driver(plain_host, **environ(stacks.engine, stacks.folder)) as driver:

        def cycle() -> None:
            handle = driver.value("js_compose_up", spec, None)
            open_ones = [
                driver.value(f"js_compose_{name}", handle, *rest) for name, rest in (("events", ()), ("followLogs", (None,)))
            ]
            assert driver.value("js_compose_exec", handle, "a", '["true"]', None)["exitCode"] == 0
            assert driver.rejection("js_compose_up", fails, None)["rolledBack"] is True
            for stream in (*open_ones, driver.value("js_compose_progress")):
                driver.value("js_container_streamClose", stream)
            assert driver.value("js_compose_down", handle, '{"timeout": 0}')["errors"] == []

        def counts() -> tuple[int, int]:
            process = Path(f"/proc/{driver.pid}")
            names = [os.readlink(fd) for fd in (process / "fd").iterdir() if os.path.lexists(fd)]
            return len([name for name in names if "socket" not in name]), len(list((process / "task").iterdir()))

        def memory() -> int:
            return int(Path(f"/proc/{driver.pid}/statm").read_text().split()[1]) * 4096

        for _ in range(5):
            cycle()
        before, began = counts(), memory()
        for _ in range(15):
            cycle()
        assert counts()[0] == before[0] and counts()[1] <= before[1] + 1, "a thread that read files may be kept for the next"
        assert memory() - began < 8 << 20
        driver.assert_nothing_left()


async def test_many_services_go_down_cleanly_on_a_busy_engine(stacks: Stacks) -> None:
    """Docker lets go of a network a moment after it removed what was on it."""
    with burning(os.cpu_count() or 1):
        assert len(await churn(stacks, ROUNDS, 20)) == ROUNDS
