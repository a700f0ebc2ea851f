"""How runs of containers end, told behind their last words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.model.container import LogOptions
from perry_ffi.stack.follow import FollowedLogs
from perry_ffi.stack.logs import LogRequest
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def told(rig: Rig, wanted: Any, **how: Any) -> list[dict[str, Any]]:
    """All that is told of an ``up`` that is followed from before its beginning."""
    request = LogRequest(None, LogOptions(tail=0))
    stream = await FollowedLogs(rig.context, "p", request, wanted.services, endless=True, ends=True, **how).open()
    await rig.up(wanted)
    stream.may_end(0.5)
    found: list[dict[str, Any]] = []
    while (batch := await stream.next()) is not None:
        found += batch
    await stream.aclose()
    return found


async def test_an_end_comes_behind_the_last_words(tmp_path: Path) -> None:
    rig = Rig(tmp_path, a=Behaviour(exit_code=7, stdout="one\ntwo\n", seconds=0.1))
    rows = await told(rig, project({"a": {}}))
    assert [(row["stream"], row["text"]) for row in rows] == [
        ("stdout", "one"), ("stdout", "two"), ("end", "exited with code 7"),
    ]  # fmt: skip
    assert (rows[-1]["service"], rows[-1]["container"], rows[-1]["replica"], rows[-1]["exitCode"]) == ("a", "p-a-1", 1, 7)


async def test_of_what_is_not_read_only_the_end_is_told(tmp_path: Path) -> None:
    rig = Rig(tmp_path, a=Behaviour(exit_code=0, stdout="one\n", seconds=0.1), b=Behaviour(exit_code=1, seconds=0.1))
    rows = await told(rig, project({"a": {}, "b": {}}), unread={"a"})
    assert sorted((row["service"], row["text"]) for row in rows) == [("a", "exited with code 0"), ("b", "exited with code 1")]


async def test_what_had_ended_before_is_not_told(tmp_path: Path) -> None:
    rig = Rig(tmp_path, job=Behaviour(exit_code=0, stdout="done\n"))
    wanted = project({"job": {}})
    await rig.up(wanted)
    stream = await FollowedLogs(
        rig.context, "p", LogRequest(None, LogOptions(tail=0)), wanted.services, ends=True
    ).open()  # fmt: skip
    stream.may_end(0.1)
    assert await stream.next() is None
    await stream.aclose()


async def test_all_that_a_new_container_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the engine tells of its start later than of its words."""
    rig = Rig(tmp_path, a=Behaviour(exit_code=0, stdout="one\n", seconds=0.1))
    asked: list[tuple[object, object]] = []
    follow = rig.backend.follow_logs

    async def noted(ident: str, options: LogOptions) -> Any:
        asked.append((options.tail, options.since))
        return await follow(ident, options)

    monkeypatch.setattr(rig.backend, "follow_logs", noted)
    rows = await told(rig, project({"a": {}}))
    assert asked == [(None, None)] and [row["text"] for row in rows] == ["one", "exited with code 0"]


async def test_what_the_engine_starts_again_is_waited_for(tmp_path: Path) -> None:
    """Also past the grace: an engine waits longer each time. When it starts it no more, it is over."""
    rig = Rig(tmp_path, a=Behaviour(exit_code=1, stdout="one\n", seconds=0.1))
    wanted = project({"a": {"restart": "on-failure"}})
    stream = await FollowedLogs(
        rig.context, "p", LogRequest(None, LogOptions()), wanted.services, endless=True, ends=True
    ).open()  # fmt: skip
    await rig.up(wanted)
    stream.may_end(0.05)
    found: list[dict[str, Any]] = []

    async def until(text: str) -> None:
        while not any(row["text"] == text for row in found):
            batch = await stream.next()
            assert batch is not None, found
            found.extend(batch)

    await until("exited with code 1 (restarting)")
    await anyio.sleep(0.3)
    box = rig.box("p-a-1")
    box.status = "exited"
    rig.world.start(box)
    rig.world.end(box, 0)
    await until("exited with code 0")
    assert await stream.next() is None
    await stream.aclose()
