"""A process that is killed in the midst of an ``up`` on apple/container: what the next one finds there.

The containers go on, and so do the programs that started them; the next ``up`` converges, and ``down`` leaves nothing. What went
with the process are the codes of the runs that it began: a run that is over has none for anybody, and a job is not run again.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import NotFound
from perry_ffi.service.client import Client
from tests.contract.test_nerdctl_kill import HOST, KILLS, ROOT, killed_at_random
from tests.engines.apple.installed import install
from tests.engines.private import Engine
from tests.live.conftest import IMAGE
from tests.live.stack_support import IDLE, Stacks

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1800)]


@pytest.fixture
async def stacks(tmp_path: Path) -> AsyncIterator[Stacks]:
    """Projects on the engine that stands in; what the test made is removed."""
    patience = {f"PERRY_CONTAINER_{what}_TIMEOUT": "60" for what in ("ENGINE", "PROBE")}
    own = {"XDG_RUNTIME_DIR": str(tmp_path), "PERRY_CONTAINER_BACKEND": "apple/container"}
    client = Client({**install(tmp_path, IMAGE), **patience, **own})
    yield Stacks(client, Engine("apple/container", ""), f"pt{secrets.token_hex(4)}", tmp_path)
    backend = await client.backend()
    for item in await backend.list_containers(all=True):
        await backend.remove_container(item.id, force=True)
    await client.aclose()


async def test_killed_at_random_moments(stacks: Stacks) -> None:
    await killed_at_random(stacks, KILLS)


async def until(seen: Callable[[], Awaitable[dict[str, str]]], name: str, status: str) -> None:
    async with asyncio.timeout(60):
        while (await seen()).get(name) != status:
            await asyncio.sleep(0.05)


async def test_what_a_next_run_finds(stacks: Stacks) -> None:
    job = {"command": ["sh", "-c", "sleep 2; exit 3"], "restart": "no", "stop_grace_period": "0s"}
    services: dict[str, Any] = {
        "db": {"command": IDLE, "stop_grace_period": "0s"}, "job": {**job, "depends_on": ["db"]},
        "web": {"command": IDLE, "depends_on": {"job": {"condition": "service_completed_successfully"}}},
    }  # fmt: skip
    spec, backend = stacks.spec(services), await stacks.client.backend()
    db, job_name = f"{stacks.prefix}-db-1", f"{stacks.prefix}-job-1"

    async def states() -> dict[str, str]:
        return {item.name.removeprefix(stacks.prefix): item.status for item in await backend.list_containers(all=True)}

    environ = {**(stacks.client.settings.environ or {}), "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    host = subprocess.Popen([sys.executable, "-c", HOST], env=environ, stdin=subprocess.PIPE)
    assert host.stdin is not None
    host.stdin.write(json.dumps(spec).encode())
    host.stdin.close()
    await until(states, "-job-1", "running")
    host.kill()
    host.wait()
    await until(states, "-job-1", "exited")
    assert await states() == {"-db-1": "running", "-job-1": "exited", "-web-1": "created"}
    assert (await backend.inspect_container(job_name)).exit_code is None
    with pytest.raises(NotFound, match="code"):
        await backend.wait_container(job_name)
    before = await backend.inspect_container(db)
    services["web"]["depends_on"] = ["db"]
    await stacks.up(stacks.spec(services))
    assert (await backend.inspect_container(db)).started_at == before.started_at
    assert (await states())["-web-1"] == "running"
