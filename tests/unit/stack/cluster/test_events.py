from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.errors import BackendError
from perry_ffi.model.event import EngineEvent
from perry_ffi.stack.cluster import events, poll
from perry_ffi.stack.cluster.events import ClusterEvents
from perry_ffi.stack.stack import Stack
from tests.unit.stack.cluster.served import Served

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "SECONDS", 0.002)
    monkeypatch.setattr(events, "AGAIN_SECONDS", 0.002)


async def until_told(stream: ClusterEvents, *wanted: tuple[str, str, str]) -> list[EngineEvent]:
    """The events up to those: kind, action and name of each."""
    left, found = list(wanted), list[EngineEvent]()
    with anyio.fail_after(20):
        while left:
            for event in await stream.next() or ():
                found.append(event)
                if (key := (event.kind, event.action, event.name)) in left:
                    left.remove(key)
    return found


async def test_a_service_and_the_course_of_its_task(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(healthy_after=20.0))
    await served.serve("before")
    await served.serve("foreign", project="q")
    stream = await ClusterEvents(served.services, "p").open()
    try:
        await served.serve("web", healthcheck={"test": ["CMD", "true"]})
        found = await until_told(
            stream, ("service", "create", "p_web"), ("container", "create", "web.1"), ("container", "start", "web.1"),
            ("container", "health_status", "web.1"),
        )  # fmt: skip
        assert {event.name for event in found if event.kind == "service"} == {"p_web"}
        assert not any("foreign" in event.name for event in found)
        (healthy,) = (event for event in found if event.action == "health_status")
        assert (healthy.health, healthy.attributes["node"] in ("n1", "n2")) == ("healthy", True)
        await served.services.remove_service("p_web")
        gone = await until_told(stream, ("service", "remove", "p_web"), ("container", "destroy", "web.1"))
        assert [event.action for event in gone if event.kind == "container"] == ["die", "destroy"]
    finally:
        await stream.aclose()


async def test_an_end_has_its_exit_code(tmp_path: Path) -> None:
    served = Served(tmp_path, job=TaskScript(exit_code=3, seconds=20.0))
    stream = await ClusterEvents(served.services, "p").open()
    try:
        await served.serve("job", restart="none")
        found = await until_told(stream, ("container", "die", "job.1"))
        assert [event.exit_code for event in found if event.action == "die"] == [3]
    finally:
        await stream.aclose()


async def test_tasks_are_told_while_changes_are_not_and_the_other_way_round(tmp_path: Path) -> None:
    served = Served(tmp_path)
    stream = await ClusterEvents(served.services, "p").open()
    try:
        served.cluster.faults.fail("tasks", times=3, error=BackendError("lost leader status"))
        await served.serve("web")
        await until_told(stream, ("service", "create", "p_web"), ("container", "start", "web.1"))
    finally:
        await stream.aclose()


async def test_it_ends_when_it_was_asked_to(tmp_path: Path) -> None:
    stream = await ClusterEvents(Served(tmp_path).services, "p", until=0.0).open()
    with anyio.fail_after(20):
        assert await stream.next() is None
    await stream.aclose()


async def test_a_stack_tells_them_on_its_bus(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("db")
    await served.stand("db")
    stack = Stack(served.context, "p", None)
    heard = await stack.events()
    await served.serve("web")
    found: list[dict[str, Any]] = []
    with anyio.fail_after(20):
        while not any(row["kind"] == "container" and row["action"] == "start" for row in found):
            found += await heard.next() or ()
    started = next(row for row in found if row.get("action") == "start")
    assert (started["service"], started["name"]) == ("web", "web.1")
    assert started["node"] in ("n1", "n2")
    assert any(row["kind"] == "service" and row["name"] == "p_web" and row["service"] == "web" for row in found)
    await stack.aclose()
