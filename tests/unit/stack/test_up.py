"""What an up refuses before it begins, and what a thousand of them leave behind: nothing."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import ValidationError
from tests.unit.stack.rig import Rig, project

anyio_test = pytest.mark.anyio


@anyio_test
async def test_nothing_of_a_thousand_cycles_stays(tmp_path: Path) -> None:
    import gc
    import threading
    import tracemalloc

    rig = Rig(tmp_path, job=Behaviour(exit_code=0))
    wanted = project(
        {
            "db": {"volumes": ["data:/d"]},
            "job": {},
            "web": {"depends_on": {"job": {"condition": "service_completed_successfully"}}},
        },
        volumes={"data": {}},
    )

    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    async def cycles(count: int) -> None:
        for _ in range(count):
            await rig.up(wanted)
            await rig.down(volumes=True)
            rig.backend.calls.clear()

    await cycles(50)
    before = (open_files(), threading.active_count(), len(asyncio.all_tasks()))
    tracemalloc.start()
    await cycles(10)
    gc.collect()
    began = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    await cycles(930)
    tracemalloc.start()
    await cycles(10)
    gc.collect()
    ended = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert (open_files(), threading.active_count(), len(asyncio.all_tasks())) == before
    assert rig.backend.open_streams == 0 and not rig.world.listeners
    assert not rig.world.boxes and not rig.world.volumes
    assert ended < began + 200_000


@pytest.mark.anyio
async def test_more_containers_than_a_machine_runs_are_refused(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    with pytest.raises(ValidationError, match=r"services\.a: 100000000 containers"):
        await rig.up(project({"a": {"scale": 100_000_000}}))
    with pytest.raises(ValidationError, match="services.a.scale|containers"):
        await rig.up(project({"a": {}}), scale={"a": 2**40})
    assert not rig.backend.writes
