"""Rules that hold for every project: plans are in order, applying one leaves nothing to do, failing leaves no trace."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perry_ffi.backends.fake import Behaviour, Box, FakeBackend
from perry_ffi.errors import BackendError, ContainerError
from perry_ffi.runtime.abilities import EngineAbilities
from perry_ffi.runtime.plan import Plan
from perry_ffi.stack import identity
from perry_ffi.stack.options import Up
from perry_ffi.stack.up import plan
from tests.unit.stack.rig import Rig, lesser, project

_FOLDER = tempfile.TemporaryDirectory(prefix="perry-rig-")
NAMES = "abcdef"
CONDITIONS = ("service_started", "service_completed_successfully", "service_healthy")


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Any]:
    """Services that depend only on earlier ones; jobs end by themselves, which the dependents know."""
    services: dict[str, Any] = {}
    ports, given = [8080, 8081, 8082], ["one", "two", "three"]
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
            row[draw(st.sampled_from(["network_mode", "pid"]))] = f"service:{draw(st.sampled_from(servers))}"
        elif draw(st.booleans()):
            row["networks"] = draw(st.lists(st.sampled_from(["front", "back"]), min_size=1, unique=True))
        if row["scale"] == 1 and "network_mode" not in row and draw(st.booleans()):
            row["ports"] = [f"{port}:80" for port in draw(st.lists(st.sampled_from(ports), max_size=2, unique=True)) if ports]
            ports = [port for port in ports if f"{port}:80" not in row["ports"]] or [9000 + index]
        if row["scale"] == 1 and given and draw(st.booleans()):
            row["container_name"] = given.pop(draw(st.integers(0, len(given) - 1)))
        if draw(st.booleans()):
            row[draw(st.sampled_from(["pre_start", "post_start"]))] = [{"command": ["x"]}]
            if "post_start" in row and job:
                del row["post_start"]
        others = [n for n in services if services[n]["scale"]]
        if others and draw(st.booleans()):
            row["volumes_from"] = [draw(st.sampled_from(others))]
        services[name] = row
    for name, row in services.items():
        for mode in (row.get("network_mode", ""), row.get("pid", "")):
            row["depends_on"].pop(mode.partition(":")[2], None)
        row["depends_on"] = {o: e for o, e in row["depends_on"].items() if o != name}
    sections = {
        "volumes": {"data": {}},
        "networks": {"front": {}, "back": {}},
        "configs": {"c": {"content": draw(st.sampled_from("xy"))}},
    }
    return {"services": services, **sections}


def made(document: dict[str, Any]) -> Any:
    sections = {key: value for key, value in document.items() if key != "services"}
    return project(document["services"], **sections)


ENGINES = {
    "whole": FakeBackend,
    "renames none": lesser("op.rename"),
    "freezes none": lesser("op.pause"),
    "attaches none": lesser("op.network_attach", "op.network_remake"),
    "does none of these": lesser("op.rename", "op.pause", "op.network_attach", "op.network_remake", "op.restart", "op.kill"),
}
"""By what they cannot do."""


def new_rig(engine: type[FakeBackend] = FakeBackend) -> Rig:
    def behave(box: Box) -> Behaviour:
        ends = box.spec.labels.get("job") == "True" or box.spec.labels.get(identity.ONE_OFF) == "true"
        return Behaviour(exit_code=0 if ends else None)

    rig = Rig(Path(_FOLDER.name), engine)
    rig.world.behave = behave
    return rig


@st.composite
def meddling(draw: st.DrawFn) -> list[tuple[str, int]]:
    """What somebody does by hand, each with the number of the container."""
    return draw(st.lists(st.tuples(st.sampled_from(["stop", "pause", "restart", "remove"]), st.integers(0, 9)), max_size=3))


async def meddle(rig: Rig, done: list[tuple[str, int]]) -> None:
    for verb, number in done:
        boxes = sorted(rig.world.boxes.values(), key=lambda box: box.name)
        box = boxes[number % len(boxes)] if boxes else None
        if box is not None and (verb == "remove" or box.status == "running"):
            with suppress(ContainerError):  # What it is joined to may not run.
                await getattr(rig.backend, f"{verb}_container")(box.id, **({"force": True} if verb == "remove" else {}))


IN_THE_WAY = ("would stay", "in use", "already allocated")
"""What stays may be in the namespaces of what changes, or have a name or a port that is wanted."""
ALONE = ["cannot join the namespaces"]
GONE = ["something that it needs is not there", "has not been created again"]
RULE = settings(max_examples=int(os.environ.get("PERRY_TEST_EXAMPLES", "50")))


def service(box: Box) -> str:
    return box.spec.labels[identity.SERVICE]


def in_order(found: Plan) -> None:
    final = False
    for place, step in enumerate(found.steps, 1):
        assert step.number == place and all(need < place for need in step.needs)
        assert not (final and not step.action.final), "removals come last"
        final = final or step.action.final


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES.keys())
@RULE
@given(projects(), projects(), st.booleans())
def test_a_plan_is_in_order_and_carried_out_leaves_nothing_to_do(
    engine: type[FakeBackend], one: dict[str, Any], two: dict[str, Any], orphans: bool
) -> None:
    async def check() -> None:
        rig = new_rig(engine)
        for document in (one, two):
            wanted, was = made(document), rig.state()
            kept = {service(box) for box in rig.world.boxes.values()} - document["services"].keys()
            try:
                found = await plan(rig.context, wanted, Up(remove_orphans=orphans))
                in_order(found)
                done = await rig.up(wanted, remove_orphans=orphans)
            except ContainerError as error:
                assert kept and not orphans, error.to_dict()
                assert any(words in error.message for words in IN_THE_WAY), error.to_dict()
                assert told(rig, rig.state()) == told(rig, was)
                break
            assert done.text() == found.text()
            assert (await plan(rig.context, wanted, Up(remove_orphans=orphans))).steps == ()
            rows = document["services"].items()
            names = {row.get("container_name") or f"p-{n}-{i}" for n, row in rows for i in range(1, row["scale"] + 1)}
            held = {box.name for box in rig.world.boxes.values() if service(box) in document["services"]}
            assert held == names
        report = await rig.down(volumes=True)
        assert report.errors == [] and not rig.world.boxes and not rig.world.volumes and len(rig.world.networks) == 3

    anyio.run(check)


ASKED: list[dict[str, Any]] = [{}, {}, {"remove_orphans": True}, {"force_recreate": True}, {"wait": True}, {"services": ("a",)}]
WAYS = [("before", None), ("before", 500), ("after", None)]
"""Lost before the engine saw it, refused, and answered in vain."""


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES.keys())
@RULE
@given(projects(), projects(), meddling(), st.integers(0, 60), st.sampled_from(WAYS), st.sampled_from(ASKED))
def test_an_up_that_fails_leaves_no_trace(
    engine: type[FakeBackend],
    one: dict[str, Any],
    two: dict[str, Any],
    done: list[tuple[str, int]],
    number: int,
    way: tuple[str, int | None],
    asked: dict[str, Any],
) -> None:
    """Nor more to do than there was before it, which a container that is cut off from its namespaces would be."""
    when, status = way
    asked = asked if two["services"].keys() >= {*asked.get("services", ())} else {}

    async def check() -> None:
        rig = new_rig(engine)
        await rig.up(made(one))
        await meddle(rig, done)
        was, todo = rig.state(), await steps(rig, one)
        wanted = made(two)
        rig.interrupt(number, lambda: BackendError("cut", backend="fake", status=status), when)
        try:
            await rig.up(wanted, **asked)
        except ContainerError as error:
            assert error.message == "cut" or any(words in error.message for words in IN_THE_WAY), error.to_dict()
            left = error.details.get("leftOver", [])
            # What ran on in namespaces that had ended before the up cannot be started again without their owner, and what was
            # in those of a container that is gone cannot be created again.
            alone = [*ALONE, *(GONE if not renames(rig) and any(verb == "remove" for verb, _ in done) else [])]
            assert all(any(words in line for words in alone) for line in left), error.to_dict()
            if not left:
                assert told(rig, rig.state()) == told(rig, was)
                # One that is created again has not run: if it was a job that had ended, it is to be started anew.
                assert not renames(rig) or await steps(rig, one) <= todo
        rig.calm()
        await rig.up(wanted, remove_orphans=True)
        assert (await plan(rig.context, wanted, Up(remove_orphans=True))).steps == ()

    anyio.run(check)


async def steps(rig: Rig, document: dict[str, Any]) -> set[tuple[str, str]]:
    found = await plan(rig.context, made(document), Up(remove_orphans=True))
    return {(step.action.name, step.target) for step in found.steps}


def renames(rig: Rig) -> bool:
    return EngineAbilities.of(rig.backend).rename


def told(rig: Rig, state: dict[str, Any]) -> dict[str, Any]:
    """What has to come back."""
    return (without_time if renames(rig) else without_ids)(state)


def without_ids(state: dict[str, Any]) -> dict[str, Any]:
    """One that was removed and created again has another."""
    return {**state, "containers": {row[0]: row[1:] for row in without_time(state)["containers"].values()}}


def without_time(state: dict[str, Any]) -> dict[str, Any]:
    """A job that ran again in vain has still ended; whether it was ever started cannot be undone."""
    ended = ("exited", "created")
    boxes = {i: (row[0], "ended" if row[1] in ended else row[1], *row[2:]) for i, row in state["containers"].items()}
    return {**state, "containers": boxes}
