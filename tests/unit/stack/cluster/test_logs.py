from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.contract.service_records import TaskLog
from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.errors import NotFound
from perry_ffi.model.container import LogOptions
from perry_ffi.stack.cluster.logs import Voices, speakers
from perry_ffi.stack.log_merge import MergedLogs
from perry_ffi.stack.logs import LogRequest, logs
from tests.unit.stack.cluster.served import Served

pytestmark = pytest.mark.anyio


async def test_records_name_service_task_and_node_in_order_of_time(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(stdout="one\ntwo\n", stderr="bad\n"), db=TaskScript(stdout="ready\n"))
    await served.serve("db")
    await served.stand("db")
    await served.serve("web", 2)
    await served.stand("web")
    found = await logs(served.context, "p", LogRequest())
    assert [row["time"] for row in found] == sorted(row["time"] for row in found)
    web = [
        (row["container"], row["replica"], row["node"], row["stream"], row["text"]) for row in found if row["service"] == "web"
    ]
    nodes = {task.slot: task.node_name for task in await served.tasks("web")}
    said = [("stdout", "one"), ("stdout", "two"), ("stderr", "bad")]
    assert sorted(web) == sorted((f"web.{slot}", slot, node, *line) for slot, node in nodes.items() for line in said)
    assert found[0]["text"] == "ready"
    stream = await MergedLogs(served.context, "p", LogRequest()).open()
    assert await stream.next() == found
    assert await stream.next() is None
    assert {row.name for row in stream.rows} == {"db.1", "web.1", "web.2"}


async def test_what_is_asked_for_alone_is_told(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(stdout="one\ntwo\n"))
    await served.serve("web", 2)
    await served.serve("db")
    await served.stand("web", "db")
    found = await logs(served.context, "p", LogRequest(("web",), LogOptions(tail=1), 2))
    assert [(row["container"], row["text"]) for row in found] == [("web.2", "two")]
    with pytest.raises(NotFound, match=r"services\.web: it has no task 7"):
        await logs(served.context, "p", LogRequest(("web",), number=7))
    with pytest.raises(NotFound, match="no such service: wbe"):
        await logs(served.context, "p", LogRequest(("wbe",)))
    assert await logs(served.context, "p", LogRequest(("known",)), {"known"}) == []


async def test_pieces_become_lines_whatever_they_are_cut_into(tmp_path: Path) -> None:
    served = Served(tmp_path)
    state = await served.serve("web")
    await served.stand("web")
    (task,) = await served.tasks("web")
    voices = Voices(state, speakers(served.backend, [state], {state.id: [task]}))
    times = [f"2026-01-01T00:00:0{n}.000000001Z" for n in range(5)]

    def piece(text: str, n: int, stream: str = "stdout", of: str = task.id) -> TaskLog:
        return TaskLog(of, "n1", state.id, stream, text, times[n])  # type: ignore[arg-type]

    found = voices.cut([piece("a", 0), piece("other\n", 1, "stderr"), piece("b\n", 2), piece("2026-01-01T00:00:00Z said\n", 3)])
    assert [(row["text"], row["time"]) for row in found] == [
        ("other", times[1]), ("ab", times[0]), ("2026-01-01T00:00:00Z said", times[3]),
    ]  # fmt: skip
    assert voices.cut([piece("no end", 4)]) == []
    assert [(row["text"], row["partial"]) for row in voices.end()] == [("no end", True)]
    (stranger,) = voices.cut([piece("x\n", 0, of="0123456789abcdef")])
    assert (stranger["container"], stranger["replica"]) == ("web.0123456789ab", 0)
