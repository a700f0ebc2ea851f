"""Workload graphs through the functions of their rows, on an engine in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.api import stacks, streams, workloads
from perry_ffi.backends.fake import Behaviour, Box, FakeBackend, World
from perry_ffi.errors import Cancelled, Conflict, ContainerError, NotFound, ServiceStartupFailed, Timeout, ValidationError
from perry_ffi.service import stacks as service
from perry_ffi.service.client import Client
from perry_ffi.stack import identity

pytestmark = pytest.mark.anyio

NODES: dict[str, Any] = {
    "db": {"ports": ["5432"]},
    "build": {"kind": "job", "outputs": {"tag": {"from": "stdout"}}},
    "test": {
        "kind": "job", "env": {"TAG": {"nodeId": "build", "projection": "output", "name": "tag"}},
        "depends_on": {"db": {"condition": "ready"}},
    },
}  # fmt: skip
BEHAVE = {"build": Behaviour(exit_code=0, stdout="v1\n"), "test": Behaviour(exit_code=0, stdout="ok\n", stderr="hm\n")}
LONG = {"a": {"kind": "job"}, "b": {"kind": "job", "depends_on": ["a"]}}


def js(value: Any) -> bytes:
    return json.dumps(value).encode()


def graph(nodes: dict[str, Any] = NODES, name: str = "g", **members: Any) -> bytes:
    return js({"name": name, "nodes": {key: {"image": "app", **row} for key, row in nodes.items()}, **members})


class Host:
    """A client on an engine in memory."""

    def __init__(self, folder: Path) -> None:
        self.behave: dict[str, Behaviour] = dict(BEHAVE)
        self.world = World(self._behave)
        self.world.make_image("app")
        self.empty = (set(self.world.networks), set(self.world.volumes))
        self.backend = FakeBackend(self.world)
        self.folder = folder
        self.client = self.another()

    def another(self) -> Client:
        """A process beside it."""
        client = Client({"XDG_RUNTIME_DIR": str(self.folder), "HOME": str(self.folder)})
        client._active = self.backend
        return client

    def _behave(self, box: Box) -> Behaviour:
        return self.behave.get(box.spec.labels.get(identity.SERVICE, ""), Behaviour())

    async def run(self, nodes: dict[str, Any] = NODES, **options: Any) -> int:
        return await workloads.run_graph(self.client, graph(nodes), js(options))

    @property
    def empty_again(self) -> bool:
        return not self.world.boxes and (set(self.world.networks), set(self.world.volumes)) == self.empty


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    found = Host(tmp_path)
    yield found
    await found.client.aclose()


async def records(client: Client, stream: int, wanted: Callable[[list[Any]], bool]) -> list[Any]:
    """What a stream tells until ``wanted``, or its end."""
    found: list[Any] = []
    async with asyncio.timeout(10):
        while not wanted(found) and (batch := await streams.next_(client, stream)) is not None:
            found += batch
    return found


async def begun(host: Host) -> None:
    """Until something has been made."""
    async with asyncio.timeout(5):
        while not host.world.boxes:
            await asyncio.sleep(0.01)


# -- a graph that runs --------------------------------------------------------------------------------


async def test_a_run_is_looked_at_and_taken_down(host: Host) -> None:
    handle = await host.run()
    status = await workloads.status(host.client, handle)
    assert status["phases"] == {"db": "ready", "build": "succeeded", "test": "succeeded"} and status["healthy"]
    assert status["nodes"] == {"db": "running", "build": "stopped", "test": "stopped"} and status["errors"] == {}
    rows = await workloads.ps(host.client, handle)
    assert [(row["nodeId"], row["name"], row["phase"], row["state"], row["attempt"], row["exitCode"]) for row in rows] == [
        ("build", "g-build-1", "succeeded", "stopped", 1, 0), ("db", "g-db-1", "ready", "running", 1, None),
        ("test", "g-test-1", "succeeded", "stopped", 1, 0),
    ]  # fmt: skip
    drawn = await workloads.graph(host.client, handle)
    assert drawn["nodes"] == ["db", "build", "test"]
    assert [(edge["from"], edge["to"], edge["condition"]) for edge in drawn["edges"]] == [
        ("test", "db", "ready"), ("test", "build", "succeeded"),
    ]  # fmt: skip
    one = await workloads.logs(host.client, handle, "test", None)
    assert (one.stdout, one.stderr) == ("ok\n", "hm\n")
    everything = await workloads.logs(host.client, handle, None, None)
    assert (everything.stdout, everything.stderr) == ("build | v1\ntest  | ok\n", "test  | hm\n")
    assert (await workloads.exec_(host.client, handle, "db", b'["true"]', None)).exit_code == 0
    assert await workloads.wait(host.client, handle, js({"timeout": 5})) == status
    report = await workloads.down(host.client, handle, None)
    assert (report.containers_removed, report.networks_removed, report.errors) == (3, 1, [])
    assert host.empty_again and len(host.client.handles) == 0
    with pytest.raises(NotFound):
        await workloads.status(host.client, handle)


async def test_one_that_is_attached_to_tells_what_labels_tell(host: Host) -> None:
    handle = await host.run()
    other = host.another()
    attached = await workloads.attach(other, "g")
    here, there = await workloads.status(host.client, handle), await workloads.status(other, attached)
    for member in ("nodes", "phases", "healthy", "errors"):
        assert here[member] == there[member]  # type: ignore[literal-required]
    assert {name: row["kind"] for name, row in there["details"].items()} == {"build": "job", "db": "service", "test": "job"}
    first, second = await workloads.graph(host.client, handle), await workloads.graph(other, attached)
    assert sorted(first["nodes"]) == second["nodes"]
    assert sorted(map(str, first["edges"])) == sorted(map(str, second["edges"]))
    assert await workloads.ps(other, attached) == await workloads.ps(host.client, handle)
    assert await workloads.wait(other, attached, None) == there
    assert (await workloads.down(other, attached, None)).containers_removed == 3
    with pytest.raises(NotFound):
        await workloads.attach(other, "g")
    gone = await workloads.status(host.client, handle)
    assert gone["phases"] == {"db": "stopped", "build": "succeeded", "test": "succeeded"} and not gone["healthy"]
    await other.aclose()


async def test_a_node_that_never_ran_is_known_to_other_processes(host: Host) -> None:
    host.behave = {"a": Behaviour(exit_code=0)}
    nodes = {"a": {"kind": "job"}, "undo": {"kind": "job", "depends_on": {"a": {"condition": "failed"}}}}
    handle = await host.run(nodes)
    assert (await workloads.status(host.client, handle))["phases"] == {"a": "succeeded", "undo": "skipped"}
    attached = await workloads.attach(host.client, "g")
    found = await workloads.status(host.client, attached)
    assert found["phases"] == {"a": "succeeded", "undo": "pending"} and found["healthy"]
    assert (await workloads.graph(host.client, attached))["nodes"] == ["a", "undo"]
    with pytest.raises(NotFound) as wrong:
        await workloads.logs(host.client, attached, "undo", None)
    assert wrong.value.message == "nodes.undo: it has no container"


async def test_an_attached_one_is_waited_for_while_another_process_runs_it(host: Host) -> None:
    host.behave = {"a": Behaviour(exit_code=0, seconds=0.3), "b": Behaviour(exit_code=0, seconds=0.3)}
    await host.run(LONG, until="started")
    other = host.another()
    async with asyncio.timeout(5):
        while not host.world.boxes:
            await asyncio.sleep(0.01)
    attached = await workloads.attach(other, "g")
    with pytest.raises(Timeout) as late:
        await workloads.wait(other, attached, js({"timeout": 0.05}))
    assert late.value.details["seconds"] == 0.05
    assert (await workloads.wait(other, attached, js({"timeout": 10})))["phases"] == {"a": "succeeded", "b": "succeeded"}
    await other.aclose()


async def test_an_attached_one_is_waited_for_by_events_where_nobody_runs_it(host: Host) -> None:
    """The process that began it is gone; its job goes on."""
    host.behave = {"a": Behaviour(exit_code=0, seconds=0.4)}
    labels = {**identity.container_labels("g", "a", 1, digest="", image_id="", depends_on={}), "perry.workload.name": "g",
              "perry.workload.node": "a", "perry.workload.kind": "job"}  # fmt: skip
    from perry_ffi.model.base import validate
    from perry_ffi.model.container import ContainerSpec

    made = await host.backend.create_container(validate(ContainerSpec, {"image": "app", "name": "g-a-1", "labels": labels}))
    await host.backend.start_container(made.id)
    attached = await workloads.attach(host.client, "g")
    assert (await workloads.status(host.client, attached))["phases"] == {"a": "running"}
    assert (await workloads.wait(host.client, attached, js({"timeout": 5})))["phases"] == {"a": "succeeded"}


async def test_events_and_logs_of_a_run_that_goes_on(host: Host) -> None:
    host.behave = {"a": Behaviour(exit_code=0, seconds=0.2, stdout="one\n"), "b": Behaviour(exit_code=0, stdout="two\n")}
    handle = await host.run(LONG, until="started")
    events = await workloads.events(host.client, handle)
    lines = await workloads.follow_logs(host.client, handle, None)
    assert (await workloads.wait(host.client, handle, None))["healthy"]
    told = await records(
        host.client, events, lambda rows: any(row.get("phase") == "succeeded" and row["node"] == "b" for row in rows)
    )
    assert ("a", "succeeded") in {(row["node"], row["phase"]) for row in told if row["kind"] == "node"}
    assert ("b", 1) in {(row["node"], row["attempt"]) for row in told if row["kind"] == "container"}
    heard = await records(host.client, lines, lambda rows: False)
    assert [(row["node"], row["attempt"], row["stream"], row["text"]) for row in heard] == [
        ("a", 1, "stdout", "one"), ("b", 1, "stdout", "two"),
    ]  # fmt: skip


async def test_earlier_tries_are_rows_and_their_logs_are_asked_for(host: Host) -> None:
    host.behave = {"a": Behaviour(exit_code=3, stdout="no\n")}
    handle = await host.run({"a": {"kind": "job", "retry": {"limit": 1, "delay": 0}}}, onFailure="partialContinue")
    status = await workloads.status(host.client, handle)
    details = status["details"]["a"]
    assert (details["phase"], details["attempt"], details["attempts"], details["exitCode"]) == ("failed", 2, 2, 3)
    assert not status["healthy"] and "exit code 3" in status["errors"]["a"]
    assert [row["attempt"] for row in await workloads.ps(host.client, handle)] == [1, 2]
    assert (await workloads.logs(host.client, handle, None, None)).stdout == "a | no\n"
    for options, attempts in (({}, [2]), ({"attempts": True}, [1, 2])):
        stream = await workloads.follow_logs(host.client, handle, js(options))
        assert sorted(row["attempt"] for row in await records(host.client, stream, lambda rows: False)) == attempts


# -- failures -----------------------------------------------------------------------------------------


async def test_a_graph_that_halts_rejects_with_a_live_handle(host: Host) -> None:
    host.behave = {"build": Behaviour(exit_code=3, stderr="no\n")}
    with pytest.raises(ServiceStartupFailed) as failed:
        await host.run(onFailure="haltGraph")
    handle = failed.value.details["graph"]
    assert failed.value.to_dict()["graph"] == handle
    status = await workloads.status(host.client, handle)
    assert status["phases"]["build"] == "failed" and status["phases"]["test"] in ("skipped", "cancelled")
    assert (await workloads.logs(host.client, handle, "build", None)).stderr == "no\n"
    assert not (await workloads.down(host.client, handle, None)).errors
    assert host.empty_again


async def test_a_graph_that_is_out_of_time_rejects_with_a_handle_where_it_is_not_put_back(host: Host) -> None:
    host.behave = {"a": Behaviour(exit_code=0, seconds=60)}
    with pytest.raises(Timeout) as late:
        await host.run(LONG, timeout=0.2)
    assert "graph" not in late.value.details and host.empty_again
    with pytest.raises(Timeout) as late:
        await host.run(LONG, timeout=0.2, onFailure="haltGraph")
    await workloads.down(host.client, late.value.details["graph"], None)
    assert host.empty_again


async def test_a_graph_that_is_put_back_leaves_no_handle(host: Host) -> None:
    host.behave = {"build": Behaviour(exit_code=3)}
    with pytest.raises(ServiceStartupFailed) as failed:
        await host.run()
    assert "graph" not in failed.value.details and failed.value.details["rolledBack"]
    assert host.empty_again and len(host.client.handles) == 0


async def test_two_runs_of_one_graph_do_not_meet(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.behave = {"a": Behaviour(exit_code=0, seconds=60)}
    handle = await host.run(LONG, until="started")
    with pytest.raises(Conflict):
        await host.run(LONG)
    await workloads.down(host.client, handle, None)
    first = asyncio.create_task(host.run(LONG))
    await begun(host)
    monkeypatch.setattr("perry_ffi.workload.run.TURN_SECONDS", 0.2)
    other = host.another()
    for client in (host.client, other):
        with pytest.raises(Conflict) as refused:
            await workloads.run_graph(client, graph(LONG), None)
        assert refused.value.details["remedy"] and "graph" not in refused.value.details, "that is a handle's number"
    await other.aclose()
    first.cancel()
    await asyncio.wait([first])
    assert host.empty_again and len(host.client.handles) == 0


# -- ends ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["down", "downByProject", "downAll", "stack", "close", "signal"])
async def test_a_run_that_goes_on_ends_first(host: Host, end: str) -> None:
    host.behave = {"a": Behaviour(exit_code=0), "b": Behaviour(exit_code=0, seconds=60)}
    handle = await host.run(LONG, until="started")
    async with asyncio.timeout(5):
        while (await workloads.status(host.client, handle))["phases"]["b"] != "running":
            await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        match end:
            case "down":
                assert not (await workloads.down(host.client, handle, None)).errors
            case "downByProject":
                assert not (await stacks.down_by_project(host.client, "g", None)).errors
            case "downAll":
                assert not (await stacks.down_all(host.client, None)).errors
            case "stack":
                stack = await stacks.attach(host.client, "g")
                assert {row["service"] for row in await stacks.ps(host.client, stack)} == {"a", "b"}
                assert not (await stacks.down(host.client, stack, None)).errors
            case "close":
                await host.client.aclose()
            case "signal":
                await service.take_down_owned(host.client)
    assert host.empty_again


@pytest.mark.parametrize("end", ["downByProject", "downAll", "close"])
async def test_a_run_that_is_waited_for_ends_first_and_says_why(host: Host, end: str) -> None:
    host.behave = {"a": Behaviour(exit_code=0, seconds=60)}
    run = asyncio.create_task(host.run(LONG))
    await begun(host)
    async with asyncio.timeout(10):
        if end == "close":
            await host.client.aclose()
        else:
            report = await (
                stacks.down_all(host.client, None) if end == "downAll" else stacks.down_by_project(host.client, "g", None)
            )
            assert not report.errors
    with pytest.raises(Cancelled):
        await run
    assert host.empty_again and len(host.client.handles) == 0


async def test_a_signal_takes_down_what_this_process_ran_and_nothing_else(host: Host) -> None:
    handle = await host.run()
    other = host.another()
    await workloads.attach(other, "g")
    await service.take_down_owned(other)
    assert len(host.world.boxes) == 3
    await service.take_down_owned(host.client)
    assert host.empty_again
    assert (await workloads.status(host.client, handle))["phases"]["db"] == "stopped"
    await other.aclose()


async def test_a_run_that_is_cancelled_is_put_back(host: Host) -> None:
    host.behave = {"a": Behaviour(exit_code=0, seconds=60)}
    run = asyncio.create_task(host.run(LONG))
    await begun(host)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert host.empty_again and len(host.client.handles) == 0


async def test_volumes_go_where_they_are_asked_for(host: Host) -> None:
    nodes = {"a": {"kind": "job", "volumes": ["data:/data"]}}
    host.behave = {"a": Behaviour(exit_code=0)}
    handle = await workloads.run_graph(host.client, graph(nodes, volumes={"data": {}}), None)
    again = await workloads.attach(host.client, "g")
    assert (await workloads.down(host.client, handle, None)).volumes_removed == 0
    assert not host.world.boxes and not host.empty_again
    assert (await workloads.down(host.client, again, js({"volumes": True}))).volumes_removed == 1
    assert host.empty_again


# -- plans --------------------------------------------------------------------------------------------


async def test_a_plan_changes_nothing(host: Host) -> None:
    plan = await workloads.inspect_graph(host.client, graph())
    assert (plan["name"], plan["levels"], plan["errors"]) == ("g", [["build", "db"], ["test"]], {})
    assert set(plan["nodes"].values()) == {"pending"}
    assert host.empty_again
    part = await workloads.plan_graph(host.client, graph(), js({"only": ["db"]}))
    assert {row["node"] for row in part["plan"]} == {None, "db"}


async def test_a_plan_without_an_engine_is_the_static_part(tmp_path: Path) -> None:
    client = Client({"PERRY_CONTAINER_BACKEND": "docker", "DOCKER_HOST": f"unix://{tmp_path}/no.sock", "HOME": str(tmp_path)})
    plan = await workloads.inspect_graph(client, graph())
    assert plan["levels"] == [["build", "db"], ["test"]] and plan["plan"] and plan["errors"].keys() == {"engine"}
    with pytest.raises(ValidationError):
        await workloads.inspect_graph(client, graph({"a": {"depends_on": ["z"]}}))
    await client.aclose()


# -- what is refused ----------------------------------------------------------------------------------


async def test_a_project_that_is_no_graph_is_refused(host: Host) -> None:
    stack = await stacks.up(host.client, js({"name": "g", "services": {"a": {"image": "app"}}}), None)
    for refused in (workloads.attach(host.client, "g"), host.run()):
        with pytest.raises(Conflict):
            await refused
    with pytest.raises(NotFound):
        await workloads.status(host.client, stack)
    await stacks.down(host.client, stack, None)


async def test_a_handle_is_of_its_kind(host: Host) -> None:
    handle = await host.run()
    for wrong in (0, -1, handle + 1, 2**63 - 1):
        with pytest.raises(NotFound):
            await workloads.ps(host.client, wrong)
    for other in (stacks.ps(host.client, handle), stacks.down(host.client, handle, None)):
        with pytest.raises(NotFound):
            await other
    with pytest.raises(NotFound):
        await streams.next_(host.client, handle)
    await workloads.down(host.client, handle, None)


async def test_a_node_that_is_not_there_is_named(host: Host) -> None:
    handle = await host.run()
    for refused in (
        workloads.logs(host.client, handle, "zz", None), workloads.exec_(host.client, handle, "zz", b'["a"]', None),
        workloads.follow_logs(host.client, handle, js({"nodes": ["zz"]})),
    ):  # fmt: skip
        with pytest.raises(NotFound) as wrong:
            await refused
        assert wrong.value.message == "nodes.zz: no such node; there are db, build, test"
    with pytest.raises(Conflict):
        await workloads.exec_(host.client, handle, "test", b'["a"]', None)
    await workloads.down(host.client, handle, None)


GARBAGE = (None, b"", b"{", b"null", b"[]", b"1", b'"x"', b'{"name":1}', b'{"name":"g"}', b'{"name":"g","nodes":[]}', b"\xff\xfe",
           b'{"name":"g","nodes":{"a":1}}', b'{"name":"g","nodes":{"a":{"image":"app","zz":1}}}', b'{"name":"g","nodes":"{"}')  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE)
async def test_a_document_that_is_none_is_refused(host: Host, text: bytes | None) -> None:
    for call in (workloads.run_graph(host.client, text, None), workloads.inspect_graph(host.client, text)):
        with pytest.raises(ContainerError) as refused:
            await call
        assert refused.value.code == 400, refused.value
    if text is not None:
        for call in (workloads.run_graph(host.client, graph(), text), workloads.plan_graph(host.client, graph(), text)):
            if text in (b"null", b""):
                call.close()
                continue
            with pytest.raises(ValidationError):
                await call
    assert host.empty_again and not host.backend.calls
