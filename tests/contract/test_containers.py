"""Containers, from their creation to their removal."""

from __future__ import annotations

import pytest

from perry_ffi.errors import BackendError, Conflict, ContainerError, NotFound, Timeout
from perry_ffi.model.container import ExecOptions, LogOptions
from tests.contract.support import has
from tests.live.conftest import IMAGE, Bench

pytestmark = pytest.mark.anyio


async def test_life_of_a_container(bench: Bench) -> None:
    backend = bench.backend
    handle = await backend.create_container(bench.spec("sleep", "600", stop_timeout=0, labels={"a": "b"}))
    assert (await backend.inspect_container(handle.id)).status == "created"
    assert handle.id not in {item.id for item in await backend.list_containers(all=False)}
    await backend.start_container(handle.id)
    await backend.start_container(handle.name)
    seen = await backend.inspect_container(handle.name)
    assert (seen.status, seen.id, seen.name, seen.image) == ("running", handle.id, handle.name, IMAGE)
    assert seen.labels["a"] == "b" and seen.raw and seen.exit_code is None
    assert handle.id in {item.id for item in await backend.list_containers(all=False)}
    with pytest.raises(Conflict):
        await backend.remove_container(handle.id)
    await backend.stop_container(handle.id)
    await backend.stop_container(handle.id)
    assert (await backend.inspect_container(handle.id)).status == "exited"
    assert handle.id not in {item.id for item in await backend.list_containers(all=False)}
    assert handle.id in {item.id for item in await backend.list_containers(all=True)}
    await backend.remove_container(handle.id)
    with pytest.raises(NotFound):
        await backend.inspect_container(handle.id)


async def test_labels_select(bench: Bench) -> None:
    both = await bench.backend.create_container(bench.spec("true", labels={"x": bench.prefix, "y": "1=2, 3"}))
    await bench.backend.create_container(bench.spec("true", labels={"x": bench.prefix}))
    found = await bench.backend.list_containers(all=True, labels={"x": bench.prefix, "y": "1=2, 3"})
    assert [item.id for item in found] == [both.id]
    assert len(await bench.backend.list_containers(all=True, labels={"x": bench.prefix})) == 2


async def test_a_name_that_is_taken(bench: Bench) -> None:
    spec = bench.spec("true")
    await bench.backend.create_container(spec)
    with pytest.raises(Conflict):
        await bench.backend.create_container(spec)


NOWHERE = [
    "nothing-has-this-name",
    "-rf",
    "--help",
    "../../images/json",
    "a/b",
    "a?all=1",
    "a\nb",
    "a b",
    '"',
    "\0",
    "%2e%2e",
    "..",
]


@pytest.mark.parametrize("ident", NOWHERE)
async def test_what_is_not_there_is_not_found(bench: Bench, ident: str) -> None:
    backend = bench.backend
    calls = [
        backend.start_container(ident),
        backend.stop_container(ident),
        backend.remove_container(ident, force=True),
        backend.remove_container(ident),
        backend.inspect_container(ident),
        backend.wait_container(ident),
        backend.container_logs(ident, LogOptions()),
        backend.follow_logs(ident, LogOptions()),
        backend.exec_container(ident, ["true"], ExecOptions()),
        *([backend.container_stats(ident)] if has(bench, "op.stats") else []),
        backend.remove_network(ident),
        backend.inspect_network(ident),
        backend.remove_volume(ident),
        backend.remove_volume(ident, force=True),
        backend.inspect_volume(ident),
    ]
    for number, call in enumerate(calls):
        with pytest.raises(ContainerError) as caught:
            await call
        assert isinstance(caught.value, NotFound), (number, caught.value.to_dict())


async def test_wait_has_a_bound_and_needs_a_start(bench: Bench) -> None:
    running = await bench.run("sleep", "600", stop_timeout=0)
    with pytest.raises(Timeout):
        await bench.backend.wait_container(running.id, 0.2)
    created = await bench.backend.create_container(bench.spec("true"))
    with pytest.raises(Conflict):
        await bench.backend.wait_container(created.id)


async def test_a_start_that_fails_leaves_nothing(bench: Bench) -> None:
    spec = bench.spec("/no/such/program")
    with pytest.raises(BackendError) as caught:
        await bench.backend.run_container(spec)
    assert caught.value.details["backend"] == bench.engine.name
    with pytest.raises(NotFound):
        await bench.backend.inspect_container(spec.name or "")


async def test_an_image_that_is_not_there(bench: Bench) -> None:
    spec = bench.spec("true").model_copy(update={"image": "localhost/no-such-image:9", "pull_policy": "never"})
    with pytest.raises(NotFound):
        await bench.backend.create_container(spec)
