"""A second ``up`` of any file does nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour, Box
from perry_ffi.compose import Project
from perry_ffi.errors import ContainerError
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.volume import VolumeSpec
from tests.unit.stack.rig import Rig
from tests.unit.stack.samples import COLLECTION, collected, own

pytestmark = pytest.mark.anyio


async def second(tmp_path: Path, project: Project) -> str:
    """Why it does not come up here; empty if it did, and then the second up must not have written."""
    services: Any = {  # A policy that asks for a pull or a build each time gets it each time.
        key: {"image": f"{project.name}-{key}", **{k: v for k, v in row.items() if k not in ("build", "pull_policy")}}
        for key, row in project.services.items()
    }
    project = project.replace(services=services)
    rig = Rig(tmp_path)
    jobs = {
        other
        for row in project.services.values()
        for other, edge in (row.get("depends_on") or {}).items()
        if edge.get("condition") == "service_completed_successfully"
    }

    def behave(box: Box) -> Behaviour:
        return Behaviour(exit_code=0 if box.spec.labels["com.docker.compose.service"] in jobs else None)

    rig.world.behave = behave
    for name, row in project.services.items():
        rig.world.make_image(row.get("image") or f"{project.name}-{name}")
    await external(rig, project)
    try:
        await rig.up(project)
    except ContainerError as error:
        return error.message
    before = len(rig.backend.writes)
    await rig.up(project)
    assert rig.backend.writes[before:] == []
    report = await rig.down(project.name, project, volumes=True)
    assert report.errors == [] and not rig.world.boxes
    return ""


async def external(rig: Rig, project: Project) -> None:
    for key, row in project.networks.items():
        if row.get("external") and (row.get("name") or key) not in rig.world.networks:
            await rig.backend.create_network(row.get("name") or key, NetworkSpec())
    for key, row in project.volumes.items():
        if row.get("external") and (row.get("name") or key) not in rig.world.volumes:
            await rig.backend.create_volume(row.get("name") or key, VolumeSpec())


OWN = dict(own())


@pytest.mark.parametrize("name", OWN)
async def test_of_the_projects_own_files(tmp_path: Path, name: str) -> None:
    why = await second(tmp_path, OWN[name])
    assert why == "" or any(word in why for word in CANNOT), why


async def test_of_every_file_of_the_collection(tmp_path: Path) -> None:
    if not COLLECTION.exists():
        pytest.skip(f"{COLLECTION} is not there")
    done: dict[str, str] = {}
    for name, project in collected():
        try:
            done[name] = await second(tmp_path, project)
        except AssertionError as error:
            raise AssertionError(name) from error
    odd = {name: why for name, why in done.items() if why and not any(word in why for word in CANNOT)}
    assert odd == {}
    assert sum(why == "" for why in done.values()) > 250


CANNOT = (
    "there is no file",
    "only a swarm has it",
    "is a container of an engine here",
    "where nothing else is mounted",
    "is not set",
    "health check",
    "expected an image such",
)
"""What keeps a file from being brought up at all: files and variables that nobody has, and what no engine is."""
