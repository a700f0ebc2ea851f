"""The log operation, before a scripted manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.contract.service_records import TaskLog
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import NotFound
from perry_ffi.model.container import LogOptions
from tests.engines.scripted import document
from tests.unit.backends.engine_api.routes import STREAMED, chunk, query
from tests.unit.backends.engine_api.swarm.recorded import API, LOG, SAID, by_name
from tests.unit.backends.engine_api.swarm.test_services import manager
from tests.unit.backends.engine_api.swarm.test_task_lines import frame

pytestmark = pytest.mark.anyio
END = b"0\r\n\r\n"
TASK = next(item for item in SAID["tasks"] if item["ServiceID"] == API)


async def whole(stream: Stream[TaskLog]) -> list[TaskLog]:
    found: list[TaskLog] = []
    while (batch := await stream.next()) is not None:
        assert batch
        found += batch
    await stream.aclose()
    return found


async def test_of_a_service(tmp_path: Path) -> None:
    routes = {f"GET /services/{API}": document(by_name("p_api")), f"GET /services/{API}/logs": STREAMED + chunk(LOG) + END}
    async with manager(tmp_path, routes) as (backend, engine):
        options = LogOptions.model_validate({"tail": 5, "since": 10, "until": "2026-11-27T17:03:28.41Z"})
        found = await whole(await backend.services.logs(API, options))
        assert len(found) == 10 and found[0].text == "hello {{x}}\n"
        assert query(engine.asked[-1]) == {
            "stdout": "1", "stderr": "1", "follow": "0", "timestamps": "1", "details": "1", "tail": "5", "since": "10.000000000",
        }  # fmt: skip
        early = LogOptions.model_validate({"until": "2026-11-27T17:03:28.4Z"})
        assert {record.time < "2026-11-27T17:03:28.4" for record in await whole(await backend.services.logs(API, early))} == {
            True
        }


async def test_of_a_task_followed_until_it_is_closed(tmp_path: Path) -> None:
    ident = TASK["ID"]
    routes = {f"GET /tasks/{ident}": document(TASK), f"GET /tasks/{ident}/logs": STREAMED + chunk(frame(b"a\n"))}
    async with manager(tmp_path, routes) as (backend, engine):
        stream = await backend.services.logs(ident, LogOptions(), follow=True, task=True)
        batch = await stream.next()
        assert batch and batch[0].text == "a\n" and query(engine.asked[-1])["follow"] == "1"
        await stream.aclose()
        await stream.aclose()
        assert await stream.next() is None


async def test_of_tasks_with_a_terminal(tmp_path: Path) -> None:
    service = by_name("p_api")
    task = service["Spec"]["TaskTemplate"]
    container = {**task["ContainerSpec"], "TTY": True}
    service = {**service, "Spec": {**service["Spec"], "TaskTemplate": {**task, "ContainerSpec": container}}}
    answer = STREAMED + chunk(frame(b"a\r\n")[8:]) + END
    async with manager(tmp_path, {f"GET /services/{API}": document(service), f"GET /services/{API}/logs": answer}) as (
        backend,
        _,
    ):
        assert [record.text for record in await whole(await backend.services.logs(API, LogOptions()))] == ["a\r\n"]


async def test_of_a_node_that_went_away_what_there_is(tmp_path: Path) -> None:
    said = b"Error grabbing logs: rpc error: code = Unknown desc = node n disconnected unexpectedly\n"
    answer = STREAMED + chunk(LOG + bytes([3, 0, 0, 0]) + len(said).to_bytes(4, "big") + said) + END
    routes = {f"GET /services/{API}": document(by_name("p_api")), f"GET /services/{API}/logs": answer}
    async with manager(tmp_path, routes) as (backend, _):
        stream = await backend.services.logs(API, LogOptions())
        assert len(await whole(stream)) == 10
        assert stream.lacking == "node n disconnected unexpectedly"


async def test_of_nothing(tmp_path: Path) -> None:
    async with manager(tmp_path, {"GET /services/x": document({"message": "service x not found"}, "404 no")}) as (backend, _):
        with pytest.raises(NotFound):
            await backend.services.logs("x", LogOptions())
