"""Volumes go on the nodes whose engines can be reached, and the others are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.model.volume import VolumeSpec
from perry_ffi.stack import identity
from tests.unit.stack.cluster.rig import Rig, project

pytestmark = pytest.mark.anyio


def engine() -> FakeBackend:
    return FakeBackend(World(lambda box: Behaviour()))


async def test_volumes_go_where_they_can_be_reached(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    engines = {name: engine() for name in ("n1", "n3")}
    rig.cluster.engines.update(engines)
    for found in engines.values():
        await found.create_volume("p_data", VolumeSpec(labels={identity.PROJECT: "p"}))
        await found.create_volume("other", VolumeSpec())
    wanted = project({"db": {"volumes": ["data:/data"]}}, volumes={"data": {}})
    await rig.up(wanted)
    report = await rig.down(wanted=wanted, volumes=True)
    assert report.volumes_removed == 2
    assert report.errors == ["volumes on node n2: node n2: no engine of it is known"]
    for found in engines.values():
        assert [row.name for row in await found.list_volumes()] == ["other"]


async def test_volumes_stay_unless_they_are_asked_for(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.cluster.engines["n1"] = engine()
    await rig.cluster.engines["n1"].create_volume("p_data", VolumeSpec(labels={identity.PROJECT: "p"}))
    await rig.up(project({"db": {}}))
    assert (await rig.down()).errors == []
    assert len(await rig.cluster.engines["n1"].list_volumes()) == 1


async def test_images_go_from_the_nodes_that_have_them(tmp_path: Path) -> None:
    rig = Rig(tmp_path, nodes=1)
    rig.cluster.engines["n1"] = rig.backend
    rig.world.make_image("registry.example/app:1")
    wanted = project({"db": {}})
    await rig.up(wanted)
    assert (await rig.down(wanted=wanted, images="all")).errors == []
    assert await rig.backend.image_id("registry.example/app:1") is None
