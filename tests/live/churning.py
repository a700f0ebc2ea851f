"""Many services up and down, again and again, on an engine that is busy."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.live.stack_support import IDLE, Stacks, nothing_of

BURN_SECONDS = 3600


@contextmanager
def burning(count: int) -> Iterator[None]:
    """Keeps processors busy meanwhile, at a low priority, for an hour at most."""
    loop = f"import os, time\nos.nice(10)\nend = time.monotonic() + {BURN_SECONDS}\nwhile time.monotonic() < end: pass"
    burners = [subprocess.Popen([sys.executable, "-c", loop]) for _ in range(count)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


async def churn(stacks: Stacks, rounds: int, services: int) -> list[float]:
    """The seconds of each ``down``. Raises AssertionError for one that failed or left something."""
    spec = stacks.spec({f"s{number:02}": {"command": IDLE, "stop_grace_period": "0s"} for number in range(services)})
    took: list[float] = []
    for number in range(1, rounds + 1):
        handle = await stacks.up(spec)
        began = time.perf_counter()
        # By stops, whose grace is nothing, or by removals alone.
        report = await stacks.call("down", handle, b'{"timeout": 0}' if number % 2 else None)
        took.append(time.perf_counter() - began)
        assert report["errors"] == [], f"round {number}: {report}"
        assert report["containers_removed"] == services and report["networks_removed"] == 1, f"round {number}: {report}"
        assert nothing_of(stacks.engine, stacks.prefix), f"round {number}: something is left"
    return took
