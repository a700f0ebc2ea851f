from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.errors import NotFound
from perry_ffi.stack import identity
from perry_ffi.stack.stack import attach
from perry_ffi.stack.status import graph, ps, status
from tests.unit.stack.cluster.served import Served
from tests.unit.stack.rig import project

pytestmark = pytest.mark.anyio


async def test_each_task_has_a_row_that_says_where_it_is(tmp_path: Path) -> None:
    served = Served(tmp_path, bad=TaskScript(rejected="No such image: x"))
    await served.serve("web", 2, healthcheck={"test": ["CMD", "true"]})
    await served.stand("web")
    await served.serve("agent", None)
    await served.stand("agent")
    rows = await ps(served.context, "p")
    assert [(row["name"], row["node"], row["status"], row["health"]) for row in rows] == [
        ("agent.n1", "n1", "running", None), ("agent.n2", "n2", "running", None), ("web.1", "n1", "running", "healthy"),
        ("web.2", "n2", "running", "healthy"),
    ]  # fmt: skip
    assert all("error" not in row for row in rows)


async def test_a_task_that_no_node_takes_says_why(tmp_path: Path) -> None:
    served = Served(tmp_path, nodes=1)
    served.cluster.drain("n1")
    await served.serve("web")
    (row,) = await ps(served.context, "p")
    assert (row["status"], row["node"]) == ("created", "")
    assert "no suitable node" in row["error"]


async def test_services_are_told_one_by_one(tmp_path: Path) -> None:
    served = Served(tmp_path, job=TaskScript(exit_code=0, seconds=0.1), bad=TaskScript(exit_code=3))
    model = project({"web": {"scale": 2}, "job": {}, "bad": {}, "idle": {}, "gone": {}})
    web = await served.serve("web", 2)
    await served.serve("job", restart="none")
    await served.serve("bad", restart="none")
    idle = await served.serve("idle", 2)
    await served.stand("web", "job", "idle")
    await served.services.scale_service(await served.services.service(idle.id), 0, {identity.STOPPED: "2"})
    found = await status(served.context, "p", model, {})
    states = {name: (row["status"], row["running"], row["wanted"]) for name, row in found["services"].items()}
    assert states == {
        "web": ("running", 2, 2), "job": ("completed", 0, 1), "bad": ("exited", 0, 1), "idle": ("exited", 0, 2),
        "gone": ("missing", 0, 1),
    }  # fmt: skip
    assert found["services"]["web"]["containers"] == ["web.1", "web.2"]
    assert found["status"] == "partial"
    await served.services.remove_service(web.id)
    assert (await status(served.context, "p", None, {}))["services"].keys() == {"job", "bad", "idle"}


async def test_the_graph_is_read_from_labels_of_services_also_of_stopped_ones(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("db", 0)
    await served.serve("web", after={"db": {"condition": "service_healthy"}})
    found = await graph(served.context, "p", None)
    assert found["edges"] == [{"from": "web", "to": "db", "condition": "service_healthy"}]


async def test_a_project_without_tasks_is_attached_to_by_its_services(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("web", 0)
    assert (await attach(served.context, "p", {})).name == "p"
    with pytest.raises(NotFound, match="no service of it"):
        await attach(served.context, "q", {})
