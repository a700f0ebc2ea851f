"""The backend of a manager: what it tells of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.engine_api.swarm.backend import manager_addresses
from perry_ffi.errors import BackendNotAvailable, NotFound
from perry_ffi.model.backend import BackendNode
from tests.engines.scripted import document
from tests.unit.backends.engine_api.swarm.recorded import SAID
from tests.unit.backends.engine_api.swarm.test_services import manager

pytestmark = pytest.mark.anyio


async def test_it_is_known_by_its_swarm_whichever_manager_answers(tmp_path: Path) -> None:
    async with manager(tmp_path, {}) as (backend, _):
        assert (backend.name, backend.identity) == ("swarm", f"swarm {SAID['swarm']['Cluster']['ID']}")
        assert backend.parallel_calls == 8 and backend.services is not None


async def test_it_tells_that_it_is_a_cluster(tmp_path: Path) -> None:
    told = document({"Swarm": SAID["swarm"], "Driver": "overlay2"})
    routes = {"GET /info": told, "GET /nodes": document(SAID["nodes"])}
    async with manager(tmp_path, routes) as (backend, _):
        found = await backend.info()
        assert (found.name, found.mode, found.storage_driver) == ("swarm", "cluster", "overlay2")
        assert found.nodes == [BackendNode(name="vm", address="127.0.0.1", manager=True)]


async def test_refusals_of_the_swarm_come_before_those_of_any_engine(tmp_path: Path) -> None:
    words = "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state."
    routes = {
        "GET /services": document({"message": words}, "503 no"),
        "GET /containers/c/json": document({"message": "No such container: c"}, "404 no"),
    }
    async with manager(tmp_path, routes) as (backend, _):
        with pytest.raises(BackendNotAvailable) as caught:
            await backend.services.services()
        assert "127.0.0.1:2377" in caught.value.details["remedy"]
        with pytest.raises(NotFound):
            await backend.inspect_container("c")


def test_where_managers_are() -> None:
    rows = [{"Addr": "b:1"}, {"Addr": "a:1"}, {"NodeID": "x"}]
    assert manager_addresses({"RemoteManagers": rows}) == ("a:1", "b:1") and manager_addresses({"RemoteManagers": None}) == ()
