from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.errors import ServiceStartupFailed
from perry_ffi.stack.cluster import waits, watch
from perry_ffi.stack.cluster.waits import hold_for
from perry_ffi.stack.desired import Edge
from perry_ffi.stack.lifecycle import lifecycle
from tests.unit.stack.cluster.served import Served

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SOON_SECONDS", "LATER_SECONDS"):
        monkeypatch.setattr(watch, name, 0.005)
    monkeypatch.setattr(waits, "PATIENCE_SECONDS", 0.05)


async def test_conditions_are_held_for_what_is_needed(tmp_path: Path) -> None:
    served = Served(tmp_path, db=TaskScript(healthy_after=100.0), job=TaskScript(exit_code=0, seconds=100.0))
    await served.serve("db", healthcheck={"test": ["CMD", "true"]})
    await served.serve("job", restart="none")
    edges = {"db": Edge("service_healthy"), "job": Edge("service_completed_successfully")}
    with anyio.fail_after(20):
        await hold_for(served.context, "p", "web", edges)
    assert [task.state for task in await served.tasks("db")] == ["running"]
    assert [task.state for task in await served.tasks("job")] == ["complete"]


async def test_a_job_that_failed_is_told_to_who_needs_it(tmp_path: Path) -> None:
    served = Served(tmp_path, job=TaskScript(exit_code=3))
    await served.serve("job", restart="none")
    with pytest.raises(ServiceStartupFailed, match=r"services\.job") as raised:
        await hold_for(served.context, "p", "web", {"job": Edge("service_completed_successfully")})
    assert raised.value.details["waitedBy"] == ["web"]


async def test_a_task_on_a_node_without_power_is_not_waited_for(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("web", 2)
    await served.stand("web")
    served.cluster.cut("n2", noticed=100.0)
    with anyio.fail_after(20):
        await lifecycle(served.context, "p", None).stop(["web"])
    assert {task.node_name for task in await served.tasks("web")} <= {"n2"}
