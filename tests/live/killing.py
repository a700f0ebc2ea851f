"""Processes that bring a stack up and are killed at it, at random moments."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from tests.live.stack_support import Stacks, environ

ROOT = Path(__file__).resolve().parents[2]


class Nursery:
    """A process with the library loaded that forks a child for every ``up``: to start is quick, and to kill is real."""

    module = "tests.live.killing"

    def __init__(self, stacks: Stacks) -> None:
        paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.module],
            env={**environ(stacks.engine, stacks.folder), "PYTHONPATH": paths},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip

    def begin(self, spec: dict[str, Any]) -> int:
        """Starts an ``up`` in a process of its own, and gives that process's number."""
        return self._ask(json.dumps(spec))

    def end(self) -> bool:
        """Kills the process; whether it was still at work."""
        return self._ask("kill") == signal.SIGKILL

    def _ask(self, line: str) -> int:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)


async def variants(stacks: Stacks) -> list[dict[str, Any]]:
    """Projects of one name, each an edit of the others: recreated, scaled, with and without a service, a hook, a network."""
    volumes, configs = {"data": {}}, {"c": {"content": "x"}} if await stacks.has("op.archive") else {}

    def one(value: str, scale: int, **more: Any) -> dict[str, Any]:
        services = {
            "a": {"volumes": ["data:/data", "/scratch"], "environment": {"V": value}, "configs": list(configs)},
            "b": {"depends_on": ["a"], "scale": scale},
            **more,
        }
        networks = {"default": {"labels": {"scale": str(scale)}}}
        return stacks.spec(services, volumes=volumes, configs=configs, networks=networks)

    hook = [{"command": ["true"]}]
    return [one("1", 1), one("2", 2), one("3", 1, n={"pre_start": hook, "environment": {"V": "3"}})]


async def rounds(stacks: Stacks, kills: int, seed: int) -> dict[str, int]:
    """Kills an ``up`` again and again. After each kill the next ``up`` converges, or ``down`` leaves nothing.

    Gives how many were killed at work, and how many of them left something.
    """
    chance = random.Random(seed)
    whole = await stacks.has("DownOptions.volumes", native=True)

    def counted() -> set[str]:
        """The volumes; where unnamed ones may be left, those of the test's names alone."""
        return {name for name in stacks.held()["volumes"] if whole or name.startswith(stacks.prefix)}

    volumes = counted()
    kinds = await variants(stacks)
    nursery = Nursery(stacks)
    told = {"killed": 0, "left": 0}
    span = await _converges(stacks, kinds[0], f"seed {seed}, start")
    try:
        while told["killed"] < kills:
            spec = chance.choice(kinds)
            was = stacks.held()
            nursery.begin(spec)
            await asyncio.sleep(chance.uniform(0.0, 1.1 * span))
            if nursery.end():
                told["killed"] += 1
                told["left"] += await settled(stacks) != was
            where = f"seed {seed}, kill {told['killed']}"
            if chance.random() < 0.3:
                report = await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
                found = stacks.held()
                assert report["errors"] == [] and not found["containers"] and not found["networks"], (where, report, found)
                assert counted() == volumes, (where, found)
            elif chance.random() < 0.8:
                span = max(span / 2, await _converges(stacks, chance.choice(kinds), where))
        await _converges(stacks, kinds[0], f"seed {seed}, end")
        await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
        assert counted() == volumes
    finally:
        nursery.close()
    return told


async def settled(stacks: Stacks) -> dict[str, Any]:
    """What the engine holds once it has carried out the last calls of the dead; none takes it longer than a stop."""
    before, now = None, stacks.held()
    while now != before:
        await asyncio.sleep(0.2)
        before, now = now, stacks.held()
    return now


async def _converges(stacks: Stacks, spec: dict[str, Any], where: str) -> float:
    """Seconds that the up took: the moments of the kills are chosen within such a span."""
    began = time.monotonic()
    handle = await stacks.up(spec, removeOrphans=True)
    took = time.monotonic() - began
    states = await stacks.states(handle)
    wanted = {f"{name}-{n}" for name, row in spec["services"].items() for n in range(1, row.get("scale", 1) + 1)}
    if states != dict.fromkeys(wanted, "running"):
        raise AssertionError((where, list((await stacks.rows(handle)).values()), await stacks.call("logs", handle, None)))
    assert (await stacks.plan(spec))["steps"] == [], where
    return took


async def _up(document: bytes) -> None:
    """In the child: its number once it is connected, then the ``up``."""
    from perry_ffi.api import stacks as operations
    from perry_ffi.service.client import Client

    client = Client(os.environ)
    await client.backend()
    print(os.getpid(), flush=True)
    await operations.up(client, document, b'{"removeOrphans": true}')


def serve() -> None:
    """The nursery: a line of JSON on stdin for each ``up``, and one to kill it; its pid, and how it ended, on stdout."""
    import gc

    from perry_ffi.api import stacks as operations  # noqa: F401 - loaded before the forks
    from perry_ffi.backends.engine_api import engine  # noqa: F401
    from perry_ffi.compose import load_document  # noqa: F401
    from perry_ffi.stack import project_run, specs, up  # noqa: F401

    gc.freeze()
    serve_with(_up)


def serve_with(work: Callable[[bytes], Coroutine[Any, Any, None]]) -> None:
    """For each line of JSON a child that does the work with it, and prints its number when it is about to begin."""
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            try:
                asyncio.run(work(line.encode()))
            finally:
                os._exit(0)
        sys.stdin.readline()
        os.kill(pid, signal.SIGKILL)  # One that has ended stays until it is waited for.
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) * -1, flush=True)


if __name__ == "__main__":
    serve()
