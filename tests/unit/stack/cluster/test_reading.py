from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.model.container import LogOptions
from perry_ffi.stack.cluster import follow, poll, reading
from perry_ffi.stack.follow import followed_logs
from perry_ffi.stack.logs import LogRequest, logs
from tests.unit.stack.cluster.served import Served

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((poll, "SECONDS"), (follow, "QUIET_SECONDS"), (follow, "AGAIN_SECONDS"), (reading, "QUIET_SECONDS")):
        monkeypatch.setattr(module, name, 0.01)


async def without_power(tmp_path: Path) -> Served:
    """A service with a task on each of two nodes, one of which is down."""
    served = Served(tmp_path, web=TaskScript(stdout="one\ntwo\n"))
    await served.serve("web", 2)
    await served.stand("web")
    served.cluster.cut("n2", noticed=0.0)
    await served.records("warning")
    return served


async def told(served: Served) -> list[str]:
    return [row["message"] for row in await served.records("warning") if row.get("code") == "incomplete-log"]


async def test_what_a_node_has_that_is_down_is_told_as_missing_and_the_rest_is_read(tmp_path: Path) -> None:
    served = await without_power(tmp_path)
    with anyio.fail_after(20):
        found = await logs(served.context, "p", LogRequest())
    assert {row["node"] for row in found} == {"n1"} and {row["text"] for row in found} == {"one", "two"}
    assert await told(served) == ["services.web: its log is told in part: n2 does not answer"]


async def test_a_follow_begins_though_a_node_is_down(tmp_path: Path) -> None:
    served = await without_power(tmp_path)
    stream = await followed_logs(served.context, "p", LogRequest(None, LogOptions(tail=1))).open()
    found: list[Any] = []
    try:
        with anyio.fail_after(20):
            while not found:
                found += await stream.next() or ()
    finally:
        await stream.aclose()
    assert found[0]["text"] == "two" and found[0]["node"] == "n1"
    assert await told(served) == ["services.web: its log is told in part: n2 does not answer"]


async def test_what_the_engine_says_that_it_lacks_is_told(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(stdout="one\n"))
    await served.serve("web")
    await served.stand("web")
    real = served.services.logs

    async def short(*words: Any, **how: Any) -> Any:
        stream = await real(*words, **how)
        stream.lacking = "node n1 is not available"
        return stream

    served.services.logs = short  # type: ignore[method-assign]
    assert [row["text"] for row in await logs(served.context, "p", LogRequest())] == ["one"]
    assert await told(served) == ["services.web: its log is told in part: node n1 is not available"]


async def test_a_log_that_takes_its_time_is_waited_for_where_all_nodes_are_up(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(stdout="one\n"))
    await served.serve("web")
    await served.stand("web")
    real = served.services.logs

    async def slow(*words: Any, **how: Any) -> Any:
        stream = await real(*words, **how)
        said = stream.next

        async def later() -> Any:
            for _ in range(2):
                if looks := served.cluster.counts["nodes"]:
                    break
                await anyio.sleep(20 * reading.QUIET_SECONDS)
            assert looks, "it is asked whether they are up"
            return await said()

        stream.next = later
        return stream

    served.services.logs = slow  # type: ignore[method-assign]
    assert [row["text"] for row in await logs(served.context, "p", LogRequest())] == ["one"]
    assert await told(served) == []
