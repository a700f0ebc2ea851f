"""Exit codes on real engines: of containers that remove themselves, are removed, are started again; under load."""

from __future__ import annotations

from collections import Counter

import anyio
import pytest

from perry_ffi.errors import Conflict, ContainerError, NotFound
from perry_ffi.model.container import ExecOptions, LogOptions
from tests.live.conftest import Bench

pytestmark = pytest.mark.anyio


async def code(bench: Bench, script: str, **members: object) -> int | str:
    handle = await bench.run("sh", "-c", script, **members)
    try:
        return await bench.backend.wait_container(handle.id, 60)
    except NotFound:
        return "gone"


@pytest.mark.parametrize("script", ["exit 42", "sleep 0.3; exit 42", "sleep 1.5; exit 42"])
@pytest.mark.parametrize("rm", [True, False])
async def test_the_code_of_one_that_removes_itself(bench: Bench, script: str, rm: bool) -> None:
    """Many at once, so that the engine is busy. The shortest may be gone before the wait begins."""
    seen: Counter[int | str] = Counter()

    async def one() -> None:
        seen[await code(bench, script, rm=rm)] += 1

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(one)
    assert set(seen) <= ({42, "gone"} if rm and script == "exit 42" else {42}), seen


async def test_one_that_somebody_removes(bench: Bench) -> None:
    for rm in (False, True):
        handle = await bench.run("sleep", "600", rm=rm)
        async with anyio.create_task_group() as group:

            async def remove(ident: str = handle.id) -> None:
                await anyio.sleep(0.5)
                await bench.backend.remove_container(ident, force=True)

            group.start_soon(remove)
            assert await bench.backend.wait_container(handle.id, 60) == 137
        with pytest.raises(NotFound):
            await bench.backend.wait_container(handle.id)


async def test_two_who_wait_for_the_same(bench: Bench) -> None:
    handle = await bench.run("sh", "-c", "sleep 0.7; exit 42", rm=True)
    found: list[int] = []

    async def wait(name: str) -> None:
        found.append(await bench.backend.wait_container(name, 60))

    async with anyio.create_task_group() as group:
        for name in (handle.id, handle.id[:16], handle.name or ""):
            group.start_soon(wait, name)
    assert found == [42, 42, 42]


async def test_one_that_is_started_again(bench: Bench) -> None:
    """The end of the run that it is in."""
    script = "test -e /x && exec sleep 600; echo > /x; sleep 1; exit 42"
    assert await code(bench, script, restart="on-failure:3") == 42
    handle = await bench.run("sh", "-c", "exit 0", restart="on-failure:3")
    assert await bench.backend.wait_container(handle.id, 60) == 0


async def test_a_frozen_one(bench: Bench) -> None:
    handle = await bench.run("sh", "-c", "sleep 0.5; exit 42", rm=True)
    await bench.backend.pause_container(handle.id)
    async with anyio.create_task_group() as group:

        async def go_on() -> None:
            await anyio.sleep(1)
            await bench.backend.unpause_container(handle.id)

        group.start_soon(go_on)
        assert await bench.backend.wait_container(handle.id, 60) == 42


async def test_labels_that_are_called_as_the_exit_code(bench: Bench) -> None:
    labels = {"exitCode": "9", "containerExitCode": "8"}
    assert await code(bench, "sleep 0.3; exit 42", labels=labels) == 42
    assert await code(bench, "sleep 0.3; exit 42", labels=labels, restart="on-failure:1") == 42
    handle = await bench.backend.create_container(bench.spec("sh", "-c", "exit 42", labels=labels))
    watch = await bench.backend.wait_exit(handle.id)
    await bench.backend.start_container(handle.id)
    assert await watch.exit_code(60) == 42
    await watch.aclose()


async def test_whoever_looks_at_containers_that_end_gets_an_answer(bench: Bench) -> None:
    """Or hears that there is none: no error tells of the moment at which it was asked."""
    idents: list[str] = []
    odd: list[str] = []
    done = anyio.Event()

    async def live() -> None:
        for _ in range(6):
            handle = await bench.run("sh", "-c", "sleep 0.2; exit 42", rm=True)
            idents.append(handle.id)
            assert await bench.backend.wait_container(handle.id, 60) == 42

    async def look(what: str) -> None:
        backend = bench.backend
        while not done.is_set():
            await anyio.sleep(0.01)
            for ident in idents[-3:]:
                try:
                    if what == "inspect":
                        await backend.inspect_container(ident)
                    elif what == "stats":
                        await backend.container_stats(ident)
                    elif what == "logs":
                        await backend.container_logs(ident, LogOptions())
                    elif what == "exec":
                        await backend.exec_container(ident, ["true"], ExecOptions())
                    else:
                        await backend.list_containers(all=True)
                except (NotFound, Conflict):
                    continue
                except ContainerError as error:
                    odd.append(f"{what}: {error.to_dict()}")

    async with anyio.create_task_group() as group:
        for what in ("inspect", "stats", "logs", "exec", "list"):
            group.start_soon(look, what)
        async with anyio.create_task_group() as makers:
            for _ in range(3):
                makers.start_soon(live)
        done.set()
    assert odd == []
