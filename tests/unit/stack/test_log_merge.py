from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import NotFound
from perry_ffi.model.container import LogChunk, LogOptions
from perry_ffi.stack.log_merge import MergedLogs
from perry_ffi.stack.logs import LogRequest
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio


class Log(Stream[LogChunk]):
    """A log in batches; counts how many of them were read."""

    def __init__(self, batches: list[str]) -> None:
        self.batches, self.read, self.closed = batches, 0, False

    async def next(self) -> Sequence[LogChunk] | None:
        if self.read == len(self.batches):
            return None
        self.read += 1
        return [LogChunk(stream="stdout", text=self.batches[self.read - 1])]

    async def aclose(self) -> None:
        self.closed = True


def stamped(second: int, text: str) -> str:
    return f"2030-01-02T03:04:{second:02}.000000001Z {text}\n"


@pytest.fixture
async def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    found = Rig(tmp_path)
    await found.up(project({"a": {}, "b": {"scale": 2}}))
    return found


def logs(rig: Rig, monkeypatch: pytest.MonkeyPatch, **by_name: list[str]) -> dict[str, Log]:
    found = {f"p-{name.replace('_', '-')}": Log(batches) for name, batches in by_name.items()}
    asked: list[LogOptions] = []

    async def read(ident: str, options: LogOptions) -> Stream[LogChunk]:
        asked.append(options)
        name = rig.world.find(ident).name
        if name not in found:
            raise NotFound("it has gone")
        return found[name]

    monkeypatch.setattr(rig.backend, "read_logs", read)
    return found


async def said(stream: MergedLogs) -> list[str]:
    found: list[str] = []
    while (batch := await stream.next()) is not None:
        assert batch
        found += [record["text"] for record in batch]
    return found


async def test_records_come_in_order_of_time(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = list(range(60))
    random.Random(3).shuffle(seconds)
    parts = {"a_1": sorted(seconds[:20]), "b_1": sorted(seconds[20:35]), "b_2": sorted(seconds[35:])}
    found = logs(rig, monkeypatch, **{name: [stamped(n, str(n)) for n in part] for name, part in parts.items()})
    stream = await MergedLogs(rig.context, "p", LogRequest()).open()
    assert [row.name for row in stream.rows] == ["p-a-1", "p-b-1", "p-b-2"]
    assert await said(stream) == [str(n) for n in range(60)]
    assert all(log.closed for log in found.values())


async def test_no_more_is_read_than_has_to_be_known(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    found = logs(rig, monkeypatch, a_1=[stamped(n, "a") for n in range(50)], b_1=[stamped(55, "b")])
    stream = await MergedLogs(rig.context, "p", LogRequest()).open()
    assert [record["text"] for record in await stream.next() or ()] == ["a"]
    assert (found["p-a-1"].read, found["p-b-1"].read) == (1, 1)
    await stream.aclose()
    assert found["p-a-1"].closed and found["p-b-1"].closed


async def test_one_of_several_containers(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    logs(rig, monkeypatch, a_1=[stamped(1, "a1")], b_1=[stamped(2, "b1")], b_2=[stamped(3, "b2")])
    assert await said(await MergedLogs(rig.context, "p", LogRequest(("b",), number=2)).open()) == ["b2"]
    assert await said(await MergedLogs(rig.context, "p", LogRequest(number=1)).open()) == ["a1", "b1"]
    with pytest.raises(NotFound, match="b: it has no container 3"):
        await MergedLogs(rig.context, "p", LogRequest(("b",), number=3)).open()
    with pytest.raises(NotFound, match="no such service: c"):
        await MergedLogs(rig.context, "p", LogRequest(("c",))).open()
