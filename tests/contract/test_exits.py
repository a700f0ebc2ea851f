"""The next end of a container, watched for."""

from __future__ import annotations

import anyio
import pytest

from perry_ffi.errors import BackendError, NotFound, Timeout
from tests.contract.support import BOUND
from tests.live.conftest import Bench

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("rm", [False, True])
async def test_the_code_of_a_short_life(bench: Bench, rm: bool) -> None:
    for code in (0, 5, 143):
        handle = await bench.backend.create_container(bench.spec("sh", "-c", f"exit {code}", rm=rm))
        watch = await bench.backend.wait_exit(handle.name or "")
        await bench.backend.start_container(handle.id)
        assert await watch.exit_code(BOUND) == code
        assert await watch.exit_code(BOUND) == code
        await watch.aclose()


async def test_a_watch_sees_the_next_end_and_not_the_last(bench: Bench) -> None:
    backend = bench.backend
    handle = await bench.run("sh", "-c", "test -e /x && exit 6; echo >/x; exit 5")
    assert await backend.wait_container(handle.id, BOUND) == 5
    watch = await backend.wait_exit(handle.id)
    with pytest.raises(Timeout) as caught:
        await watch.exit_code(0.5)
    assert caught.value.details["seconds"] == 0.5
    await backend.start_container(handle.id)
    assert await watch.exit_code(BOUND) == 6
    await watch.aclose()


async def test_a_watch_of_a_run_that_has_begun(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    watch = await bench.backend.wait_exit(handle.id)
    await bench.backend.kill_container(handle.id)
    assert await watch.exit_code(BOUND) == 137
    await watch.aclose()


async def test_the_first_end_where_the_engine_starts_it_again(bench: Bench) -> None:
    handle = await bench.backend.create_container(bench.spec("sh", "-c", "exit 3", restart="on-failure:2"))
    watch = await bench.backend.wait_exit(handle.id)
    await bench.backend.start_container(handle.id)
    assert await watch.exit_code(BOUND) == 3
    await watch.aclose()


async def test_a_watch_of_what_never_runs(bench: Bench) -> None:
    backend = bench.backend
    with pytest.raises(NotFound):
        await backend.wait_exit(bench.name("none"))
    handle = await backend.create_container(bench.spec("true"))
    watch = await backend.wait_exit(handle.id)
    await backend.remove_container(handle.id)
    for _ in range(2):
        with pytest.raises(NotFound):
            await watch.exit_code(BOUND)
    await watch.aclose()


async def test_a_watch_that_is_given_up(bench: Bench) -> None:
    handle = await bench.backend.create_container(bench.spec("true"))
    watch = await bench.backend.wait_exit(handle.id)
    async with anyio.create_task_group() as group:

        async def wait() -> None:
            with pytest.raises(BackendError):
                await watch.exit_code()

        group.start_soon(wait)
        await anyio.sleep(0.05)
        await watch.aclose()
        await watch.aclose()
