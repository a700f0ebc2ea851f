"""What an up refuses before it begins, and what a thousand of them leave behind: nothing."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import NotFound, ValidationError
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


@anyio_test
async def test_no_more_at_once_than_asked_for(rig: Rig) -> None:
    """Of what is changed; the engine is asked about as much as ever."""
    inside, most = 0, 0

    async def watch(call: Any, moment: str) -> None:
        nonlocal inside, most
        if call.write:
            inside += 1 if moment == "before" else -1
            most = max(most, inside)
            await anyio.sleep(0.002)

    rig.backend.interrupt = watch
    wanted = project({f"s{number}": {} for number in range(6)})
    for limit, expected in ((1, 1), (2, 2), (99, rig.backend.parallel_calls)):
        inside = most = 0
        rig.context = replace(rig.context, parallel=limit)
        await rig.up(wanted)
        await rig.down("p", wanted)
        assert most <= expected and (limit > 1 or most == 1), (limit, most)


@anyio_test
async def test_what_has_to_be_built_is_an_error_where_nothing_may_be(rig: Rig) -> None:
    wanted = project({"a": {"build": {"context": "/"}}})
    with pytest.raises(NotFound, match="services.a.build"):
        await rig.up(wanted, no_build=True)
    rig.world.make_image("p-a")
    await rig.up(wanted, no_build=True)
    with pytest.raises(ValidationError):
        await rig.up(wanted, no_build=True, build=True)


@anyio_test
async def test_orphans_are_not_told_where_that_is_not_wanted(rig: Rig) -> None:
    await rig.up(project({"a": {}, "b": {}}))
    assert "orphans" in await rig.plan(project({"a": {}}))
    assert "orphans" not in await rig.plan(project({"a": {}}), tell_orphans=False)
