"""Whether ``up`` has nothing to do, told from lists: never where a plan would say something else."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.compose import Project
from perry_ffi.errors import ContainerError
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.volume import VolumeSpec
from perry_ffi.stack.containers.settled import is_settled, references
from tests.unit.stack.rig import IMAGE, Rig, project
from tests.unit.stack.test_properties import RULE, made, meddle, meddling, new_rig, projects

pytestmark = pytest.mark.anyio

NOTHING = "nothing to do\n"


async def told(rig: Rig, wanted: Project) -> bool:
    images = {name: await rig.backend.image_id(name) for name in references(wanted)}
    there = {name: ident for name, ident in images.items() if ident is not None}
    if not images or len(there) < len(images):
        return False
    own = {"com.docker.compose.project": wanted.name}
    containers = await rig.backend.list_containers(all=True, labels=own)
    return is_settled(wanted, containers, await rig.backend.list_networks(), await rig.backend.list_volumes(own), there)


def document() -> dict[str, Any]:
    services = {
        "db": {"volumes": ["data:/data", "/scratch"], "networks": ["back"], "healthcheck": {"test": ["CMD", "true"]}},
        "web": {"depends_on": {"db": {"condition": "service_healthy"}}, "networks": ["back", "front"], "scale": 2},
        "one": {"container_name": "the-one", "network_mode": "none", "deploy": {"resources": {"limits": {"cpus": "1"}}}},
        "off": {"profiles": ["no"]},
    }
    sections: dict[str, Any] = {"volumes": {"data": {}}, "networks": {"back": {"name": "behind"}, "front": {}}, "x-own": {"a": 1}}
    sections["secrets"] = {"s": {"file": "/etc/hostname"}}
    return {"services": services, **sections}


def changed(*path: str, value: Any) -> Project:
    """The project with another value at a place; without it where that is None."""
    found = document()
    at = found
    for name in path[:-1]:
        at = at.setdefault(name, {})
    at.pop(path[-1], None)
    if value is not None:
        at[path[-1]] = value
    return made(found)


SAME = {
    "nothing": ("x-own", {"a": 1}),
    "extensions of the project": ("x-other", {"b": 2}),
    "what is no configuration": ("services", "db", "develop", {"watch": []}),
    "when one starts": ("services", "one", "depends_on", ["db"]),
    "a network that nobody is on": ("networks", "spare", {"driver": "overlay"}),
    "one service more that nobody enables": ("services", "more", {"profiles": ["no"]}),
}
OTHER = {
    "configuration": ("services", "db", "environment", {"A": "1"}),
    "fewer": ("services", "web", "scale", 1),
    "more": ("services", "web", "scale", 3),
    "none": ("services", "one", None),
    "one more": ("services", "more", {}),
    "another image": ("services", "db", "image", "nosuch"),
    "a name": ("services", "one", "container_name", "another"),
    "a network of a service": ("services", "web", "networks", ["back"]),
    "a network's definition": ("networks", "back", {"name": "behind", "labels": {"a": "1"}}),
    "a network's name": ("networks", "front", {"name": "other"}),
    "a volume's definition": ("volumes", "data", {"labels": {"a": "1"}}),
    "a volume's name": ("volumes", "data", {"name": "other"}),
    "a volume of somebody's": ("volumes", "data", {"external": True, "name": "p_data"}),
    "to be pulled": ("services", "db", "pull_policy", "always"),
    "to be built": ("services", "db", "build", "."),
    "to be verified": ("x-perry-verify", {"keys": ["k"]}),
    "one to be verified": ("services", "db", "x-perry-verify", {"keys": ["k"]}),
    "turns": ("services", "db", "deploy", {"update_config": {"parallelism": 0}}),
    "a secret": ("services", "db", "secrets", [{"source": "s"}]),
}


@pytest.mark.parametrize("edit", SAME)
async def test_what_changes_no_container_leaves_nothing_to_do(tmp_path: Path, edit: str) -> None:
    rig = Rig(tmp_path)
    await rig.up(made(document()))
    *path, value = SAME[edit]
    wanted = changed(*path, value=value)
    assert await told(rig, wanted) and await rig.plan(wanted) == NOTHING


@pytest.mark.parametrize("edit", OTHER)
async def test_an_edit_has_to_be_planned(tmp_path: Path, edit: str) -> None:
    rig = Rig(tmp_path)
    await rig.up(made(document()))
    *path, value = OTHER[edit]
    assert not await told(rig, changed(*path, value=value))


@pytest.mark.parametrize("how", ["stop", "pause", "remove", "kill"])
async def test_what_somebody_did_has_to_be_planned(tmp_path: Path, how: str) -> None:
    rig = Rig(tmp_path)
    wanted = made(document())
    await rig.up(wanted)
    await getattr(rig.backend, f"{how}_container")("p-web-2", **({"force": True} if how == "remove" else {}))
    assert not await told(rig, wanted) and await rig.plan(wanted) != NOTHING


async def test_an_image_that_was_made_anew(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    wanted = made(document())
    await rig.up(wanted)
    rig.world.make_image(IMAGE)
    assert not await told(rig, wanted) and await rig.plan(wanted) != NOTHING


async def test_containers_of_others_and_of_one_time(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    wanted = project({"a": {}})
    await rig.up(wanted)
    own = rig.box("p-a-1").spec.labels
    await rig.backend.create_container(ContainerSpec(image=IMAGE, name="theirs", labels={"com.docker.compose.project": "p"}))
    assert await told(rig, wanted)
    one_off = {**own, "perry.compose.one-off": "true", "com.docker.compose.oneoff": "True"}
    await rig.backend.create_container(ContainerSpec(image=IMAGE, name="p-a-run-1", labels=one_off))
    assert not await told(rig, wanted)


async def test_an_orphan_has_to_be_told_of(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.up(project({"a": {}, "b": {}}))
    assert not await told(rig, project({"a": {}})) and "orphans" in await rig.plan(project({"a": {}}))


async def test_networks_and_volumes_of_others(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.backend.create_network("theirs", NetworkSpec())
    await rig.backend.create_volume("data", VolumeSpec())
    outside = {"networks": {"n": {"name": "theirs", "external": True}}}
    wanted = project({"a": {"networks": ["n"]}}, **outside)
    await rig.up(wanted)
    assert await told(rig, wanted) and await rig.plan(wanted) == NOTHING
    wanted = project({"a": {"networks": ["n"], "volumes": ["vol:/v"]}}, **outside, volumes={"vol": {"name": "data"}})
    await rig.up(wanted)
    assert not await told(rig, wanted) and "note: volumes.vol" in await rig.plan(wanted)


@RULE
@given(projects(), st.booleans(), projects(), meddling())
def test_it_says_yes_only_where_a_plan_says_nothing(
    one: dict[str, Any], same: bool, two: dict[str, Any], done: list[tuple[str, int]]
) -> None:
    async def check() -> None:
        rig = new_rig()
        wanted = made(copy.deepcopy(one) if same else two)
        try:
            await rig.up(made(one))
            await meddle(rig, done)
            planned = await rig.plan(wanted)
        except ContainerError as error:
            planned = error.message
        if await told(rig, wanted):
            assert planned == NOTHING

    anyio.run(check)


@RULE
@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), min_size=1), st.integers(0, 3), meddling())
def test_of_plain_projects_it_says_yes_wherever_all_runs(scales: dict[str, int], pick: int, done: list[tuple[str, int]]) -> None:
    async def check() -> None:
        rig = new_rig()
        services = {name: {"scale": count, "networks": ["front", "back"][: pick % 3]} for name, count in scales.items()}
        wanted = made({"services": services, "networks": {"front": {}, "back": {}}})
        await rig.up(wanted)
        await meddle(rig, done)
        assert await told(rig, wanted) == (await rig.plan(wanted) == NOTHING)

    anyio.run(check)
