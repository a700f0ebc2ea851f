"""Where a manager is looked for, and what is told of an engine that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi import drivers
from perry_ffi.backends.asking import probe
from perry_ffi.backends.detect import choose, detect
from perry_ffi.backends.engine_api.drivers.swarm import DRIVER
from perry_ffi.backends.engine_api.swarm.backend import SwarmBackend
from perry_ffi.errors import BackendNotAvailable
from perry_ffi.settings import Settings
from tests.engines.scripted import scripted_engine
from tests.unit.backends.engine_api.swarm.backends import as_node, saying
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


async def test_a_manager_among_the_nodes_is_taken_where_the_one_that_is_named_does_not_answer(tmp_path: Path) -> None:
    nodes = f"work=unix://{tmp_path}/w,other=unix://{tmp_path}/m"
    worker = scripted_engine(tmp_path / "w", as_node("w"))
    async with worker, scripted_engine(tmp_path / "m", saying(SAID["swarm"])):
        found = await choose(settings(tmp_path, PERRY_SWARM_NODES=nodes))
        assert found.backend.address == f"unix://{tmp_path}/m"
        await found.backend.aclose()
        async with scripted_engine(tmp_path / "s", saying(SAID["swarm"])):
            found = await choose(settings(tmp_path, PERRY_SWARM_NODES=nodes))
            assert found.backend.address == f"unix://{tmp_path}/s", "the one that is named comes first"
            await found.backend.aclose()
    row = (await probe(settings(tmp_path, PERRY_SWARM_NODES=nodes), "swarm")).info
    assert not row.available and all(any(name in line for line in row.evidence) for name in ("/s", "/w", "/m")), row.evidence


def test_nodes_by_ssh_are_asked_one_after_the_other(tmp_path: Path) -> None:
    """Each is a program that would be started beside a manager that answers."""
    said = settings(tmp_path, PERRY_SWARM_NODES="a=ssh://u@a,b=tcp://b:2375")
    assert [place.starts for place in DRIVER.places(said)] == [False, True, False]
