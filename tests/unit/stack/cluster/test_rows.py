from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.contract.service_records import ServiceState, TaskState
from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.errors import Conflict, Unsupported
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.rows import engine_with, list_tasks, present, service_row, stopped_number, task_info
from perry_ffi.stack.observe import read_replicas
from tests.unit.stack.cluster.served import Served, until

pytestmark = pytest.mark.anyio

LABELS = {identity.PROJECT: "p", identity.SERVICE: "web", identity.CONFIG_HASH: "h"}
WEB = ServiceState("s", "p_web", 1, LABELS, wanted=2, image="app:1", ports=("8080:80/tcp",))


def task(ident: str, slot: int, state: str, **more: object) -> TaskState:
    return TaskState(ident, "s", slot, state, **{"node": "n", "node_name": "n1", "container": f"c{ident}", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "more", "status", "health", "code"),
    [
        ("pending", {"container": "", "error": "no suitable node"}, "created", None, None),
        ("preparing", {"container": ""}, "created", None, None),
        ("starting", {"has_check": True}, "running", "starting", None),
        ("running", {"has_check": True}, "running", "healthy", None),
        ("running", {}, "running", None, None),
        ("complete", {}, "exited", None, 0),
        ("failed", {"exit_code": 3}, "exited", None, 3),
        ("rejected", {"container": "", "error": "No such image: x"}, "dead", None, None),
        ("lost", {}, "dead", None, None),
    ],
)
def test_a_task_as_a_container(state: str, more: dict[str, object], status: str, health: str | None, code: int | None) -> None:
    info = task_info(WEB, task("1", 2, state, **more))
    assert (info.name, info.status, info.health, info.exit_code) == ("web.2", status, health, code)
    assert info.place is not None
    assert info.place.node_name == "n1"
    assert info.id == ("c1" if more.get("container") != "" else "1")
    assert identity.is_of(info.labels, "p")
    assert identity.number_of(info.labels) == 2
    assert info.error == more.get("error")
    assert info.ports == (["0.0.0.0:8080->80/tcp"] if status == "running" else [])


def test_one_on_each_node_is_called_by_the_node() -> None:
    state = ServiceState("s", "p_web", 1, LABELS, wanted=2, everywhere=True)
    info = task_info(state, task("1", 0, "running"), 2)
    assert (info.name, identity.number_of(info.labels)) == ("web.n1", 2)


def test_what_should_run_is_present_and_what_ended_for_good_in_its_place() -> None:
    rows = [
        task("1", 1, "failed", wanted=False, created="1"),
        task("2", 1, "running", created="2"),
        task("3", 2, "failed", wanted=False, created="3"),
        task("4", 2, "complete", wanted=False, created="4"),
        task("5", 3, "complete", wanted=False, created="5"),
        task("6", 1, "running", wanted=False, created="6"),
    ]
    assert [row.id for row in present(WEB, rows)] == ["2", "4"], "3 is one too many, and 6 is on a node that does not answer"


def test_a_service_as_a_row() -> None:
    assert service_row(WEB).running
    done = service_row(WEB, [task("1", 1, "complete", wanted=False), task("2", 2, "complete", wanted=False)])
    assert (done.status, done.completed, done.exit_code) == ("exited", True, 0)
    assert service_row(WEB, [task("1", 1, "complete", wanted=False)]).running, "one of two"
    stopped = ServiceState("s", "p_web", 1, {**LABELS, identity.STOPPED: "3"})
    assert (service_row(stopped).status, stopped_number(stopped)) == ("exited", 3)
    assert service_row(ServiceState("s", "p_web", 1, LABELS)).running, "it was scaled to nothing, and nobody stopped it"


async def test_two_calls_tell_of_all_tasks(tmp_path: Path) -> None:
    served = Served(tmp_path, job=TaskScript(exit_code=0, seconds=0.1))
    await served.serve("web", 2)
    await served.serve("job", restart="none")
    await served.serve("other", project="q")
    await served.stand("web", "job")
    served.cluster.calls.clear()
    rows = await list_tasks(served.services, "p")
    assert [(row.name, row.status, row.exit_code) for row in rows] == [
        ("job.1", "exited", 0), ("web.1", "running", None), ("web.2", "running", None),
    ]  # fmt: skip
    assert served.cluster.counts == {"services": 1, "tasks": 1}
    replicas = await read_replicas(served.backend, "p")
    assert [(row.service, row.number, row.completed) for row in replicas] == [
        ("job", 1, True),
        ("web", 1, False),
        ("web", 2, False),
    ]


async def test_the_engine_of_the_node_is_asked_for_a_container(tmp_path: Path) -> None:
    there = FakeBackend(World())
    served = Served(tmp_path, nodes=2, engines={"n1": there})
    await served.serve("web", 2)
    await served.stand("web")
    rows = {row.place.node_name: row for row in await read_replicas(served.backend, "p") if row.place}
    assert await engine_with(served.services, rows["n1"]) is there
    with pytest.raises(Unsupported, match="n2"):
        await engine_with(served.services, rows["n2"])


async def test_a_task_without_a_container_can_be_asked_for_nothing(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(prepares=1000.0))
    await served.serve("web")

    async def preparing() -> bool:
        return [row.state for row in await served.tasks("web")] == ["preparing"]

    await until(preparing)
    (row,) = await read_replicas(served.backend, "p")
    with pytest.raises(Conflict, match=r"services\.web: web\.1 has no container yet"):
        await engine_with(served.services, row)
