"""What a container says, heard from its start."""

from __future__ import annotations

import anyio
import pytest

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.container import ExecOptions, LogChunk
from tests.contract.support import BOUND
from tests.live.conftest import Bench

pytestmark = pytest.mark.anyio


async def text(stream: Stream[LogChunk]) -> str:
    found = ""
    with anyio.fail_after(BOUND):
        while (chunks := await stream.next()) is not None:
            found += "".join(chunk.text for chunk in chunks)
    return found


async def test_what_a_short_life_says(bench: Bench) -> None:
    handle = await bench.backend.create_container(bench.spec("sh", "-c", "echo one; echo two"))
    session = await bench.backend.attach_container(handle.id)
    await bench.backend.start_container(handle.id)
    assert await text(session.output) == "one\ntwo\n"
    with pytest.raises(Conflict):
        await session.send(b"x")
    await session.aclose()
    with pytest.raises(NotFound):
        await bench.backend.attach_container(bench.name("none"))


async def test_a_session_that_is_closed(bench: Bench) -> None:
    handle = await bench.backend.create_container(bench.spec("sleep", "600"))
    session = await bench.backend.attach_container(handle.id)
    async with anyio.create_task_group() as group:

        async def read() -> None:
            assert await session.output.next() is None

        group.start_soon(read)
        await anyio.sleep(0.05)
        await session.aclose()
        await session.aclose()


async def test_a_command_ends_and_has_said_something(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    execution = await bench.backend.exec_stream(handle.id, ["echo", "said"], ExecOptions())
    assert "said" in await text(execution.output)
    assert await execution.exit_code() == 0
    await execution.aclose()
