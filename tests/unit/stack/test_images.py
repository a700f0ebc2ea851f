"""Pulls of a project, by its policies."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.fake import Call
from perry_ffi.errors import BackendError, ContainerError
from perry_ffi.stack import images
from perry_ffi.stack.steps.verbs import Doing
from tests.unit.stack.rig import Rig, project


@pytest.mark.anyio
async def test_a_pull_keeps_to_the_pull_policies(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    policies = ("never", "build", "missing", "if_not_present", "always")
    services = {f"s{index}": {"pull_policy": policy} for index, policy in enumerate(policies)}
    gone = {"gone": {"image": "gone", "pull_policy": "missing"}, "none": {}}
    rig.world.remote |= {"app", "gone"}
    report = await images.pull(rig.context, project(services), ["s0", "s1", "s2", "s3"], ignore=False)
    assert report.images == []
    report = await images.pull(rig.context, project({**services, **gone}), None, ignore=False)
    assert sorted(report.images) == ["app", "gone"]


@pytest.mark.anyio
async def test_a_policy_that_is_asked_for_comes_before_the_services_own(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    wanted = project({"a": {}, "b": {"image": "other", "pull_policy": "always"}, "c": {"pull_policy": "never"}})
    rig.world.make_image("other")
    rig.world.remote |= {"app", "other"}
    report = await images.pull(rig.context, wanted, None, False, policy="missing")
    assert report.images == []
    report = await images.pull(rig.context, wanted, None, False, policy="always")
    assert sorted(report.images) == ["app", "other"]


@pytest.mark.anyio
async def test_what_can_be_built_is_pulled_where_that_is_asked_for(tmp_path: Path) -> None:
    """One that cannot be had is warned of; without a name of its own there is nothing to pull."""
    rig = Rig(tmp_path)
    build = {"build": {"context": str(tmp_path)}}
    wanted = project({"a": {**build, "image": "there"}, "b": {**build, "image": "nowhere"}, "c": build})
    rig.world.remote |= {"there"}
    heard = rig.bus.subscribe()
    assert (await images.pull(rig.context, wanted, None, False)).images == []
    report = await images.pull(rig.context, wanted, None, False, buildable=True)
    assert report.images == ["there"] and report.errors == []
    rows = await heard.next() or ()
    warnings = [row["message"] for row in rows if row["kind"] == "warning"]
    assert len(warnings) == 1 and "services.b" in warnings[0] and "nowhere" in warnings[0]
    ended = {(row["target"], row["state"]) for row in rows if row["kind"] == "step" and row["state"] != "started"}
    assert ended == {("there", "done"), ("nowhere", "failed")}


@pytest.mark.anyio
async def test_a_rehearsal_notes_builds_in_their_order(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    base = {"build": {"context": str(tmp_path)}}
    top = {"build": {"context": str(tmp_path), "additional_contexts": {"base": "service:base"}}}
    doing = Doing(rig.bus, "p", rehearse=True)
    await images.build(rig.context, project({"top": top, "base": base}), ["top"], False, doing=doing)
    rows = [(row.action.name, row.target, row.needs) for row in doing.plan().steps]
    assert rows == [("build image", "p-base", ()), ("build image", "p-top", (1,))]
    assert rig.backend.writes == []


@pytest.mark.anyio
async def test_images_that_are_not_there_are_not_pushed_where_that_is_asked_for(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    build = {"build": {"context": str(tmp_path)}}
    wanted = project({"a": {**build, "image": "app"}, "b": {**build, "image": "nowhere"}})
    doing = Doing(rig.bus, "p", rehearse=True)
    await images.push(rig.context, wanted, None, False, missing=True, doing=doing)
    assert [row.target for row in doing.plan().steps] == ["app"]


@pytest.mark.anyio
async def test_the_one_error_has_what_is_known_of_each(tmp_path: Path) -> None:
    rig = Rig(tmp_path)

    async def refuse(call: Call, moment: str) -> None:
        if call.method == "pull_image" and moment == "before":
            raise BackendError(f"pull {call.subject}: nothing there", output="words", remedy=f"look for {call.subject}")

    rig.backend.interrupt = refuse
    with pytest.raises(BackendError) as alone:
        await images.pull(rig.context, project({"a": {"image": "one"}}), None, False)
    assert alone.value.message == "services.a: pull one: nothing there"
    assert {"service": "a", "output": "words", "remedy": "look for one"}.items() <= alone.value.details.items()
    with pytest.raises(BackendError) as both:
        await images.pull(rig.context, project({"a": {"image": "one"}, "b": {"image": "two"}}), None, False)
    assert set(both.value.details["remedy"].split("; ")) == {"look for one", "look for two"}
    assert len(both.value.details["failures"]) == 2 and "output" not in both.value.details


@pytest.mark.anyio
async def test_that_an_image_is_there_is_told_where_a_newer_one_cannot_be_had(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    with pytest.raises(ContainerError) as here:
        await rig.up(project({"a": {"pull_policy": "always"}}))
    assert here.value.details["present"] == rig.world.find_image("app")
    with pytest.raises(ContainerError) as nowhere:
        await rig.up(project({"a": {"image": "other"}}))
    assert "present" not in nowhere.value.details
