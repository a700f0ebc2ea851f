"""Rules that hold for every project: plans are in order, applying one leaves nothing to do, failing leaves no trace."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import BackendError, ContainerError
from perry_ffi.stack.options import Up
from perry_ffi.stack.plan import FINAL
from perry_ffi.stack.up import plan
from tests.unit.stack.rig import Rig, project

_FOLDER = tempfile.TemporaryDirectory(prefix="perry-rig-")
NAMES = "abcdef"
CONDITIONS = ("service_started", "service_completed_successfully", "service_healthy")


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Any]:
    """Services that depend only on earlier ones; jobs end by themselves, which the dependents know."""
    services: dict[str, Any] = {}
    for index, name in enumerate(NAMES[: draw(st.integers(0, 5))]):
        job = draw(st.booleans())
        row: dict[str, Any] = {"labels": {"job": str(job)}, "environment": {"V": str(draw(st.integers(0, 2)))}}
        needs = {}
        for other in draw(st.lists(st.sampled_from(NAMES[:index]), max_size=3, unique=True)) if index else ():
            of_job = services[other]["labels"]["job"] == "True"
            needs[other] = {"condition": draw(st.sampled_from(CONDITIONS[: 2 if of_job else 1])), "restart": draw(st.booleans())}
        row["depends_on"] = needs
        row["scale"] = draw(st.integers(0, 3))
        if draw(st.booleans()):
            row["volumes"] = ["data:/d", "/scratch"]
        if draw(st.booleans()):
            row["configs"] = ["c"]
        servers = [n for n in services if services[n]["labels"]["job"] == "False" and services[n]["scale"]]
        if servers and draw(st.booleans()) and not job:
            row["network_mode"] = f"service:{draw(st.sampled_from(servers))}"
        elif draw(st.booleans()):
            row["networks"] = draw(st.lists(st.sampled_from(["front", "back"]), min_size=1, unique=True))
        services[name] = row
    for name, row in services.items():
        mode = row.get("network_mode", "")
        if mode:
            row["depends_on"].pop(mode.partition(":")[2], None)
        row["depends_on"] = {o: e for o, e in row["depends_on"].items() if o != name}
    sections = {"volumes": {"data": {}}, "networks": {"front": {}, "back": {}}, "configs": {"c": {"content": draw(st.sampled_from("xy"))}}}
    return {"services": services, **sections}


def made(document: dict[str, Any]) -> Any:
    sections = {key: value for key, value in document.items() if key != "services"}
    return project(document["services"], **sections)


def new_rig() -> Rig:
    rig = Rig(Path(_FOLDER.name))
    rig.world.behave = lambda box: Behaviour(exit_code=0 if box.spec.labels.get("job") == "True" else None)
    return rig


RULE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RULE
@given(projects(), projects(), st.booleans())
def test_a_plan_is_in_order_and_carried_out_leaves_nothing_to_do(one: dict[str, Any], two: dict[str, Any], orphans: bool) -> None:
    async def check() -> None:
        rig = new_rig()
        for document in (one, two):
            wanted = made(document)
            found = await plan(rig.context, wanted, Up(remove_orphans=orphans))
            final = False
            for place, step in enumerate(found.steps, 1):
                assert step.number == place and all(need < place for need in step.needs)
                assert not (final and step.action not in FINAL), "removals come last"
                final = final or step.action in FINAL
            done = await rig.up(wanted, remove_orphans=orphans)
            assert done.text() == found.text()
            assert (await plan(rig.context, wanted, Up(remove_orphans=orphans))).steps == ()
            names = {f"p-{n}-{i}" for n, row in document["services"].items() for i in range(1, row["scale"] + 1)}
            held = {n for n in rig.names() if n.split("-")[1] in document["services"]}
            assert held == names
        report = await rig.down(volumes=True)
        assert report.errors == [] and not rig.world.boxes and not rig.world.volumes and len(rig.world.networks) == 3

    anyio.run(check)


@RULE
@given(projects(), projects(), st.integers(0, 60), st.sampled_from(["before", "after"]))
def test_an_up_that_fails_leaves_no_trace(one: dict[str, Any], two: dict[str, Any], number: int, when: str) -> None:
    async def check() -> None:
        rig = new_rig()
        await rig.up(made(one))
        was = rig.state()
        rig.interrupt(number, lambda: BackendError("cut", backend="fake"), when)
        try:
            await rig.up(made(two), remove_orphans=True)
        except ContainerError as error:
            assert error.details["rolledBack"] is True, error.to_dict()
            assert without_time(rig.state()) == without_time(was)
        rig.calm()
        await rig.up(made(two), remove_orphans=True)
        assert (await plan(rig.context, made(two), Up(remove_orphans=True))).steps == ()

    anyio.run(check)


def without_time(state: dict[str, Any]) -> dict[str, Any]:
    """A job that ran again in vain has still ended; whether it was ever started cannot be undone."""
    ended = ("exited", "created")
    boxes = {i: (row[0], "ended" if row[1] in ended else row[1], *row[2:]) for i, row in state["containers"].items()}
    return {**state, "containers": boxes}
