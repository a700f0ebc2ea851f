"""What containers tell of a graph."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model.container_info import ContainerInfo
from perry_ffi.stack import identity
from perry_ffi.workload import labels as own
from perry_ffi.workload import observed
from perry_ffi.workload.observed import Try
from tests.unit.workload.rig import FAILS, GraphRig, graph


def one(
    node: str = "a",
    kind: str = "service",
    *,
    attempt: int = 1,
    health: Any = None,
    edges: str = "",
    nodes: str = "",
    **members: Any,
) -> Try:
    labels = {
        **identity.container_labels("g", node, attempt, digest="", image_id="", depends_on={}),
        own.GRAPH: "g", own.NODE: node, own.KIND: kind, own.EDGES: edges, own.NODES: nodes,
    }  # fmt: skip
    info = ContainerInfo(
        id=f"{node}{attempt}", name=f"g-{node}-{attempt}", image="app", created=f"2026-01-01T00:00:0{attempt}Z", labels=labels,
        **{"status": "running", **members},
    )  # fmt: skip
    told = own.read(labels)
    assert told is not None
    return Try(info, told, health)


@pytest.mark.parametrize(
    ("kind", "members", "phase"),
    [
        ("service", {"status": "created"}, "creating"),
        ("service", {"status": "restarting"}, "starting"),
        ("service", {}, "ready"),
        ("service", {"health": "starting"}, "running"),
        ("service", {"health": "healthy"}, "ready"),
        ("service", {"health": "unhealthy"}, "failed"),
        ("service", {"status": "paused"}, "ready"),
        ("service", {"status": "exited", "exit_code": 0}, "stopped"),
        ("service", {"status": "exited", "exit_code": 143}, "stopped"),
        ("service", {"status": "exited", "exit_code": 137}, "stopped"),
        ("service", {"status": "exited", "exit_code": 137, "oom_killed": True}, "failed"),
        ("service", {"status": "exited", "exit_code": 1}, "failed"),
        ("service", {"status": "dead", "exit_code": 0}, "failed"),
        ("job", {"status": "created"}, "creating"),
        ("job", {}, "running"),
        ("job", {"status": "exited", "exit_code": 0}, "succeeded"),
        ("job", {"status": "exited", "exit_code": 137}, "failed"),
        ("job", {"status": "dead", "exit_code": 0}, "failed"),
    ],
)
def test_a_phase_follows_from_the_container(kind: str, members: dict[str, Any], phase: str) -> None:
    found = one(kind=kind, **members)
    assert found.phase == phase
    details = found.details()
    assert (details["reason"] is not None) == (phase == "failed")
    assert details["phase"] == found.row()["phase"] == phase
    assert set(details) == set(observed._absent("job"))


def test_a_reason_says_what_happened() -> None:
    assert one(status="exited", exit_code=137, oom_killed=True).reason == "g-a-1 ended with exit code 137 (out of memory)"
    assert one(health="unhealthy").reason == "g-a-1 is unhealthy"


def test_a_node_without_a_container_is_known_where_others_wait_for_it() -> None:
    rows = [one("c", edges="a:ready:required:ref,b:succeeded:optional:depends_on", status="created"), one("a")]
    found = observed.status(rows)
    assert found["phases"] == {"a": "ready", "b": "pending", "c": "creating"}
    assert {name: row["kind"] for name, row in found["details"].items()} == {"a": "service", "b": "job", "c": "service"}
    assert not found["healthy"] and found["errors"] == {}
    assert [(edge.node, edge.target, edge.required, edge.origin) for edge in observed.edges(rows)] == [
        ("c", "a", True, ("ref",)), ("c", "b", False, ("depends_on",)),
    ]  # fmt: skip


def test_a_node_of_the_run_that_has_no_container_yet_is_pending() -> None:
    """The process that ran it was killed, say."""
    old, new = one("a", nodes="a:service,gone:job"), one("b", attempt=2, nodes="a:service,b:service,c:job,undo:job?")
    found = observed.status([old, new])
    assert found["phases"] == {"a": "ready", "b": "ready", "c": "pending", "undo": "pending"} and not found["healthy"]
    assert found["details"]["c"]["kind"] == "job"
    done = one("c", "job", attempt=3, status="exited", exit_code=0, nodes="a:service,b:service,c:job,undo:job?")
    assert observed.status([old, new, done])["healthy"], "nothing has failed that it would be there for"


def test_what_a_run_knew_is_brought_up_to_date_for_its_services_alone() -> None:
    ended = {"status": "exited", "exit_code": 0}
    known = observed.status([one("a"), one("b"), one("j", "job", **ended)])
    known["details"]["s"] = {**known["details"]["j"], "phase": "skipped"}
    known = {**known, "healthy": True}
    assert observed.refreshed(known, [one("a"), one("b")])["healthy"], "who is excused stays so"
    found = observed.refreshed(known, [one("a", status="exited", exit_code=3)])
    assert found["phases"] == {"a": "failed", "b": "stopped", "j": "succeeded", "s": "skipped"}
    assert found["errors"] == {"a": "g-a-1 ended with exit code 3"} and not found["healthy"]
    assert found["details"]["b"]["reason"] == "its container is gone"


def test_the_isolation_of_one_that_was_let_off_is_a_container_s() -> None:
    found = one()
    assert found.details()["isolation"] is None
    for said, isolation in (("gvisor", "gvisor"), ("shared", "container")):
        told = own.read({**found.info.labels, own.ISOLATION: said})
        assert told is not None and Try(found.info, told).details()["isolation"] == isolation


@pytest.mark.anyio
async def test_the_last_try_of_a_node_is_the_one_that_counts(rig: GraphRig) -> None:
    rig.tries = {"a": [FAILS, FAILS]}
    wanted = graph({"a": {"kind": "job", "retry": {"limit": 1, "delay": 0}}, "b": {}})
    await rig.run(wanted, onFailure="partialContinue")
    rows = await observed.tries(rig.backend, "g")
    assert [(row.node, row.told.attempt, row.phase) for row in rows] == [
        ("a", 1, "failed"),
        ("a", 2, "failed"),
        ("b", 1, "ready"),
    ]
    assert {name: row.info.name for name, row in observed.latest(rows).items()} == {"a": "g-a-2", "b": "g-b-1"}
    details = observed.status(rows)["details"]["a"]
    assert (details["phase"], details["attempt"], details["attempts"]) == ("failed", 2, 2)


@pytest.mark.anyio
async def test_a_container_that_goes_while_it_is_looked_for_is_left_out(rig: GraphRig) -> None:
    await rig.run(graph({"a": {}, "b": {}}))
    real, goes = rig.backend.inspect_container, rig.box("g-a-1").id

    async def gone(ident: str) -> ContainerInfo:
        if ident == goes:
            await rig.backend.remove_container(ident, force=True)
        return await real(ident)

    rig.backend.inspect_container = gone  # type: ignore[method-assign]
    assert [row.node for row in await observed.tries(rig.backend, "g")] == ["b"]
