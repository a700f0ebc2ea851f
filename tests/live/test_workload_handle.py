"""Handles of graphs on real engines: what another process sees of a graph, what happens to it while it is looked at, how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from perry_ffi.api import stacks as projects
from perry_ffi.api import streams, workloads
from perry_ffi.errors import NotFound, Timeout
from perry_ffi.service.client import Client
from perry_ffi.service.stacks import take_down_owned
from tests.live.conftest import IMAGE
from tests.live.stack_support import SERVE, Stacks, encode, environ, nothing_of, stacks

__all__ = ["stacks"]

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

SERVER = [SERVE[0], SERVE[1], SERVE[2].replace("$$", "$")]


def graph(name: str, nodes: dict[str, Any], **sections: Any) -> bytes | None:
    filled = {key: {"image": IMAGE, "stop_timeout": 1, **row} for key, row in nodes.items()}
    return encode({"name": name, "nodes": filled, **sections})


def job(text: str, **members: Any) -> dict[str, Any]:
    return {"kind": "job", "cmd": ["sh", "-c", text], **members}


def another(stacks: Stacks) -> Client:
    """A process beside it."""
    return Client(environ(stacks.engine, stacks.folder))


async def records(client: Client, stream: int, enough: Callable[[list[Any]], bool]) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(30):
        while not enough(found) and (batch := await streams.next_(client, stream)) is not None:
            found += batch
    return found


async def test_another_process_sees_what_labels_and_containers_tell(stacks: Stacks) -> None:
    nodes = {
        "db": {"cmd": SERVER, "healthcheck": {"test": ["CMD", "true"], "interval": "1s"}, "expose": ["5432"]},
        "build": job("echo v1", outputs={"tag": {"from": "stdout"}}),
        "test": job("echo $TAG $DB; echo err >&2", env={
            "TAG": {"nodeId": "build", "projection": "output", "name": "tag"}, "DB": {"nodeId": "db", "projection": "endpoint"},
        }),
        "flaky": job("exit 3", retry={"limit": 1, "delay": 0}),
    }  # fmt: skip
    handle = await workloads.run_graph(stacks.client, graph(stacks.prefix, nodes), encode({"onFailure": "partialContinue"}))
    here = await workloads.status(stacks.client, handle)
    other = another(stacks)
    try:
        attached = await workloads.attach(other, stacks.prefix)
        there = await workloads.wait(other, attached, encode({"timeout": 30}))
        assert there["phases"] == here["phases"] == {"db": "ready", "build": "succeeded", "test": "succeeded", "flaky": "failed"}
        assert not there["healthy"] and there["errors"].keys() == {"flaky"}
        for name, row in there["details"].items():
            known = here["details"][name]
            assert {key: row[key] for key in ("kind", "attempt", "attempts", "container", "exitCode", "isolation")} == {  # type: ignore[literal-required]
                key: known[key] for key in ("kind", "attempt", "attempts", "container", "exitCode", "isolation")  # type: ignore[literal-required]
            }  # fmt: skip
            assert row["startedAt"] is not None
        drawn, as_checked = await workloads.graph(other, attached), await workloads.graph(stacks.client, handle)
        assert sorted(map(str, drawn["edges"])) == sorted(map(str, as_checked["edges"])) and len(drawn["edges"]) == 2
        rows = await workloads.ps(other, attached)
        assert [(row["nodeId"], row["attempt"], row["state"]) for row in rows] == [
            ("build", 1, "stopped"), ("db", 1, "running"), ("flaky", 1, "failed"), ("flaky", 2, "failed"), ("test", 1, "stopped"),
        ]  # fmt: skip
        assert {row["nodeId"]: row["health"] for row in rows}["db"] == "healthy"
        said = await workloads.logs(other, attached, None, None)
        assert (said.stdout, said.stderr) == ("build | v1\ntest  | v1 db:5432\n", "test  | err\n")
        assert (await workloads.exec_(other, attached, "db", encode(["echo", "in"]), None)).stdout == "in\n"
        stream = await workloads.follow_logs(other, attached, encode({"nodes": ["build", "test"]}))
        heard = await records(other, stream, lambda rows: len(rows) == 3)
        assert {(row["node"], row["attempt"], row["stream"], row["text"]) for row in heard} == {
            ("build", 1, "stdout", "v1"), ("test", 1, "stdout", "v1 db:5432"), ("test", 1, "stderr", "err"),
        }  # fmt: skip
        report = await workloads.down(other, attached, None)
        assert (report.containers_removed, report.networks_removed, report.errors) == (5, 1, [])
    finally:
        await other.aclose()
    assert nothing_of(stacks.engine, stacks.prefix)
    assert (await workloads.status(stacks.client, handle))["phases"]["db"] == "stopped"


async def test_a_run_in_the_background_is_heard_waited_for_and_ended(stacks: Stacks) -> None:
    nodes = {
        "web": {"cmd": SERVER},
        "slow": job("sleep 1; echo done", depends_on=["web"]),
        "last": job("sleep 300", depends_on=["slow"]),
    }
    handle = await workloads.run_graph(stacks.client, graph(stacks.prefix, nodes), encode({"until": "started"}))
    events = await workloads.events(stacks.client, handle)
    lines = await workloads.follow_logs(stacks.client, handle, None)
    other = another(stacks)
    try:
        told = await records(
            stacks.client, events, lambda rows: any(row.get("node") == "last" and row.get("phase") == "running" for row in rows)
        )
        assert ("slow", "succeeded") in {(row["node"], row["phase"]) for row in told if row["kind"] == "node"}
        assert ("slow", 1, 0) in {
            (row["node"], row["attempt"], row.get("exitCode"))
            for row in told
            if row["kind"] == "container" and row["action"] == "die"
        }
        assert [row["text"] for row in await records(stacks.client, lines, bool)] == ["done"]
        attached = await workloads.attach(other, stacks.prefix)
        assert (await workloads.status(other, attached))["phases"] == {"web": "ready", "slow": "succeeded", "last": "running"}
        for client, number in ((stacks.client, handle), (other, attached)):
            with pytest.raises(Timeout):
                await workloads.wait(client, number, encode({"timeout": 0.3}))
        report = await projects.down_by_project(stacks.client, stacks.prefix, None)
        assert report.errors == []
        with pytest.raises(NotFound):
            await workloads.wait(other, attached, None)
    finally:
        await other.aclose()
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_an_attached_graph_is_waited_for_by_events_where_its_process_is_gone(stacks: Stacks) -> None:
    """Killed: its lock is free, and its job goes on."""
    import sys

    program = (
        "import asyncio, json, os, sys\n"
        "from perry_ffi.api import workloads\nfrom perry_ffi.service.client import Client\n"
        "async def main():\n"
        '    await workloads.run_graph(Client(dict(os.environ)), sys.argv[1].encode(), b\'{"until":"started"}\')\n'
        "    await asyncio.sleep(300)\n"
        "asyncio.run(main())\n"
    )
    text = graph(stacks.prefix, {"slow": job("sleep 4; echo done")})
    assert text is not None
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, text.decode(), env=environ(stacks.engine, stacks.folder)
    )
    try:
        async with asyncio.timeout(40):
            while not any(row[1] == "running" for row in stacks.held()["containers"].values()):
                await asyncio.sleep(0.05)
    finally:
        child.kill()
        await child.wait()
    attached = await workloads.attach(stacks.client, stacks.prefix)
    assert (await workloads.wait(stacks.client, attached, encode({"timeout": 30})))["phases"] == {"slow": "succeeded"}
    assert not (await workloads.down(stacks.client, attached, None)).errors
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_a_client_that_closes_puts_back_what_it_runs(stacks: Stacks) -> None:
    other = another(stacks)
    nodes = {"a": {"cmd": SERVER}, "b": job("sleep 300", depends_on=["a"])}
    handle = await workloads.run_graph(other, graph(stacks.prefix, nodes), encode({"until": "started"}))
    async with asyncio.timeout(40):
        while (await workloads.status(other, handle))["phases"]["b"] != "running":
            await asyncio.sleep(0.05)
    await other.aclose()
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_a_host_that_is_told_to_end_takes_its_graphs_down(stacks: Stacks) -> None:
    nodes = {"a": {"cmd": SERVER}, "b": job("echo b", depends_on=["a"])}
    await workloads.run_graph(stacks.client, graph(stacks.prefix, nodes), None)
    await take_down_owned(stacks.client)
    assert nothing_of(stacks.engine, stacks.prefix)
