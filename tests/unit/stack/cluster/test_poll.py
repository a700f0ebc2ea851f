from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.errors import BackendError, BackendNotAvailable
from perry_ffi.stack.cluster import poll
from perry_ffi.stack.cluster.poll import Tasks
from tests.unit.stack.cluster.served import Served, until

pytestmark = pytest.mark.anyio


async def test_each_look_tells_what_is_new_changed_and_gone(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("web", 2)
    await served.stand("web")
    tasks = Tasks(served.services, "p")
    first = await tasks.look()
    assert sorted((change.task.slot, change.before) for change in first) == [(1, None), (2, None)]
    assert await tasks.look() == []
    await served.services.scale_service(await served.services.service("p_web"), 1)

    async def one_left() -> bool:
        return len(await served.tasks("web")) == 1

    await until(one_left)
    assert [(change.gone, change.task.state) for change in await tasks.look()] == [(True, "running")]


async def test_an_engine_that_does_not_answer_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "SECONDS", 0.001)
    served = Served(tmp_path)
    await served.serve("web")
    await served.stand("web")
    served.cluster.faults.fail("services", times=2, error=BackendError("lost leader status"))
    served.cluster.faults.fail("services", times=2, error=BackendNotAvailable("there is no leader"))
    async for changes in Tasks(served.services, "p").looks():
        assert len(changes) == 1
        break


async def test_an_engine_that_is_away_for_too_long_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "SECONDS", 0.001)
    monkeypatch.setattr(poll, "AWAY_SECONDS", 0.01)
    served = Served(tmp_path)
    served.cluster.faults.outage = BackendNotAvailable("there is no leader")
    with pytest.raises(BackendNotAvailable):
        async for _ in Tasks(served.services, "p").looks():
            raise AssertionError("nothing was looked at")
