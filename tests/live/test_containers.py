"""The container operations on real engines."""

from __future__ import annotations

import anyio
import pytest

from perry_ffi.errors import BackendError, Conflict, ContainerError, NotFound, Timeout, ValidationError
from perry_ffi.model.container import ExecOptions, LogOptions
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
        backend.container_stats(ident),
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


@pytest.mark.parametrize("reference", ["nothing/here:1", "sha256:" + "0" * 64, "-x", "a/../b", "a?b", "\n", "A/B"])
async def test_images_that_are_not_there(bench: Bench, reference: str) -> None:
    for call in (bench.backend.inspect_image(reference), bench.backend.remove_image(reference, force=True)):
        with pytest.raises(ContainerError) as caught:
            await call
        assert isinstance(caught.value, (NotFound, ValidationError)), caught.value.to_dict()


async def test_exit_codes(bench: Bench) -> None:
    backend = bench.backend
    for code in (0, 1, 3, 255):
        handle = await bench.run("sh", "-c", f"exit {code}")
        assert await backend.wait_container(handle.id) == code
        assert await backend.wait_container(handle.name) == code
        seen = await backend.inspect_container(handle.id)
        assert (seen.status, seen.exit_code) == ("exited", code)
    running = await bench.run("sh", "-c", "sleep 0.3; exit 7")
    assert await backend.wait_container(running.id) == 7
    killed = await bench.run("sleep", "600", stop_timeout=0)
    await backend.stop_container(killed.id, 0)
    assert await backend.wait_container(killed.id) == 137


async def test_wait_has_a_bound_and_needs_a_start(bench: Bench) -> None:
    running = await bench.run("sleep", "600", stop_timeout=0)
    with pytest.raises(Timeout):
        await bench.backend.wait_container(running.id, 0.2)
    created = await bench.backend.create_container(bench.spec("true"))
    with pytest.raises(Conflict):
        await bench.backend.wait_container(created.id)


async def test_wait_for_one_that_removes_itself(bench: Bench) -> None:
    handle = await bench.run("sh", "-c", "sleep 0.4; exit 5", rm=True)
    assert await bench.backend.wait_container(handle.id) == 5
    with anyio.fail_after(10):
        while handle.id in {item.id for item in await bench.backend.list_containers(all=True)}:
            await anyio.sleep(0.02)
    again = await bench.run("sleep", "600", rm=True, stop_timeout=0)
    await bench.backend.stop_container(again.id, 0)
    with anyio.fail_after(10):
        while again.id in {item.id for item in await bench.backend.list_containers(all=True)}:
            await anyio.sleep(0.02)


async def test_a_start_that_fails_leaves_nothing(bench: Bench) -> None:
    spec = bench.spec("/no/such/program")
    with pytest.raises(BackendError) as caught:
        await bench.backend.run_container(spec)
    assert caught.value.details["backend"] == bench.engine.name
    with pytest.raises(NotFound):
        await bench.backend.inspect_container(spec.name or "")


async def test_a_cancelled_create_leaves_nothing(bench: Bench) -> None:
    """Wherever the cancellation falls."""
    for step in range(12):
        spec = bench.spec("true")
        with anyio.move_on_after(0.004 * step):
            await bench.backend.run_container(spec)
            continue
        with pytest.raises(NotFound):
            await bench.backend.inspect_container(spec.name or "")


async def test_an_image_that_is_not_there(bench: Bench) -> None:
    spec = bench.spec("true").model_copy(update={"image": "localhost/no-such-image:9", "pull_policy": "never"})
    with pytest.raises(NotFound):
        await bench.backend.create_container(spec)


@pytest.mark.parametrize(
    "word", ["-x", "--", "a b", "'", '"', "$(id)", "a\nb", "*", "\\", "ü☃", "", "../..", "`id`", ";id", "%s", "\t"]
)
async def test_words_stay_what_they_are(bench: Bench, word: str) -> None:
    """Arguments, variables and labels reach the container byte for byte."""
    script = 'printf "%s|%s|" "$1" "$V"'
    handle = await bench.run("sh", "-c", script, "sh", word, env={"V": word}, labels={"l": word})
    assert await bench.backend.wait_container(handle.id) == 0
    logs = await bench.backend.container_logs(handle.id, LogOptions())
    assert logs.stdout == f"{word}|{word}|"
    assert (await bench.backend.inspect_container(handle.id)).labels["l"] == word


async def test_fifty_at_once(bench: Bench) -> None:
    backend, codes = bench.backend, []

    async def one(number: int) -> None:
        handle = await bench.run("sh", "-c", f"exit {number}", name=bench.name(f"n{number}"))
        codes.append((number, await backend.wait_container(handle.id)))
        await backend.remove_container(handle.id)

    async with anyio.create_task_group() as group:
        for number in range(50):
            group.start_soon(one, number)
    assert sorted(codes) == [(number, number) for number in range(50)]


async def test_stats(bench: Bench) -> None:
    handle = await bench.run("sh", "-c", "while :; do :; done", stop_timeout=0, memory="64m")
    sample = await bench.backend.container_stats(handle.id)
    assert sample.pids >= 1 and sample.cpu_percent > 0 and sample.memory_limit == 64 * 1024 * 1024
    await bench.backend.stop_container(handle.id, 0)
    with pytest.raises(Conflict):
        await bench.backend.container_stats(handle.id)


async def test_a_forced_removal_waits_for_no_grace(bench: Bench) -> None:
    """Also where the container has a long one and heeds no signal, is paused, or comes back by its policy."""
    deaf = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
    for more in ({}, {"restart": "always"}, {"paused": True}):
        paused = more.pop("paused", False)
        handle = await bench.run(*deaf, stop_timeout=60, **more)
        if paused:
            await bench.backend.pause_container(handle.id)
        with anyio.fail_after(30):
            await bench.backend.remove_container(handle.id, force=True)
        with pytest.raises(NotFound):
            await bench.backend.inspect_container(handle.id)
