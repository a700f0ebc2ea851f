"""A process that is killed in the middle of ``up``: what it leaves is found by the next ``up``, and by ``down``."""

from __future__ import annotations

import json
import os
import random
import secrets
import threading
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from tests.live.killing import rounds, settled, variants
from tests.live.stack_support import Stacks, environ, nothing_of, stacks  # noqa: F401
from tests.support import library as lib
from tests.support.driver import Driver

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(900)]
_GIVEN = int(os.environ.get("PERRY_TEST_KILLS", "0"))


async def test_killed_at_random_moments(stacks: Stacks) -> None:
    """Twelve kills on each engine with a socket, and half as many on each that is a program; PERRY_TEST_KILLS on each where it is given."""
    kills = _GIVEN or (12 if stacks.engine.socket else 6)
    told = await rounds(stacks, kills, secrets.randbits(32))
    assert told["killed"] == kills
    assert told["left"] > kills // 4, "the moments were no moments of an up at work"


async def test_a_host_of_the_shared_object_that_is_killed(stacks: Stacks, tmp_path: Path) -> None:
    """The same with a C program: its ``up`` goes through the border, on the library's own thread."""
    host = lib.Host(lib.library(), tmp_path, sanitized=False)
    host.program("driver")
    for number, spec in enumerate([*await variants(stacks), *await variants(stacks)]):
        driver = Driver(host, **environ(stacks.engine, stacks.folder))
        assert driver.value("js_container_setBackend", stacks.engine.name)["name"] == stacks.engine.name
        asking = threading.Thread(target=_up, args=(driver, json.dumps(spec)))
        asking.start()
        await anyio.sleep(random.uniform(0.0, 0.8))
        driver._process.kill()
        await anyio.to_thread.run_sync(asking.join)
        await settled(stacks)
        if number % 2:
            handle = await stacks.up(spec, removeOrphans=True)
            assert set((await stacks.states(handle)).values()) == {"running"}
            assert (await stacks.plan(spec))["steps"] == []
    report = await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
    assert report["errors"] == [] and nothing_of(stacks.engine, stacks.prefix)


def _up(driver: Driver, spec: str) -> None:
    try:
        driver.call("js_compose_up", spec, '{"removeOrphans": true}')
    except AssertionError:
        return  # It was killed.
