"""The container operations on real engines."""

from __future__ import annotations

import json

import anyio
import pytest

from perry_ffi.backends.detect import detect
from perry_ffi.errors import Conflict, ContainerError, NotFound, ValidationError
from perry_ffi.model.container import LogOptions
from perry_ffi.settings import Settings
from tests.engines.daemon import ask
from tests.live.conftest import Bench

pytestmark = pytest.mark.anyio


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


async def test_a_cancelled_create_leaves_nothing(bench: Bench) -> None:
    """Wherever the cancellation falls."""
    for step in range(12):
        spec = bench.spec("true")
        with anyio.move_on_after(0.004 * step):
            await bench.backend.run_container(spec)
            continue
        with pytest.raises(NotFound):
            await bench.backend.inspect_container(spec.name or "")


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


async def test_what_an_engine_says_of_itself(bench: Bench, settings: Settings) -> None:
    """The live engine and a probe of it tell the same, as its own document has it."""
    info = await bench.backend.info()
    (row,) = await detect(settings, [bench.engine.name])
    assert row == info and info.available and info.mode == "local"
    document = json.loads(ask(bench.engine.socket, "GET", "/v1.41/info")[1])
    version = json.loads(ask(bench.engine.socket, "GET", "/version")[1])["Version"]
    assert (info.api, info.version) == (".".join(map(str, bench.api)), version)
    assert (info.storage_driver, info.runtime, info.cgroup_version) == (
        document["Driver"], document["DefaultRuntime"], document["CgroupVersion"],
    )  # fmt: skip
    assert info.runtime in (info.runtimes or []) and set(info.runtimes or []) <= set(document["Runtimes"])
    assert info.rootless is (document.get("Rootless") is True or "name=rootless" in document["SecurityOptions"])
