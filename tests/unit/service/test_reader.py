"""What the commands that look ask an engine for, and what they make of it: projects, containers, volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.container_info import ContainerInfo, Mounted
from perry_ffi.model.volume_info import VolumeInfo
from perry_ffi.service import project_containers, project_list, project_volumes
from perry_ffi.service.quick import NotQuick, _now

THEIRS = "com.docker.compose."


def container(project: str, service: str, number: int = 1, status: str = "running", **members: Any) -> ContainerInfo:
    labels = {
        f"{THEIRS}project": project, f"{THEIRS}service": service, f"{THEIRS}container-number": str(number),
        f"{THEIRS}oneoff": "False", f"{THEIRS}project.config_files": f"/home/{project}/compose.yaml",
    }  # fmt: skip
    name = f"{project}-{service}-{number}"
    words = {"words": "Up 5 seconds", **members}
    return ContainerInfo(id=name, name=name, image="i", status=status, created="2026-01-01T00:00:00Z", labels=labels, **words)


class Engine:
    """A reader of what it was given. asked: the ids that were inspected."""

    name, lists_health = "e", True

    def __init__(self, *rows: ContainerInfo, elsewhere: bool = False, **inspected: ContainerInfo) -> None:
        self.rows, self.seen, self.elsewhere = rows, inspected, elsewhere
        self.asked = list[str]()

    async def containers(self, labels: Any) -> list[ContainerInfo]:
        ((name, value),) = labels.items()
        return [row for row in self.rows if value in (None, row.labels.get(name))]

    async def stopped(self) -> list[ContainerInfo]:
        return []

    async def inspected(self, idents: Sequence[str]) -> dict[str, ContainerInfo]:
        self.asked += idents
        return {row.id: row for row in self.seen.values() if row.id in idents}

    async def volumes(self, labels: Any) -> list[VolumeInfo]:
        return [VolumeInfo(name=f"shop_{name}", driver="local") for name in ("b", "a")]

    async def images(self, idents: Sequence[str]) -> Any:
        raise NotImplementedError

    async def processes(self, idents: Sequence[str]) -> Any:
        raise NotImplementedError

    async def nothing_of(self, project: str) -> None:
        if self.elsewhere:
            raise Conflict(f"{project} is elsewhere")


def test_projects_with_the_states_of_their_containers() -> None:
    engine = Engine(container("b", "x"), container("a", "x", 1, "exited"), container("b", "y", 1, "exited"), container("b", "z"))
    found = _now(project_list.projects(engine, all=False))
    assert found == [("b", {"running": 2}, ["/home/b/compose.yaml"])]
    every = _now(project_list.projects(engine, all=True))
    assert [(row.name, row.states) for row in every] == [("a", {"exited": 1}), ("b", {"exited": 1, "running": 2})]


def test_containers_are_the_projects_own_in_order() -> None:
    image = container("shop", "z")
    image.labels = {f"{THEIRS}project": "shop", f"{THEIRS}service": "z"}  # As an image hands them on.
    engine = Engine(container("shop", "web", 2), container("shop", "web"), container("other", "web"), image)
    assert [row.name for row in _now(project_containers.containers(engine, "shop"))] == ["shop-web-1", "shop-web-2"]
    assert _now(project_containers.containers(engine, "none")) == []
    with pytest.raises(Conflict):
        _now(project_containers.containers(Engine(elsewhere=True), "shop"))


def test_a_service_has_to_be_known() -> None:
    rows = [container("shop", "web"), container("shop", "db")]
    assert project_containers.of_services(rows, [], ()) == rows
    assert project_containers.of_services(rows, ["db"], ()) == rows[1:]
    assert project_containers.of_services(rows, ["off"], ["off"]) == []
    with pytest.raises(NotFound, match="no such service: nosuch"):
        project_containers.of_services(rows, ["db", "nosuch"], ["off"])


def test_only_what_has_more_to_tell_is_inspected() -> None:
    plain, sick, mute = container("s", "a"), container("s", "b", health="unhealthy"), container("s", "c", 1, "exited", words="")
    seen = {
        "b": container("s", "b", health="unhealthy", failing=7),
        "c": container("s", "c", 1, "exited", exit_code=3, finished_at="2026-01-01T00:00:01Z", command="x y"),
    }
    engine = Engine(**seen)
    rows = _now(project_containers.detailed(engine, [plain, sick, mute]))
    assert engine.asked == ["s-b-1", "s-c-1"]
    assert rows[0] is plain and rows[1].failing == 7 and rows[1].words == "Up 5 seconds"
    assert (rows[2].exit_code, rows[2].finished_at, rows[2].command, rows[2].words) == (3, "2026-01-01T00:00:01Z", "x y", "")
    engine.lists_health = False
    _now(project_containers.detailed(engine, [plain]))
    assert engine.asked[2:] == ["s-a-1"]


def test_the_volumes_of_services_are_those_that_they_mount() -> None:
    web = container("shop", "web", mounts=[Mounted(kind="volume", target="/a", name="shop_a")])
    engine = Engine(web)
    assert [row.name for row in _now(project_volumes.volumes(engine, "shop"))] == ["shop_a", "shop_b"]
    assert [row.name for row in _now(project_volumes.volumes(engine, "shop", ["web"]))] == ["shop_a"]
    with pytest.raises(NotFound):
        _now(project_volumes.volumes(engine, "shop", ["nosuch"]))


def test_what_waits_is_not_quick() -> None:
    import asyncio

    with pytest.raises(NotQuick):
        _now(asyncio.sleep(0))
