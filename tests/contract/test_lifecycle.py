"""What may be done to a container beyond starting and stopping it."""

from __future__ import annotations

import pytest

from perry_ffi.errors import Conflict, NotFound, ValidationError
from tests.contract.support import BOUND, has, need, status
from tests.live.conftest import Bench

pytestmark = pytest.mark.anyio


async def test_renaming(bench: Bench) -> None:
    need(bench, "op.rename")
    backend = bench.backend
    one = await backend.create_container(bench.spec("true", name=bench.name("one")))
    two = await backend.create_container(bench.spec("true", name=bench.name("two")))
    await backend.rename_container(one.id, bench.name("new"))
    assert (await backend.inspect_container(one.id)).name == bench.name("new")
    await backend.rename_container(one.id, bench.name("new"))
    with pytest.raises(Conflict):
        await backend.rename_container(two.id, bench.name("new"))
    with pytest.raises(ValidationError):
        await backend.rename_container(two.id, "a name & more")
    with pytest.raises(NotFound):
        await backend.rename_container(bench.name("none"), bench.name("other"))
    assert (await backend.inspect_container(two.id)).name == bench.name("two")


async def test_what_creates_a_container_again(bench: Bench) -> None:
    """Of a backend that cannot rename: what it replaces it removes first, and brings back by this."""
    if has(bench, "op.rename"):
        pytest.skip(f"{bench.backend.name} renames, and is never asked")
    backend, name = bench.backend, bench.name("kept")
    members = {"name": name, "volumes": ["/scratch"], "env": {"A": "1"}, "labels": {"l": "1"}}
    old = await backend.create_container(bench.spec("sleep", "600", **members))
    was = await backend.inspect_container(old.id)
    spec = await backend.container_spec(old.id)
    assert (spec.name, spec.cmd, spec.env["A"], spec.labels["l"]) == (name, ["sleep", "600"], "1", "1")
    assert [(mount.target, mount.source) for mount in spec.volumes] == [(row.target, row.name) for row in was.mounts]
    await backend.remove_container(old.id, volumes=False)
    again = await backend.create_container(spec)
    now = await backend.inspect_container(again.id)
    assert (now.name, now.mounts, now.labels, now.image_id) == (was.name, was.mounts, was.labels, was.image_id)
    with pytest.raises(NotFound):
        await backend.container_spec(bench.name("none"))


async def test_the_plain_kill(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    await bench.backend.kill_container(handle.id)
    assert await bench.backend.wait_container(handle.id, BOUND) == 137


async def test_freezing(bench: Bench) -> None:
    need(bench, "op.pause")
    backend = bench.backend
    handle = await backend.create_container(bench.spec("sleep", "600"))
    for call in (backend.pause_container, backend.unpause_container):
        with pytest.raises(Conflict):
            await call(handle.id)
        with pytest.raises(NotFound):
            await call(bench.name("none"))
    await backend.start_container(handle.id)
    await backend.unpause_container(handle.id)
    await backend.pause_container(handle.id)
    await backend.pause_container(handle.id)
    assert await status(bench, handle.id) == "paused"
    await backend.unpause_container(handle.id)
    await backend.unpause_container(handle.id)
    assert await status(bench, handle.id) == "running"


async def test_restarting(bench: Bench) -> None:
    backend = bench.backend
    handle = await bench.run("sleep", "600")
    before = (await backend.inspect_container(handle.id)).started_at
    await backend.restart_container(handle.id, 0)
    after = await backend.inspect_container(handle.id)
    assert after.status == "running" and after.started_at != before
    await backend.stop_container(handle.id, 0)
    await backend.restart_container(handle.id, 0)
    assert await status(bench, handle.id) == "running"
    with pytest.raises(NotFound):
        await backend.restart_container(bench.name("none"))
