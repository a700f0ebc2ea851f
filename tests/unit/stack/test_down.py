"""What ``down`` takes away where only the containers tell of the images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import Conflict, NotFound
from perry_ffi.stack.down import plan_down
from perry_ffi.stack.options import Down
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
OWN = project({"one": {}, "two": {"build": {"context": "/"}}})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("local_registry", "shown", "goes"),
    [
        ("", "p-two", True),
        ("", "p-two:latest", True),
        ("localhost", "localhost/p-two:latest", True),
        ("localhost", "p-two", True),
        ("", "here/p-two:latest", False),
        ("localhost", "here/p-two", False),
        ("localhost", "localhost/p-two:1", False),
    ],
)
async def test_an_image_that_was_made_here_is_known_by_what_its_engine_calls_it(
    tmp_path: Path, local_registry: str, shown: str, goes: bool
) -> None:
    rig = Rig(tmp_path)
    await rig.up(OWN)
    rig.backend.local_registry = local_registry
    box = rig.box("p-two-1")
    rig.world.images[shown] = rig.world.images.pop("p-two")
    box.spec = box.spec.model_copy(update={"image": shown})
    await rig.down(images="local")
    assert (shown not in rig.world.images) is goes and "app" in rig.world.images


async def test_services_that_are_named_go_alone(rig: Rig) -> None:
    """Networks that others are on stay, and so do volumes that others have."""
    wanted = project(
        {
            "web": {"depends_on": ["db"], "volumes": ["shared:/s"], "networks": ["front"]},
            "db": {"volumes": ["own:/o", "shared:/s"], "networks": ["front", "back"]},
        },
        volumes={"own": {}, "shared": {}}, networks={"front": {}, "back": {}},
    )  # fmt: skip
    await rig.up(wanted)
    report = await rig.down("p", wanted, services=("db",), volumes=True)
    assert report.errors == [] and rig.names() == {"p-web-1": "running"}
    assert set(rig.world.volumes) == {"p_shared"} and "p_front" in rig.world.networks and "p_back" not in rig.world.networks
    with pytest.raises(NotFound):
        await rig.down("p", wanted, services=("nosuch",))
    await rig.down("p", wanted, services=("web",))
    assert rig.names() == {} and set(rig.world.volumes) == {"p_shared"} and "p_front" not in rig.world.networks


async def test_a_network_that_is_still_busy_goes_at_the_second_look(rig: Rig) -> None:
    """An engine may count a container on it for a moment that it has removed."""
    wanted = project({"a": {}})
    await rig.up(wanted)
    tries = 0

    async def busy(call: Any, moment: str) -> None:
        nonlocal tries
        if call.method == "remove_network" and moment == "before":
            tries += 1
            if tries == 1:
                raise Conflict("has active endpoints")

    rig.backend.interrupt = busy
    report = await rig.down("p", wanted)
    assert report.errors == [] and tries == 2 and "p_default" not in rig.world.networks


CHAIN = project({"web": {"depends_on": ["api"]}, "api": {"depends_on": ["db"]}, "db": {}})


async def told_plan(rig: Rig, timeout: float | None) -> str:
    plan = await plan_down(rig.context, "p", CHAIN, Down(timeout=timeout))
    return "".join(" ".join(line.split()) + "\n" for line in plan.text().splitlines())


@pytest.mark.parametrize("timeout", [None, 0])
async def test_where_no_network_waits_for_what_has_stopped_removals_hold_nothing_up(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, timeout: float | None
) -> None:
    """Nor do those that get no time to end wait for each other."""
    monkeypatch.setattr(type(rig.backend), "held_by_stopped", False)
    await rig.up(CHAIN)
    first, second = ("", "") if timeout == 0 else (" after 1", " after 3")
    assert await told_plan(rig, timeout) == (
        "1 stop container p-web-1 down\n"
        "2 remove container p-web-1 down after 1\n"
        f"3 stop container p-api-1 down{first}\n"
        "4 remove container p-api-1 down after 3\n"
        f"5 stop container p-db-1 down{second}\n"
        "6 remove container p-db-1 down after 5\n"
        "7 remove network p_default down after 1 3 5\n"
    )


async def test_where_a_network_waits_for_its_containers_what_gets_no_time_is_killed_by_its_removal(rig: Rig) -> None:
    await rig.up(CHAIN)
    assert await told_plan(rig, 0) == (
        "1 remove container p-web-1 down\n"
        "2 remove container p-api-1 down\n"
        "3 remove container p-db-1 down\n"
        "4 remove network p_default down after 1 2 3\n"
    )


@pytest.mark.parametrize("gone", [False, True])
async def test_whose_dependency_does_not_run_still_stops_before_what_that_one_depends_on(rig: Rig, gone: bool) -> None:
    await rig.up(CHAIN)
    middle = rig.box("p-api-1")
    if gone:
        del rig.world.boxes[middle.id]
    else:
        middle.status = "exited"
    plan = await plan_down(rig.context, "p", CHAIN, Down())
    (web,) = (step.number for step in plan.steps if step.target == "p-web-1" and step.action.name == "stop container")
    (database,) = (step for step in plan.steps if step.target == "p-db-1" and step.action.name == "stop container")
    assert database.needs == (web,)


async def test_nobody_is_asked_who_ended_what_is_to_go(rig: Rig) -> None:
    """It tells an up whether a job is done; and an engine may take its time to answer."""
    await rig.up(CHAIN)
    for box in rig.world.boxes.values():
        box.status, box.exit_code = "exited", 0
    await rig.down("p", CHAIN)
    assert rig.names() == {} and "was_stopped" not in {call.method for call in rig.backend.calls}


@pytest.mark.parametrize("again", [{"restart": "always"}, {"deploy": {"restart_policy": {"condition": "any"}}}])
async def test_what_may_be_in_a_loop_of_starts_is_killed_by_its_removal(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, again: dict[str, Any]
) -> None:
    monkeypatch.setattr(type(rig.backend), "held_by_stopped", False)
    looping = project({"job": again, "web": {}})
    await rig.up(looping)
    steps = (await plan_down(rig.context, "p", looping, Down(timeout=0))).steps
    assert [(step.action.name, step.target, step.needs) for step in steps] == [
        ("stop container", "p-web-1", ()),
        ("remove container", "p-web-1", (1,)),
        ("remove container", "p-job-1", ()),
        ("remove network", "p_default", (1, 3)),
    ]


async def test_a_network_that_others_are_on_stays_and_is_no_failure(rig: Rig) -> None:
    other = project({"b": {}}, name="q", networks={"default": {"external": True, "name": "p_default"}})
    await rig.up(CHAIN)
    await rig.up(other)
    report = await rig.down("p", CHAIN)
    assert report.errors == [] and rig.names() == {"q-b-1": "running"} and "p_default" in rig.world.networks
    await rig.down("q", other)
    report = await rig.down("p", CHAIN)
    assert report.errors == [] and report.networks_removed == 1 and "p_default" not in rig.world.networks
