"""Nodes, and the engines on them, before scripted managers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.errors import BackendNotAvailable, NotFound, Unsupported
from tests.engines.scripted import document, scripted_engine
from tests.unit.backends.engine_api.swarm.backends import as_node
from tests.unit.backends.engine_api.swarm.recorded import NODE, SAID
from tests.unit.backends.engine_api.swarm.test_services import manager

pytestmark = pytest.mark.anyio
OTHER = {
    "ID": "o" * 25, "Spec": {"Role": "worker", "Availability": "active"}, "Description": {"Hostname": "other"},
    "Status": {"State": "ready", "Addr": "10.0.0.2"},
}  # fmt: skip
ROUTES = {"GET /nodes": document([*SAID["nodes"], OTHER]), "GET /info": document({"Swarm": SAID["swarm"]})}


async def test_nodes_by_name(tmp_path: Path) -> None:
    async with manager(tmp_path, ROUTES) as (backend, _):
        assert [node.name for node in await backend.services.nodes()] == ["other", "vm"]


@pytest.mark.parametrize("node", [NODE, "vm"])
async def test_the_managers_own_node_is_its_own_engine(tmp_path: Path, node: str) -> None:
    async with manager(tmp_path, ROUTES) as (backend, _):
        assert await backend.services.engine_of(node) is backend


async def test_an_engine_that_nobody_names(tmp_path: Path) -> None:
    async with manager(tmp_path, ROUTES) as (backend, _):
        with pytest.raises(Unsupported) as caught:
            await backend.services.engine_of(OTHER["ID"])  # type: ignore[arg-type]
        assert caught.value.details["node"] == "other"
        assert "PERRY_SWARM_NODES to other=ssh://10.0.0.2" in caught.value.details["remedy"]
        with pytest.raises(NotFound):
            await backend.services.engine_of("nobody")


@pytest.mark.parametrize("by", ["other", "o" * 25])
async def test_an_engine_that_is_named_is_connected_once(tmp_path: Path, by: str) -> None:
    async with scripted_engine(tmp_path / "o", as_node("o" * 25)) as there, manager(tmp_path, ROUTES) as (backend, _):
        backend.services._settings = replace(backend._settings, swarm_nodes={by: f"unix://{tmp_path}/o"})
        found = await backend.services.engine_of("other")
        assert isinstance(found, EngineBackend) and found is not backend
        asked = len(there.asked)
        assert await backend.services.engine_of(by) is found and len(there.asked) == asked


async def test_an_engine_that_is_another_nodes(tmp_path: Path) -> None:
    async with scripted_engine(tmp_path / "o", as_node("x")), manager(tmp_path, ROUTES) as (backend, _):
        backend.services._settings = replace(backend._settings, swarm_nodes={"other": f"unix://{tmp_path}/o"})
        with pytest.raises(BackendNotAvailable) as caught:
            await backend.services.engine_of("other")
        assert "is not that node's" in caught.value.message


async def test_an_engine_that_does_not_answer(tmp_path: Path) -> None:
    async with manager(tmp_path, ROUTES) as (backend, _):
        backend.services._settings = replace(backend._settings, swarm_nodes={"other": f"unix://{tmp_path}/none"})
        with pytest.raises(BackendNotAvailable) as caught:
            await backend.services.engine_of("other")
        assert caught.value.details["node"] == "other" and "does not exist" in caught.value.message
