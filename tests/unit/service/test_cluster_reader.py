from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.errors import Unsupported
from perry_ffi.model.volume import VolumeSpec
from perry_ffi.service import project_containers, project_list, project_volumes
from perry_ffi.service.client import Client
from perry_ffi.service.cluster_reader import ClusterReader
from perry_ffi.service.reader import ClientReader
from perry_ffi.stack import identity
from perry_ffi.stack.lifecycle import lifecycle
from tests.unit.stack.cluster.served import Served

pytestmark = pytest.mark.anyio


async def reader(served: Served) -> tuple[ClientReader, Client]:
    client = Client({})
    client._active = served.backend
    return await ClientReader(client).open(), client


async def test_tasks_are_what_commands_list(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("web", 2)
    await served.serve("other", project="q")
    await served.stand("web")
    await served.stand("other", project="q")
    found, _ = await reader(served)
    assert isinstance(found, ClusterReader)
    rows = await project_containers.containers(found, "p")
    assert [(row.name, project_containers.service_of(row), project_containers.number_of(row)) for row in rows] == [
        ("web.1", "web", 1), ("web.2", "web", 2),
    ]  # fmt: skip
    assert await project_containers.detailed(found, rows) == rows
    assert [(row.name, row.states) for row in await project_list.projects(found, all=False)] == [
        ("p", {"running": 2}), ("q", {"running": 1}),
    ]  # fmt: skip


async def test_a_project_that_was_stopped_is_listed_with_all(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("web", 2)
    await served.stand("web")
    await lifecycle(served.context, "p", None).stop(None)
    found, _ = await reader(served)
    assert await project_list.projects(found, all=False) == []
    assert [(row.name, row.states) for row in await project_list.projects(found, all=True)] == [("p", {"exited": 1})]


async def test_volumes_are_those_of_each_node_that_is_known(tmp_path: Path) -> None:
    n1 = FakeBackend(World())
    await n1.create_volume("p_data", VolumeSpec(labels={identity.PROJECT: "p", identity.VOLUME: "data"}))
    await n1.create_volume("foreign", VolumeSpec())
    served = Served(tmp_path, engines={"n1": n1})
    found, client = await reader(served)
    heard = client.event_bus.subscribe()
    assert [row.name for row in await project_volumes.volumes(found, "p")] == ["p_data"]
    (warning,) = [row for row in await heard.next() or () if row["kind"] == "warning"]
    assert warning["message"].startswith("n2: their volumes are not shown")
    served.cluster.node("n1").up = False
    with pytest.raises(Unsupported, match="n2"):
        await project_volumes.volumes(found, "p")


async def test_processes_are_asked_for_on_the_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    n1, n2 = FakeBackend(World()), FakeBackend(World())
    asked: dict[Any, list[str]] = {n1: [], n2: []}
    for backend in (n1, n2):

        async def processes(ident: str, backend: FakeBackend = backend) -> str:
            asked[backend].append(ident)
            return ident

        monkeypatch.setattr(backend, "container_processes", processes)
    served = Served(tmp_path, engines={"n1": n1, "n2": n2})
    await served.serve("web", 2)
    await served.stand("web")
    found, _ = await reader(served)
    rows = await project_containers.containers(found, "p")
    assert set(await found.processes([row.id for row in rows])) == {row.id for row in rows}
    for row in rows:
        assert row.place is not None
        assert asked[{"n1": n1, "n2": n2}[row.place.node_name]] == [row.id]
