"""A process that brings a project up on a swarm is killed at it: the next ``up`` converges, and a ``down`` leaves nothing on any node."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.up import plan, up
from tests.engines.swarm.lab import Lab, until
from tests.live.proxy import proxy
from tests.swarm.shop import on
from tests.swarm.small import NAME, document, held, run_once, small

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]
ROOT = Path(__file__).resolve().parents[2]


async def kill_at(lab: Lab, folder: Path, scale: int, number: int) -> None:
    """Runs ``perry-compose up`` and kills it when its change of this number comes; the engine carries that one out."""
    (folder / "compose.yaml").write_text(json.dumps(document(lab, scale=scale)))
    async with proxy(lab.leader().socket, folder / f"kill{number}.sock") as tap:
        tap.arm(number, only_watch=True, among="^(POST|DELETE) ")
        environ = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": str(ROOT / "src"),
            "PERRY_CONTAINER_BACKEND": "swarm", "DOCKER_HOST": f"unix://{tap.socket}", "KEY": "hidden",
        }  # fmt: skip
        process = subprocess.Popen([sys.executable, "-m", "perry_ffi.cli.main", "up", "-d"], cwd=folder, env=environ)
        try:
            async with asyncio.timeout(60):
                await tap.watch.wait()
        finally:
            process.kill()
            ended = await asyncio.to_thread(process.wait)
        assert ended == -signal.SIGKILL, "it was at work"


async def test_killed_at_each_change(lab: Lab, tmp_path: Path) -> None:
    """A network, a config, a secret and two services; every other time ``down`` comes first."""
    async with on(lab.leader().socket, tmp_path) as context:
        for number in range(5):
            scale = 1 if number == 4 else 0
            await kill_at(lab, tmp_path, scale, number)
            until(lambda: held(lab), "the change was carried out, and stays")
            if number % 2 == 0:
                wanted = small(lab, scale=scale)
                await up(context, wanted, Up())
                assert (await plan(context, wanted, Up())).empty
                assert len(held(lab)) == 5
                run_once(lab, **{"back": 1, "front": 1} if scale else {})
            assert (await down(context, NAME, None, Down())).errors == []
            until(lambda: not lab.leftovers(NAME), "nothing is left on any node")
