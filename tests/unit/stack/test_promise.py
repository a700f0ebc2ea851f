"""A plan that was made before is carried out as it is, or nothing is touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from perry_ffi.errors import Conflict
from perry_ffi.stack.options import Up
from perry_ffi.stack.promise import Promise
from perry_ffi.stack.up import promised, up
from tests.unit.stack.rig import IMAGE, Rig, project

pytestmark = pytest.mark.anyio

CALLS = {
    "create_container": "create container", "start_container": "start container", "stop_container": "stop container",
    "remove_container": "remove container", "rename_container": "rename container", "create_network": "create network",
    "remove_network": "remove network", "create_volume": "create volume", "pull_image": "pull image", "build_image": "build image",
}  # fmt: skip
"""What a plan calls the calls of an engine."""


def services(**more: Any) -> dict[str, Any]:
    return {"db": {}, "web": {"depends_on": ["db"], "environment": {"PASSWORD": "swordfish"}, **more}}


async def given(rig: Rig, wanted: Any, **options: Any) -> Promise:
    return (await promised(rig.context, wanted, Up(**options)))[1]


def names(rig: Rig) -> dict[str, str]:
    return {box.id: box.name for box in rig.world.boxes.values()}


def done(rig: Rig, before: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """The calls that changed something, in the words of a plan. before: names of containers that may be gone by now."""
    boxes = {**names(rig), **(before or {})}
    return sorted((CALLS.get(call.method, call.method), boxes.get(call.subject, call.subject)) for call in rig.backend.writes)


def planned(promise: Promise) -> list[tuple[str, str]]:
    return sorted((row["action"], row["target"]) for row in promise.steps if row["action"] != "wait")


async def test_a_fresh_one_does_exactly_its_steps(rig: Rig) -> None:
    wanted = project(services())
    promise = await given(rig, wanted)
    await up(rig.context, wanted, Up(), promise)
    assert done(rig) == planned(promise)
    rig.backend.calls.clear()
    promise = await given(rig, wanted)
    await up(rig.context, wanted, Up(), promise)
    assert not rig.backend.writes and not promise.steps


async def test_the_second_time_it_is_none(rig: Rig) -> None:
    wanted = project(services())
    promise = await given(rig, wanted)
    await up(rig.context, wanted, Up(), promise)
    rig.backend.calls.clear()
    with pytest.raises(Conflict) as caught:
        await up(rig.context, wanted, Up(), promise)
    assert "container p-db-1 is new" in caught.value.message and not rig.backend.writes


async def test_what_makes_it_stale(rig: Rig) -> None:
    """The model, what is there, what a name stands for, the engine: each is named, and nothing is touched."""
    first, changed = project(services()), project(services(hostname="h"))
    await rig.up(first)
    promise = await given(rig, changed)

    async def refused(wanted: Any, context: Any = rig.context, options: Up = Up()) -> str:  # noqa: B008 - frozen
        rig.backend.calls.clear()
        before = rig.state()
        with pytest.raises(Conflict) as caught:
            await up(context, wanted, options, promise)
        assert not rig.backend.writes and rig.state() == before
        assert caught.value.details["changes"]
        return caught.value.message

    assert "services.web changed" in await refused(project(services(hostname="other")))
    assert "services.more is new" in await refused(project({**services(hostname="h"), "more": {}}))
    assert "other steps" in await refused(changed, options=Up(force_recreate=True))
    assert "another engine" in await refused(changed, replace(rig.context, engine="docker unix:///other.sock"))
    image = rig.world.images[IMAGE]
    rig.world.make_image(IMAGE)
    assert "image app changed" in await refused(changed)
    rig.world.name_image(image, IMAGE)
    rig.world.stop(rig.box("p-db-1"))
    assert "container p-db-1 changed" in await refused(changed)
    rig.world.remove(rig.box("p-db-1"), force=True, volumes=False)
    assert "container p-db-1 is not there any more" in await refused(changed)


async def test_what_was_pulled_and_is_the_same_is_not_made_anew(rig: Rig) -> None:
    """And no step is done that the plan does not have."""
    wanted = project({"web": {}, "other": {"image": "second"}})
    rig.world.make_image("second")
    await rig.up(wanted)
    promise = await given(rig, wanted, pull="always")
    assert ("pull image", IMAGE) in planned(promise) and ("remove container", "p-web-1") in planned(promise)
    rig.backend.calls.clear()
    rig.world.remote = {IMAGE, "second"}
    rig.world.published["second"] = f"second@sha256:{'1' * 64}"
    before = names(rig)
    await up(rig.context, wanted, Up(pull="always"), promise)
    assert {row for row in done(rig, before) if row[0] in ("pull image", "remove container")} == {
        ("pull image", IMAGE), ("pull image", "second"), ("remove container", "p-other-1"),
    }  # fmt: skip


async def test_no_secret_is_in_it(rig: Rig) -> None:
    promise = await given(rig, project(services(), environment={"S": "swordfish"}))
    assert "swordfish" not in repr(promise)


async def test_a_failure_of_it_is_put_back_and_not_planned_anew(rig: Rig) -> None:
    wanted = project(services())
    promise = await given(rig, wanted)
    rig.interrupt(2, lambda: Conflict("somebody was quicker"))
    before = rig.state()
    with pytest.raises(Conflict, match="somebody was quicker"):
        await up(rig.context, wanted, Up(), promise)
    assert rig.state() == before
