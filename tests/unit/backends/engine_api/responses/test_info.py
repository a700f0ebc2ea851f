"""What an engine says of itself, and what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.engine_api.responses.info import with_details
from perry_ffi.model.backend import BackendInfo
from tests.engines.scripted import document
from tests.unit.backends.engine_api.routes import backend_with

PLAIN = BackendInfo(name="docker", available=True)


@pytest.mark.parametrize(
    ("said", "rootless"),
    [
        ({"Rootless": True}, True),  # podman
        ({"Rootless": False, "SecurityOptions": ["name=seccomp,profile=default"]}, False),
        ({"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}, True),  # docker
        ({"SecurityOptions": None}, False),
        ({}, False),
    ],
)
def test_rootless(said: dict[str, Any], rootless: bool) -> None:
    assert with_details(PLAIN, said).rootless is rootless


def test_what_a_container_may_name_as_its_runtime() -> None:
    said = {"DefaultRuntime": "runc", "Runtimes": {"runsc": {"path": "/x"}, "runc": {"path": "runc"}}}
    assert with_details(PLAIN, said).runtimes == ["runc", "runsc"]
    assert with_details(PLAIN, said, podman=True).runtimes == ["runc"]
    assert with_details(PLAIN, {"DefaultRuntime": "runc"}).runtimes == ["runc"] and with_details(PLAIN, {}).runtimes is None


@pytest.mark.anyio
async def test_a_live_engine(tmp_path: Path) -> None:
    said = {"Driver": "overlay2", "CgroupVersion": "2", "DefaultRuntime": "runc", "SecurityOptions": ["name=rootless"]}
    routes = {"GET /info": document(said)}
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        info = await backend.info()
    assert (info.api, info.version, info.rootless) == ("1.41", "20.10.24", True)
    assert (info.storage_driver, info.cgroup_version, info.runtime) == ("overlay2", "2", "runc")
