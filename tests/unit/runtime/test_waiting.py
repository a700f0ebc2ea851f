"""What is told of a wait, and to whom."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from perry_ffi.errors import NotFound, Timeout
from perry_ffi.model.container import LogOptions
from perry_ffi.model.event import HealthResult
from perry_ffi.runtime import waiting
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.runtime.waiting import Waiting

pytestmark = pytest.mark.anyio
ABOUT = {"container": "shop-db-1", "condition": "healthy", "service": "db"}


class Engine:
    """One whose container says something new at each look."""

    def __init__(self, probes: tuple[int, ...] = (), logs: bool = True) -> None:
        self.looks, self._probes, self._logs = 0, probes, logs

    async def container_logs(self, name: str, options: LogOptions) -> Any:
        self.looks += 1
        assert options.tail == 1
        if not self._logs:
            raise NotFound("no log")

        class Logs:
            stdout, stderr = f"line {self.looks}\n", ""

        return Logs

    async def health_log(self, name: str) -> list[HealthResult]:
        return [HealthResult(status="starting", exit_code=code, output=f"said {code}\n") for code in self._probes]

    async def inspect_container(self, name: str) -> Any:
        class Info:
            health_check = None

        return Info


async def told(engine: Engine, closely: bool, seconds: float = 0.1) -> list[dict[str, Any]]:
    bus = EventBus()
    listener = bus.subscribe(closely=closely)
    await Waiting(bus, engine, "shop-db-1", ABOUT).told(anyio.sleep(seconds))  # type: ignore[arg-type]
    return [dict(row) for row in await listener.next() or ()]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.02)


async def test_its_begin_and_its_end() -> None:
    first, last = await told(Engine(), closely=False)
    assert (first["kind"], first["state"], first["service"], first["condition"]) == ("wait", "started", "db", "healthy")
    assert last["state"] == "done" and 0.05 < last["seconds"] < 5


async def test_nobody_who_listens_closely_costs_the_engine_nothing() -> None:
    engine = Engine()
    await told(engine, closely=False)
    assert engine.looks == 0


async def test_what_keeps_it_is_told_as_it_changes() -> None:
    rows = (await told(Engine((1, 0, 7, 7)), closely=True, seconds=0.3))[1:-1]
    assert [row["log"] for row in rows][:2] == ["line 1", "line 2"]
    assert rows[0]["probe"] == {"exitCode": 7, "output": "said 7", "failed": 2, "retries": 3}


async def test_what_does_not_change_is_told_once_and_what_the_engine_cannot_tell_is_left_out() -> None:
    rows = (await told(Engine((1,), logs=False), closely=True, seconds=0.3))[1:-1]
    assert [(row.get("log"), row["probe"]["failed"]) for row in rows] == [(None, 1)]


@pytest.mark.parametrize("closely", [True, False])
async def test_one_that_fails_raises_what_it_raised(closely: bool) -> None:
    async def work() -> None:
        raise Timeout("not within 1 s")

    bus = EventBus()
    listener = bus.subscribe(closely=closely)
    with pytest.raises(Timeout):
        await Waiting(bus, Engine(), "shop-db-1", ABOUT).told(work())  # type: ignore[arg-type]
    rows = [dict(row) for row in await listener.next() or ()]
    assert [row["state"] for row in rows] == ["started", "failed"] and rows[1]["message"] == "not within 1 s"
