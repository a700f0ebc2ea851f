"""Why services of a cluster in memory are as they are."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.compose import Project
from perry_ffi.errors import ContainerError
from perry_ffi.model.why import WhyReport
from perry_ffi.stack.lifecycle import lifecycle
from perry_ffi.stack.why import why
from tests.unit.stack.cluster.rig import Rig, project, shop

pytestmark = pytest.mark.anyio


async def of(rig: Rig, wanted: Project, *services: str) -> dict[str, WhyReport]:
    before = len(rig.cluster.writes)
    found = {report["service"]: report for report in await why(rig.context, wanted, services)}
    assert len(rig.cluster.writes) == before
    return found


async def test_as_they_should_be(rig: Rig) -> None:
    await rig.up(shop())
    found = await of(rig, shop())
    assert [name for name, report in found.items() if not report["asItShouldBe"]] == []
    assert [row["name"] for row in found["api"]["containers"]] == ["api.1", "api.2", "api.3"]
    assert [(row["service"], row["why"]) for row in found["api"]["waitsFor"]] == [("migrate", None)]


async def test_which_members_changed(rig: Rig) -> None:
    await rig.up(shop())

    def edit(document: dict[str, Any]) -> None:
        document["services"]["side"]["environment"] = {"LEVEL": "info", "PASSWORD": "hidden"}
        document["services"]["migrate"].pop("configs")
        document["services"]["web"]["deploy"] = {"placement": {"constraints": ["node.role == worker"]}}

    found = await of(rig, shop(edit), "side", "migrate", "web", "db")
    changes = {
        name: [(row["path"], row["change"], row["new"]) for row in report["containers"][0]["changes"]]
        for name, report in found.items()
    }
    assert changes["side"] == [("environment.LEVEL", "added", "info"), ("environment.PASSWORD", "added", None)]
    assert [(path, change) for path, change, _ in changes["migrate"]] == [("configs", "removed"), ("contents./schema", "removed")]
    assert [(path, change) for path, change, _ in changes["web"]] == [("deploy.placement", "added")]
    assert changes["db"] == [] and found["db"]["asItShouldBe"]
    row = found["side"]["containers"][0]
    assert row["name"] == "p_side" and row["recreate"]
    assert [step["action"] for step in found["side"]["steps"]] == ["update service"]


async def test_a_change_of_content_is_told_and_the_content_is_not(rig: Rig) -> None:
    await rig.up(shop())

    def edit(document: dict[str, Any]) -> None:
        document["configs"]["schema"]["content"] = "two"

    (report,) = (await of(rig, shop(edit), "migrate")).values()
    (change,) = report["containers"][0]["changes"]
    assert (change["path"], change["hidden"], change["old"], change["new"]) == ("contents./schema", True, None, None)


async def test_what_is_not_there_yet(rig: Rig) -> None:
    (report,) = (await of(rig, shop(), "api")).values()
    assert (report["asItShouldBe"], report["containers"]) == (False, [])
    assert [(row["service"], row["why"]) for row in report["waitsFor"]] == [("migrate", "it is not there")]


async def started(rig: Rig, wanted: Project, ready: Any) -> None:
    with anyio.move_on_after(0.2), suppress(ContainerError):
        await rig.up(wanted, rollback=False)
    with anyio.fail_after(30):
        while not ready(await rig.services.tasks([state.id for state in await rig.services.services()])):
            await anyio.sleep(0.02)


async def test_a_task_that_keeps_failing_tells_its_end_and_its_last_words(tmp_path: Path) -> None:
    rig = Rig(tmp_path, app=TaskScript(exit_code=7, seconds=0.01, stdout="no table\n"))
    wanted = project({"app": {}, "web": {"depends_on": ["app"]}})
    with pytest.raises(ContainerError):
        await rig.up(wanted, rollback=False)
    found = await of(rig, wanted)
    (row,) = found["app"]["containers"]
    assert not found["app"]["asItShouldBe"]
    assert "7" in str(row["notReady"])
    assert (row["evidence"]["exitCode"], row["evidence"]["logs"]) == (7, ["no table"])
    assert row["evidence"]["node"] in {"n1", "n2", "n3"}
    (waited,) = found["web"]["waitsFor"]
    assert "app.1" in str(waited["why"]) and waited["evidence"]["logs"] == ["no table"]


async def test_a_task_that_no_node_takes_says_so_in_the_engines_words(rig: Rig) -> None:
    wanted = project({"app": {"deploy": {"placement": {"constraints": ["node.hostname == nowhere"]}}}})
    await started(rig, wanted, lambda tasks: any(task.state == "pending" and task.error for task in tasks))
    (report,) = (await of(rig, wanted)).values()
    (row,) = report["containers"]
    assert "no node has taken it yet: no suitable node" in str(row["notReady"])


async def test_an_image_that_a_node_cannot_get(tmp_path: Path) -> None:
    rig = Rig(tmp_path, app=TaskScript(rejected="No such image: app"))
    wanted = project({"app": {}})
    with pytest.raises(ContainerError):
        await rig.up(wanted, rollback=False)
    (report,) = (await of(rig, wanted)).values()
    assert "No such image: app" in str(report["containers"][0]["notReady"])


async def test_a_check_that_has_not_passed(tmp_path: Path) -> None:
    rig = Rig(tmp_path, app=TaskScript(healthy_after=10.0**6, gives_up=10.0**7))
    check = {"test": ["CMD", "true"], "interval": "1s"}
    wanted = project({"app": {"healthcheck": check}, "web": {"depends_on": {"app": {"condition": "service_healthy"}}}})
    await started(rig, wanted, lambda tasks: any(task.state == "starting" for task in tasks))
    found = await of(rig, wanted)
    assert found["app"]["containers"][0]["notReady"] == "its health check has not passed yet"
    assert found["web"]["waitsFor"][0]["why"] == "app.1: its health check has not passed yet"


async def test_one_that_was_stopped_runs_nothing(rig: Rig) -> None:
    wanted = project({"app": {}, "web": {"depends_on": ["app"]}})
    await rig.up(wanted)
    await lifecycle(rig.context, "p", wanted).stop(["app"])
    found = await of(rig, wanted)
    assert not found["app"]["asItShouldBe"] and found["app"]["steps"]
    assert found["web"]["waitsFor"][0]["why"] == "it has no task"


async def test_what_is_made_by_somebody_else_is_not_known_member_by_member(rig: Rig) -> None:
    wanted = project({"app": {}})
    await rig.up(wanted)
    state = await rig.services.service("p_app")
    await rig.services.scale_service(state, 1, {"perry.compose.members": None})
    edited = project({"app": {"user": "5"}})
    (report,) = (await of(rig, edited)).values()
    assert report["containers"][0]["unknown"]
