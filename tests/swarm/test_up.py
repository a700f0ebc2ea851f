"""A project on three nodes: brought up in order, again, edited, put back, taken down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.compose import load_document
from perry_ffi.errors import ServiceStartupFailed
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.down import down
from perry_ffi.stack.lifecycle import lifecycle
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.up import plan, up
from tests.engines.swarm.lab import Lab, until
from tests.live.proxy import Proxy, proxy
from tests.swarm.asked import only_if_asked
from tests.swarm.shop import NAME, on, shop, tasks_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def before(lab: Lab, tmp_path: Path) -> AsyncIterator[Proxy]:
    async with proxy(lab.leader().socket, tmp_path / "p.sock") as found:
        yield found


@pytest.fixture
async def context(before: Proxy, tmp_path: Path) -> AsyncIterator[StackContext]:
    async with on(before.socket, tmp_path) as found:
        yield found


def running(lab: Lab) -> dict[str, list[str]]:
    """The ids of the tasks that run, by service."""
    found = {
        name: sorted(task["ID"] for task in tasks if task["Status"]["State"] == "running" and task["DesiredState"] == "running")
        for name, tasks in tasks_of(lab).items()
    }
    return {name: ids for name, ids in found.items() if ids}


def began(task: dict[str, Any]) -> str:
    return str(task["CreatedAt"])


async def test_five_services_and_their_edits(lab: Lab, before: Proxy, context: StackContext) -> None:
    await up(context, shop(lab), Up())
    first = running(lab)
    assert {name: len(ids) for name, ids in first.items()} == {"db": 1, "api": 3, "web": 2, "side": 1}
    tasks = tasks_of(lab)
    (migrated,) = tasks["migrate"]
    assert migrated["Status"]["State"] == "complete"
    assert began(tasks["db"][0]) < began(migrated)
    assert all(migrated["Status"]["Timestamp"] < began(task) for task in tasks["api"])
    assert all(began(api) < began(web) for api in tasks["api"] for web in tasks["web"])

    asked = before.count(".*")
    assert (await up(context, shop(lab), Up())).empty
    assert before.count(".*") - asked <= 8
    assert running(lab) == first

    def other_config(document: dict[str, Any]) -> None:
        document["configs"]["schema"]["content"] = "two\n"

    steps = await up(context, shop(lab, other_config), Up())
    changed = [(step.owner, step.cause) for step in steps.steps if step.action.name == "update service"]
    assert changed == [("migrate", "config schema changed")]
    assert running(lab) == first
    assert len(lab.leader().call("GET", "/configs")) == 1
    assert (await plan(context, shop(lab, other_config), Up())).empty

    def bad(document: dict[str, Any]) -> None:
        other_config(document)
        document["services"]["db"]["environment"] = {"NEW": "1"}
        document["services"]["web"]["command"] = ["sh", "-c", "echo no page; sleep 0.2; exit 3"]

    labels = {row["Spec"]["Name"]: row["Spec"]["Labels"] for row in lab.leader().call("GET", "/services")}
    with pytest.raises(ServiceStartupFailed) as caught:
        await up(context, shop(lab, bad), Up())
    told = caught.value.details
    assert (told["service"], told["exitCode"], told["rolledBack"]) == ("web", 3, True), told
    assert told["logs"] == ["no page"]
    assert told["node"] in {node.name for node in lab.nodes}
    assert {row["Spec"]["Name"]: row["Spec"]["Labels"] for row in lab.leader().call("GET", "/services")} == labels
    assert {name: len(ids) for name, ids in running(lab).items()} == {"db": 1, "api": 3, "web": 2, "side": 1}
    assert running(lab)["api"] == first["api"]
    assert (await plan(context, shop(lab, other_config), Up())).empty

    report = await down(context, NAME, None, Down())
    assert report.errors == []
    until(lambda: not lab.leftovers(NAME), "no node has anything left: containers that ended go a moment after their tasks")


async def test_a_first_up_that_fails_leaves_nothing(lab: Lab, context: StackContext) -> None:
    def bad(document: dict[str, Any]) -> None:
        document["services"]["migrate"]["command"] = ["sh", "-c", "exit 7"]

    with pytest.raises(ServiceStartupFailed) as caught:
        await up(context, shop(lab, bad), Up())
    assert (caught.value.details["service"], caught.value.details["exitCode"]) == ("migrate", 7)
    assert caught.value.details["rolledBack"] is True, caught.value.details
    until(lambda: not lab.leftovers(NAME), "no node has anything left: containers that ended go a moment after their tasks")


@only_if_asked
async def test_what_ends_on_each_node_is_done(lab: Lab, context: StackContext) -> None:
    """An engine counts then that no task of it is to run; made anew, its end is no failure, whatever its mode says."""
    row = {"image": lab.image, "command": ["true"], "networks": ["net"]}
    services = {"job": {**row, "deploy": {"mode": "global-job"}}, "every": {**row, "deploy": {"mode": "global"}}}
    document = {"name": NAME, "services": services, "networks": {"net": {}}}
    project = load_document(document, env={}, working_directory="/")
    await up(context, project, Up())
    assert (await up(context, project, Up())).empty
    await up(context, project, Up(force_recreate=True))
    for name in services:
        states = [task["Status"]["State"] for task in tasks_of(lab)[name]]
        assert set(states) == {"complete"} and len(states) > len(lab.nodes)
    assert (await down(context, NAME, None, Down())).errors == []


@only_if_asked
async def test_what_has_ended_well_runs_again_where_it_is_needed_or_asked_for(lab: Lab, context: StackContext) -> None:
    """``db``, which web needs healthy, ends well when it is told to; the job runs as often as somebody says so, and no more."""

    def service(command: str, **members: Any) -> dict[str, Any]:
        deploy = {"endpoint_mode": "dnsrr", "update_config": {"monitor": "1s"}}
        return {"image": lab.image, "command": ["sh", "-c", command], "networks": ["net"], "deploy": deploy, **members}

    check = {"test": ["CMD", "test", "-f", "/tmp/ready"], "interval": "500ms", "retries": 20}
    services = {
        "db": service("trap 'exit 0' TERM; touch /tmp/ready; while :; do sleep 0.1; done", healthcheck=check),
        "web": service("exec sleep 600", depends_on={"db": {"condition": "service_healthy"}}),
        "job": service("exit 0"),
    }
    project = load_document({"name": NAME, "services": services, "networks": {"net": {}}}, env={}, working_directory="/")
    await up(context, project, Up())
    (first,) = tasks_of(lab)["db"]
    node, ident = lab.node_of(first), first["Status"]["ContainerStatus"]["ContainerID"]
    node.call("POST", f"/containers/{ident}/kill?signal=TERM")
    until(lambda: tasks_of(lab)["db"][0]["Status"]["State"] == "complete", "db has ended")
    before = running(lab)
    steps = await up(context, project, Up())
    assert [(step.owner, step.action.name) for step in steps.steps if step.action.name != "wait"] == [("db", "restart service")]
    after = running(lab)
    assert len(after.pop("db")) == 1 and after == before
    assert (await up(context, project, Up())).empty

    await lifecycle(context, NAME, None).restart(["job"])

    def update() -> Any:
        rows = {row["Spec"]["Name"]: row for row in lab.leader().call("GET", "/services")}
        state = (rows[f"{NAME}_job"].get("UpdateStatus") or {}).get("State")
        return state if state not in (None, "updating") else None

    assert until(update, "the restart is over") == "completed"
    assert [task["Status"]["State"] for task in tasks_of(lab)["job"]] == ["complete"] * 2
    assert (await up(context, project, Up())).empty
    assert (await down(context, NAME, None, Down())).errors == []
