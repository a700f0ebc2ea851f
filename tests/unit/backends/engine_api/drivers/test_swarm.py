"""Where a manager is looked for, and what is told of an engine that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi import drivers
from perry_ffi.backends.asking import probe
from perry_ffi.backends.detect import choose, detect
from perry_ffi.backends.engine_api.swarm.backend import SwarmBackend
from perry_ffi.errors import BackendNotAvailable
from perry_ffi.settings import Settings
from tests.engines.scripted import scripted_engine
from tests.unit.backends.engine_api.swarm.backends import saying
from tests.unit.backends.engine_api.swarm.recorded import SAID

pytestmark = pytest.mark.anyio
MANAGERS = {"RemoteManagers": [{"Addr": "10.0.0.1:2377"}, {"Addr": "10.0.0.3:2377"}]}


def settings(folder: Path, **environ: str) -> Settings:
    there = {"HOME": str(folder), "PATH": "", "DOCKER_HOST": f"unix://{folder}/s", "PERRY_CONTAINER_BACKEND": "swarm"}
    return Settings.from_environ({**there, **environ})


async def test_a_manager_is_taken_where_it_is_named(tmp_path: Path) -> None:
    async with scripted_engine(tmp_path / "s", saying(SAID["swarm"])):
        found = await choose(settings(tmp_path))
        assert isinstance(found.backend, SwarmBackend) and found.asked_for
        assert found.backend.address == f"unix://{tmp_path}/s"
        await found.backend.aclose()
        rows = await detect(settings(tmp_path))
        assert [(row.name, row.available, row.mode) for row in rows] == [("swarm", True, "cluster")]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_nobody_is_given_a_swarm_unasked(platform: str) -> None:
    assert "swarm" not in drivers.order(platform) and "swarm" in drivers.NAMES


@pytest.mark.parametrize(
    ("swarm", "state", "reason", "remedy"),
    [
        ({"LocalNodeState": "inactive"}, "stopped", "docker is in no swarm", "docker swarm init"),
        ({}, "stopped", "docker is in no swarm", "docker swarm init"),
        ({"LocalNodeState": "locked"}, "stopped", "locked", "docker swarm unlock"),
        (
            {"LocalNodeState": "active", "ControlAvailable": False, **MANAGERS}, "unsupported", "a worker",
            "10.0.0.1:2377, 10.0.0.3:2377",
        ),
        ({"LocalNodeState": "error", "Error": "raft is broken"}, "broken", "raft is broken", "docker info"),
    ],
)  # fmt: skip
async def test_an_engine_that_is_none(tmp_path: Path, swarm: dict[str, Any], state: str, reason: str, remedy: str) -> None:
    async with scripted_engine(tmp_path / "s", saying(swarm)):
        row = (await probe(settings(tmp_path), "swarm")).info
        assert (row.name, row.available, row.state, row.version) == ("swarm", False, state, "20.10.24")
        assert reason in row.reason and remedy in (row.remedy or "") and row.where == f"unix://{tmp_path}/s"
        with pytest.raises(BackendNotAvailable) as caught:
            await choose(settings(tmp_path))
        assert remedy in caught.value.details["remedy"]


async def test_where_no_docker_is(tmp_path: Path) -> None:
    row = (await probe(settings(tmp_path), "swarm")).info
    assert (row.name, row.state) == ("swarm", "absent") and str(tmp_path / "s") in row.reason


async def test_its_engine_is_docker_still(tmp_path: Path) -> None:
    async with scripted_engine(tmp_path / "s", saying(SAID["swarm"])):
        found = await choose(settings(tmp_path, PERRY_CONTAINER_BACKEND="docker"))
        assert found.backend.name == "docker" and found.backend.services is None
        await found.backend.aclose()
