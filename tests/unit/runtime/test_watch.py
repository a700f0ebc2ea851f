"""Events of the containers that somebody waits for."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake.streams import Queue
from perry_ffi.errors import BackendError
from perry_ffi.model.event import EngineEvent
from perry_ffi.runtime import watch as watch_module
from perry_ffi.runtime.watch import Watch, watching

anyio_test = pytest.mark.anyio


def event(action: str, time: int = 5 * 10**9, ident: str = "i") -> EngineEvent:
    return EngineEvent(kind="container", action=action, id=ident, time=time)


@anyio_test
async def test_a_subscription_that_breaks_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened meanwhile is told, and nothing twice."""
    monkeypatch.setattr(watch_module, "RESUBSCRIBE_SECONDS", 0.0)
    asked: list[float | None] = []
    streams = [[event("create")], [event("create"), event("start"), event("die", 6 * 10**9)], None]

    class Broken(Queue[EngineEvent]):
        async def next(self) -> Any:
            if self._records:
                return await super().next()
            raise BackendError("the engine ended the stream")

    class Engine:
        async def events(self, labels: Any, since: float | None = None) -> Any:
            asked.append(since)
            rows = streams.pop(0) if streams else None
            return Queue() if rows is None else Broken(rows)

    told: list[str] = []
    done = anyio.Event()

    async def tell(found: EngineEvent) -> None:
        told.append(found.action)
        if found.action == "die":
            done.set()

    async with watching(Engine(), {"com.docker.compose.project": "p"}, tell):  # type: ignore[arg-type]
        with anyio.fail_after(5):
            await done.wait()
            while len(asked) < 3:
                await anyio.sleep(0)
    assert told == ["create", "start", "die"] and asked == [None, 5.0, 6.0]


def test_only_what_concerns_a_container_wakes_who_waits_for_it() -> None:
    watch = Watch()
    mine, all_of_them = watch.mark("i"), watch.mark()
    watch.note(event("exec_die"))
    assert not mine.is_set() and not all_of_them.is_set()
    watch.note(event("die", ident="other"))
    assert not mine.is_set() and all_of_them.is_set()
    watch.note(event("die"))
    assert mine.is_set() and not watch.mark("i").is_set()


@anyio_test
async def test_what_happened_before_a_new_subscription_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing was told yet, no time says from when on: who waits looks again once events come again."""
    monkeypatch.setattr(watch_module, "RESUBSCRIBE_SECONDS", 0.0)
    looked: list[str] = []
    serving = anyio.Event()

    class Ended(Queue[EngineEvent]):
        async def next(self) -> Any:
            raise BackendError("the engine ended the stream")

    class Engine:
        streams = 0

        async def events(self, labels: Any, since: float | None = None) -> Any:
            self.streams += 1
            if self.streams > 1:
                await serving.wait()
            return Ended() if self.streams == 1 else Queue()

    async def look(watch: Watch) -> None:
        while True:
            mark = watch.mark("i")
            looked.append("after" if serving.is_set() else "before")
            await mark.wait()

    async with watching(Engine(), {"com.docker.compose.project": "p"}) as watch, anyio.create_task_group() as group:  # type: ignore[arg-type]
        group.start_soon(look, watch)
        await anyio.sleep(0.02)
        assert set(looked) == {"before"}
        serving.set()
        with anyio.fail_after(5):
            while "after" not in looked:
                await anyio.sleep(0)
        group.cancel_scope.cancel()
