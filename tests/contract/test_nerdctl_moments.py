"""A process that is killed in the midst of an ``up`` on nerdctl: the next ``up`` converges, or ``down`` leaves nothing.

The moments are calls of the program: the process is dead once it has made that many. What it had nerdctl do goes on to its end, as
nerdctl itself does. They lie evenly over the calls that the same ``up`` makes undisturbed, so they are the same in each run.
PERRY_TEST_NERDCTL_KILLS says how many there are.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_nerdctl_stack import UP, five, held, stacks
from tests.live.stack_support import Stacks

__all__ = ["stacks"]
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1800)]
ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("PERRY_TEST_NERDCTL_KILLS", "10"))
EMPTY: dict[str, Any] = {"containers": {}, "networks": set(), "volumes": set()}
HOST = """
import asyncio, os, sys
os.environ["PERRY_TEST_HOST"] = str(os.getpid())
from perry_ffi.api import stacks
from perry_ffi.service.client import Client

async def main():
    client = Client(dict(os.environ))
    await stacks.up(client, sys.stdin.buffer.read(), b'{"removeOrphans": true, "wait": true}')
    await client.aclose()

asyncio.run(main())
"""
COUNTING = """#!/bin/sh
printf . >>'{calls}'
set -- '{program}' "$@"
if [ "$(wc -c <'{calls}')" -ge "$PERRY_TEST_KILL_AT" ] && [ "$PPID" = "$PERRY_TEST_HOST" ]; then kill -9 "$PPID"; fi
exec "$@"
"""
"""nerdctl, which kills whoever calls it once he has called often enough."""


class Host:
    """A process of its own that brings projects up through a nerdctl whose calls are counted."""

    def __init__(self, stacks: Stacks, folder: Path) -> None:
        environ = dict(stacks.client.settings.environ or {})
        program = shutil.which("nerdctl", path=environ["PATH"])
        self._calls, counted = folder / "calls", folder / "counted"
        counted.mkdir()
        (counted / "nerdctl").write_text(COUNTING.format(calls=self._calls, program=program))
        (counted / "nerdctl").chmod(0o755)
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self._environ = {**environ, "PATH": f"{counted}:{environ['PATH']}", "PYTHONPATH": paths}

    async def up(self, spec: dict[str, Any], kill_at: int = 10**6) -> tuple[int, int]:
        """Its exit code, and how many calls it made."""
        self._calls.write_text("")
        environ = {**self._environ, "PERRY_TEST_KILL_AT": str(kill_at)}
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", HOST], env=environ, input=json.dumps(spec).encode(), stdout=subprocess.DEVNULL
        )
        return done.returncode, self._calls.stat().st_size


async def settled(stacks: Stacks) -> dict[str, Any]:
    """What the engine holds once the last calls of the dead have been carried out."""
    before, now = None, await held(stacks)
    while now != before:
        await asyncio.sleep(0.3)
        before, now = now, await held(stacks)
    return now


async def converges(stacks: Stacks, spec: dict[str, Any], *, kept: bool = False) -> None:
    """The next ``up`` ends as the file says: nothing is doubled, nothing is left over, what a volume holds is kept."""
    handle = await stacks.up(spec, wait=True, removeOrphans=True)
    assert await stacks.states(handle) == UP
    assert (await stacks.plan(spec))["steps"] == []
    now = await held(stacks)
    assert len(now["containers"]) == len(UP) and len(now["networks"]) == 1
    assert await stacks.out(handle, "db", "sh", "-c", "touch /data/mark; ls /data") == "mark\nready file\n"
    if kept:
        assert await stacks.out(handle, "db", "cat", "/data/mark") == "kept\n"
    await stacks.out(handle, "db", "sh", "-c", "echo kept >/data/mark")


async def down(stacks: Stacks) -> None:
    report = await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
    assert report["errors"] == [] and await held(stacks) == EMPTY


def moments(calls: int, wanted: int) -> list[int]:
    """Evenly over the calls, but the last of them: how often health is looked at is not the same in each run."""
    last = calls * 4 // 5
    return sorted({1 + round(index * (last - 1) / max(1, wanted - 1)) for index in range(wanted)})


async def test_killed_at_each_moment(stacks: Stacks, tmp_path: Path) -> None:
    """A first ``up``, and an edit; after it the next ``up`` of the same or of the other file, or ``down``."""
    host = Host(stacks, tmp_path)
    first, edit = (five(stacks, environment={"A": text}) for text in ("1", "2"))
    code, calls_of_first = await host.up(first)
    assert code == 0 and await stacks.states(await stacks.up(first, wait=True)) == UP
    code, calls_of_edit = await host.up(edit)
    assert code == 0
    await down(stacks)
    for moment in moments(calls_of_first, KILLS - KILLS // 2):
        code, calls = await host.up(first, moment)
        assert code == -9, f"call {moment} of {calls_of_first} was not made: {calls}"
        await settled(stacks)
        if moment % 2:
            await converges(stacks, first)
        await down(stacks)
    await converges(stacks, first)
    now, other = first, edit
    for number, moment in enumerate(moments(calls_of_edit, KILLS // 2)):
        before = await held(stacks)
        code, calls = await host.up(other, moment)
        assert code == -9, f"call {moment} of {calls_of_edit} was not made: {calls}"
        await settled(stacks)
        if number % 2 == 0:
            now, other = other, now
        await converges(stacks, now, kept=True)
        assert (await held(stacks))["volumes"] == before["volumes"]
    await down(stacks)
