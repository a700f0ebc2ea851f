from __future__ import annotations

from collections.abc import Sequence

import anyio
import anyio.lowlevel
import pytest

from perry_ffi.api.streams import close, next_
from perry_ffi.errors import BackendError, NotFound
from perry_ffi.service.client import Client
from perry_ffi.service.streams import open_stream

pytestmark = pytest.mark.anyio


class Source:
    """Records as they are given to it; its reads overlap only if its readers do."""

    def __init__(self, *batches: Sequence[int] | Exception | None) -> None:
        self.batches = list(batches)
        self.released = anyio.Event()
        self.reading = 0
        self.closed = 0
        self.waits = False

    async def next(self) -> Sequence[int] | None:
        self.reading += 1
        assert self.reading == 1, "two readers at a time"
        try:
            if self.waits:
                await self.released.wait()
            await anyio.lowlevel.checkpoint()
            batch = None if self.closed else self.batches.pop(0)
        finally:
            self.reading -= 1
        if isinstance(batch, Exception):
            raise batch
        return batch

    async def aclose(self) -> None:
        self.closed += 1
        self.released.set()


async def test_records_come_in_order_to_readers_that_take_turns() -> None:
    client = Client({})
    source = Source([1], [2, 3], [4], None)
    stream = client.handles.number(open_stream(client, source))
    got: list[object] = []

    async def read() -> None:
        got.append(await next_(client, stream))

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(read)
    assert got == [[1], [2, 3], [4], None, None]
    assert source.closed == 1


async def test_close_ends_readers_that_wait() -> None:
    client = Client({})
    source = Source([1], [2])
    source.waits = True
    stream = client.handles.number(open_stream(client, source))
    got: list[object] = []

    async def read() -> None:
        got.append(await next_(client, stream))

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(read)
        await anyio.sleep(0.01)
        await close(client, stream)
    assert got == [None, None, None]
    assert len(client.handles) == 0


async def test_a_closed_stream_is_not_found() -> None:
    client = Client({})
    stream = client.handles.number(open_stream(client, Source([1])))
    await close(client, stream)
    with pytest.raises(NotFound):
        await close(client, stream)
    with pytest.raises(NotFound):
        await next_(client, stream)


async def test_a_cancelled_reader_takes_nothing() -> None:
    client = Client({})
    source = Source([1], [2])
    source.waits = True
    stream = client.handles.number(open_stream(client, source))
    with anyio.move_on_after(0.01):
        await next_(client, stream)
    source.released.set()
    assert [await next_(client, stream), await next_(client, stream)] == [[1], [2]]


async def test_an_error_of_the_source_is_the_reader_s() -> None:
    client = Client({})
    stream = client.handles.number(open_stream(client, Source(BackendError("it broke"), [2])))
    with pytest.raises(BackendError):
        await next_(client, stream)
    assert await next_(client, stream) == [2]


async def test_a_session_closes_its_streams() -> None:
    client = Client({})
    sources = [Source([1]) for _ in range(3)]
    for source in sources:
        open_stream(client, source)
    await client.aclose()
    assert [source.closed for source in sources] == [1, 1, 1]
