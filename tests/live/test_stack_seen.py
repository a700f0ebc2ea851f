"""What was stopped or killed is seen so by whoever asks next: on docker from 26 on the list of containers may be late."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from typing import Any

import pytest

from perry_ffi.service.client import Client
from tests.live.stack_support import Stacks, encode, environ, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1800)]
_GIVEN = int(os.environ.get("PERRY_TEST_STOPS", "0"))
RUNNING, ENDED = {"db-1": "running", "web-1": "running"}, {"db-1": "exited", "web-1": "exited"}


def rounds(stacks: Stacks) -> int:
    """Each pair of turns twice on an engine with a socket, whose list may be late, and once on a program; or PERRY_TEST_STOPS turns."""
    return _GIVEN or (12 if stacks.engine.socket else 6)


def project(stacks: Stacks) -> dict[str, Any]:
    check = {"test": ["CMD", "true"], "interval": "100ms", "timeout": "5s", "retries": 50}
    dependent = {"depends_on": {"db": {"condition": "service_healthy"}}}
    return stacks.spec({"db": {"healthcheck": check}, "web": dependent})


async def begins(stacks: Stacks, handle: int) -> dict[str, str]:
    """When the run of each container began, as the engine tells."""
    names = [row["name"] for row in await stacks.call("ps", handle)]
    return {name: stacks.ask(f"/containers/{name}/json")["State"]["StartedAt"] for name in names}


async def test_what_ended_is_seen_at_once(stacks: Stacks) -> None:
    """Stop or kill, and at once ps, start or up: nothing is taken for running that was ended, nor an old end for a new one."""
    spec = project(stacks)
    handle = await stacks.up(spec)
    turns = itertools.cycle(itertools.product(("stop", "kill"), ("ps", "start", "up")))
    for number, (verb, then) in zip(range(rounds(stacks)), turns, strict=False):
        where = f"round {number}: {verb}, {then}"
        before = await begins(stacks, handle)
        await stacks.call(verb, handle, None, encode({"timeout": 5} if verb == "stop" else {"signal": "SIGKILL"}))
        if then == "ps":
            assert await stacks.states(handle) == ENDED, where
        if then == "up":
            handle = await stacks.up(spec)
        else:
            await stacks.call("start", handle, None, None)
        assert await stacks.states(handle) == RUNNING, where
        after = await begins(stacks, handle)
        assert after.keys() == before.keys() and all(after[name] != before[name] for name in after), where


@pytest.mark.needs("op.pause")
async def test_a_pause_is_seen_at_once(stacks: Stacks) -> None:
    handle = await stacks.up(project(stacks))
    for number in range(rounds(stacks) // 4):
        for verb, state in (("pause", "paused"), ("unpause", "running"), ("pause", "paused"), ("restart", "running")):
            await stacks.call(verb, handle, None, None)
            found = await stacks.states(handle)
            told = {name: stacks.ask(f"/containers/{stacks.prefix}-{name}/json")["State"] for name in found}
            assert set(found.values()) == {state}, (number, verb, found, told)


async def test_what_somebody_else_ended_is_started(stacks: Stacks) -> None:
    """The list tells it late there, and is not believed alone."""
    handle = await stacks.up(project(stacks))
    for number in range(rounds(stacks) // 4):
        before = await begins(stacks, handle)
        for name in before:
            assert stacks.asked("POST", f"/containers/{name}/kill")[0] == 204
        await stacks.call("start", handle, None, None)
        after = await begins(stacks, handle)
        assert await stacks.states(handle) == RUNNING and all(after[name] != before[name] for name in after), number


async def test_somebody_else_sees_it_at_once(stacks: Stacks) -> None:
    handle = await stacks.up(project(stacks))
    other = replace(stacks, client=Client(environ(stacks.engine, stacks.folder)))
    theirs = await other.call("attach", stacks.prefix)
    for number in range(rounds(stacks) // 4):
        await stacks.call("kill", handle, None, encode({"signal": "SIGKILL"}))
        assert await other.states(theirs) == ENDED, number
        await stacks.call("start", handle, None, None)
    await other.client.aclose()
