from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.contract.service_records import TaskLog
from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.errors import BackendError, NotFound
from perry_ffi.model.container import LogOptions
from perry_ffi.model.container_values import moment
from perry_ffi.stack.cluster import follow, poll
from perry_ffi.stack.cluster.follow import Position
from perry_ffi.stack.follow import FollowedLogs, followed_logs
from perry_ffi.stack.logs import LogRequest
from tests.unit.stack.cluster.served import Served

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, seconds in ((poll, "SECONDS", 0.005), (follow, "QUIET_SECONDS", 0.02), (follow, "AGAIN_SECONDS", 0.005)):
        monkeypatch.setattr(module, name, seconds)


async def texts(stream: FollowedLogs, number: int) -> list[tuple[str, str]]:
    """The next ``number`` records: container and text of each."""
    found: list[Any] = []
    with anyio.fail_after(20):
        while len(found) < number:
            batch = await stream.next()
            assert batch is not None, found
            found += batch
    return [(row["container"], row["text"]) for row in found]


async def test_it_goes_over_new_tasks_and_new_services(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(stdout="hello\n"), late=TaskScript(stdout="me too\n"))
    await served.serve("web")
    await served.stand("web")
    stream = await followed_logs(served.context, "p", LogRequest()).open()
    try:
        assert await texts(stream, 1) == [("web.1", "hello")]
        await served.services.scale_service(await served.services.service("p_web"), 2)
        assert await texts(stream, 1) == [("web.2", "hello")]
        await served.services.restart_service(await served.services.service("p_web"))
        assert sorted(await texts(stream, 2)) == [("web.1", "hello"), ("web.2", "hello")]
        await served.serve("late")
        assert await texts(stream, 1) == [("late.1", "me too")]
    finally:
        await stream.aclose()


async def test_a_log_that_breaks_off_is_read_on_and_nothing_comes_twice(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(stdout="hello\n"))
    await served.serve("web")
    await served.stand("web")
    opened = [0]
    real = served.services.logs

    async def logs(ident: str, options: LogOptions, **how: bool) -> Any:
        opened[0] += 1
        if opened[0] == 2:
            raise BackendError("lost leader status")
        stream = await real(ident, options, **how)
        if opened[0] == 1:
            first = await stream.next()
            batches: list[Any] = [first, None]

            async def some() -> Any:
                return batches.pop(0)

            stream.next = some  # type: ignore[method-assign]
        return stream

    served.services.logs = logs  # type: ignore[method-assign]
    stream = await followed_logs(served.context, "p", LogRequest()).open()
    try:
        assert await texts(stream, 1) == [("web.1", "hello")]
        await served.services.scale_service(await served.services.service("p_web"), 2)
        assert await texts(stream, 1) == [("web.2", "hello")]
        assert opened[0] == 3
    finally:
        await stream.aclose()


async def test_it_ends_when_all_have_ended_for_good(tmp_path: Path) -> None:
    served = Served(tmp_path, job=TaskScript(exit_code=0, seconds=100.0, stdout="done\n"))
    await served.serve("job", restart="none")
    stream = await followed_logs(served.context, "p", LogRequest()).open()
    stream.may_end(0.05)
    assert await texts(stream, 1) == [("job.1", "done")]
    with anyio.fail_after(20):
        assert await stream.next() is None
    await stream.aclose()


async def test_ends_are_told_behind_the_last_words(tmp_path: Path) -> None:
    served = Served(
        tmp_path, job=TaskScript(exit_code=0, seconds=100.0, stdout="a line\nno end"), bad=[TaskScript(exit_code=3), TaskScript()]
    )
    stream = await followed_logs(served.context, "p", LogRequest(), {"job", "bad"}, endless=True, ends=True).open()
    try:
        await served.serve("job", restart="none")
        assert await texts(stream, 3) == [("job.1", "a line"), ("job.1", "no end"), ("job.1", "exited with code 0")]
        await served.serve("bad")
        assert await texts(stream, 1) == [("bad.1", "exited with code 3 (restarting)")]
    finally:
        await stream.aclose()


@pytest.mark.parametrize(("tail", "before"), [(0, []), (2, ["two", "three"])])
async def test_the_end_of_a_log_is_asked_for_by_itself_and_of_no_task_that_is_to_come(
    tmp_path: Path, tail: int, before: list[str]
) -> None:
    served = Served(tmp_path, web=TaskScript(stdout="one\ntwo\n", stderr="three\n"))
    await served.serve("web")
    await served.stand("web")
    real, asked = served.services.logs, list[tuple[bool, int | None]]()

    async def logs(ident: str, options: LogOptions, *, follow: bool = False, task: bool = False) -> Any:
        asked.append((follow, options.tail))
        return await real(ident, options, follow=follow, task=task)

    served.services.logs = logs  # type: ignore[method-assign]
    stream = await followed_logs(served.context, "p", LogRequest(None, LogOptions(tail=tail))).open()
    try:
        assert [text for _, text in await texts(stream, len(before))] == before
        await served.services.scale_service(await served.services.service("p_web"), 2)
        assert [text for _, text in await texts(stream, 3)] == ["one", "two", "three"]
    finally:
        await stream.aclose()
    assert asked == [(False, 2), (True, None)]


@pytest.mark.parametrize(("tail", "before"), [(0, []), (1, ["late"])])
async def test_a_line_that_was_written_after_a_newer_one_makes_that_no_news(tmp_path: Path, tail: int, before: list[str]) -> None:
    """An engine writes what both streams say in the order in which it comes to it; each has its time before."""
    served = Served(tmp_path, web=TaskScript(), next=TaskScript(stdout="news\n"))
    state = await served.serve("web")
    await served.stand("web")
    ident = (await served.tasks("web"))[0].id
    said = (("stdout", "newest", 2), ("stderr", "late", 1))
    served.cluster.world.said[state.id] = [
        TaskLog(ident, "n1", state.id, stream, f"{text}\n", f"2026-01-01T00:00:0{second}.000000000Z")  # type: ignore[arg-type]
        for stream, text, second in said
    ]
    stream = await followed_logs(served.context, "p", LogRequest(None, LogOptions(tail=tail))).open()
    try:
        assert [text for _, text in await texts(stream, len(before))] == before
        await served.serve("next")
        assert await texts(stream, 1) == [("next.1", "news")]
    finally:
        await stream.aclose()


async def test_what_had_ended_before_is_no_news(tmp_path: Path) -> None:
    served = Served(tmp_path, job=TaskScript(exit_code=0), late=TaskScript(exit_code=4, seconds=50.0))
    await served.serve("job", restart="none")
    await served.stand("job")
    request = LogRequest(None, LogOptions(tail=0))
    stream = await followed_logs(served.context, "p", request, endless=True, ends=True).open()
    try:
        await served.serve("late", restart="none")
        assert await texts(stream, 1) == [("late.1", "exited with code 4")]
    finally:
        await stream.aclose()


async def test_a_service_that_nobody_knows_is_not_followed(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("web")
    with pytest.raises(NotFound, match="no such service: wbe"):
        await followed_logs(served.context, "p", LogRequest(("wbe",))).open()


def test_who_was_heard_is_not_heard_again() -> None:
    def piece(task: str, second: int, part: int = 0) -> TaskLog:
        return TaskLog(task, "n1", "s", "stdout", "x\n", f"2026-01-01T00:0{second // 60}:{second % 60:02}.00000000{part}Z")

    position = Position(LogOptions(tail=5))
    assert position.options().tail == 5
    early = [piece("a", 100), piece("b", 130), piece("b", 130, 1), piece("old", 1)]
    assert position.fresh(early) == early
    again = position.options()
    assert again.tail is None
    assert again.since is not None
    assert again.since == moment(piece("a", 100).time), "those of the slowest, but not of one that was heard to its end"
    assert position.fresh([*early, piece("b", 131), piece("c", 99)]) == [piece("b", 131), piece("c", 99)]
