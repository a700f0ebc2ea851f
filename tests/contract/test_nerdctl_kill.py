"""A process that is killed in the midst of an ``up`` on nerdctl: the next ``up`` converges, and ``down`` leaves nothing.

PERRY_TEST_KILLS says how often; what the dead process had nerdctl do goes on to its end, as nerdctl itself does.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_nerdctl_stack import held, stacks
from tests.live.stack_support import IDLE, Stacks

__all__ = ["stacks"]
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1800)]
ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("PERRY_TEST_KILLS", "2"))
HOST = """
import asyncio, json, os, sys
from perry_ffi.api import stacks
from perry_ffi.service.client import Client

async def main():
    client = Client(dict(os.environ))
    await stacks.up(client, sys.stdin.buffer.read(), b'{"removeOrphans": true}')
    await client.aclose()

asyncio.run(main())
"""


def edits(stacks: Stacks) -> list[dict[str, Any]]:
    """Projects of one name, each an edit of the others."""

    def one(value: str, scale: int) -> dict[str, Any]:
        services: dict[str, Any] = {
            "a": {"command": IDLE, "stop_grace_period": "0s", "volumes": ["data:/data", "/scratch"], "environment": {"V": value}},
            "b": {"command": IDLE, "stop_grace_period": "0s", "depends_on": ["a"], "scale": scale},
        }  # fmt: skip
        return stacks.spec(services, volumes={"data": {}})

    return [one("1", 1), one("2", 2), one("3", 1)]


async def settled(stacks: Stacks) -> dict[str, Any]:
    """What the engine holds once the last calls of the dead have been carried out."""
    before, now = None, await held(stacks)
    while now != before:
        await asyncio.sleep(1)
        before, now = now, await held(stacks)
    return now


async def converges(stacks: Stacks, spec: dict[str, Any]) -> float:
    """Seconds that the up took."""
    began = time.monotonic()
    handle = await stacks.up(spec, removeOrphans=True)
    span = time.monotonic() - began
    assert set((await stacks.states(handle)).values()) == {"running"}
    assert (await stacks.plan(spec))["steps"] == []
    return span


async def killed_at_random(stacks: Stacks, times: int) -> None:
    """Each time another up begins from what the dead one left; the last state is brought down."""
    seed = random.SystemRandom().getrandbits(32)
    chance, kinds = random.Random(seed), edits(stacks)
    span = await converges(stacks, kinds[0])
    environ = {**(stacks.client.settings.environ or {}), "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    killed = 0
    for number in range(times):
        spec = json.dumps(kinds[(number + 1) % len(kinds)]).encode()
        host = subprocess.Popen([sys.executable, "-c", HOST], env=environ, stdin=subprocess.PIPE)
        assert host.stdin is not None
        host.stdin.write(spec)
        host.stdin.close()
        await asyncio.sleep(0.3 + chance.uniform(0, span))
        killed += host.poll() is None
        host.kill()
        host.wait()
        await settled(stacks)
        span = max(span / 2, await converges(stacks, chance.choice(kinds)))
    assert killed > times // 4, f"seed {seed}: the moments were no moments of an up at work"
    report = await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
    assert report["errors"] == []
    assert await held(stacks) == {"containers": {}, "networks": set(), "volumes": set()}, f"seed {seed}"


async def test_killed_at_random_moments(stacks: Stacks) -> None:
    await killed_at_random(stacks, KILLS)
