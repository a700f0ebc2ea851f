"""What happens, told as it does."""

from __future__ import annotations

import anyio
import pytest

from tests.contract.support import until
from tests.live.conftest import Bench

pytestmark = pytest.mark.anyio


async def test_nothing_is_missed_after_the_call(bench: Bench) -> None:
    for _ in range(10):
        stream = await bench.backend.events({"perry.test": bench.prefix})
        handle = await bench.backend.create_container(bench.spec("true", labels={"perry.test": bench.prefix}))
        events = await until(stream, lambda event: event.action == "create")
        assert events[-1].id == handle.id
        await stream.aclose()


async def test_labels_of_events_by_key_and_empty_value(bench: Bench) -> None:
    key = f"{bench.prefix}.key"
    by_key, by_empty = await bench.backend.events({key: None}), await bench.backend.events({key: ""})
    full = await bench.backend.create_container(bench.spec("true", labels={key: "v"}))
    empty = await bench.backend.create_container(bench.spec("true", labels={key: ""}))
    found = await until(by_key, lambda event: event.id == empty.id)
    assert [event.id for event in found if event.action == "create"] == [full.id, empty.id]
    assert (await until(by_empty, lambda event: True))[0].id == empty.id
    await by_key.aclose()
    await by_empty.aclose()


async def test_a_closed_stream_of_events_ends(bench: Bench) -> None:
    stream = await bench.backend.events({"perry.test": bench.prefix})
    async with anyio.create_task_group() as group:

        async def read() -> None:
            assert await stream.next() is None

        group.start_soon(read)
        await anyio.sleep(0.05)
        await stream.aclose()
    assert await stream.next() is None
