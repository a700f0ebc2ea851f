"""What is done when sources change: copies, commands, restarts, builds; what fails is told and ends nothing."""

from __future__ import annotations

import asyncio
import io
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.compose import Project, load_document
from perry_ffi.errors import Unsupported
from perry_ffi.stack.sources.follow import Sources
from tests.unit.stack.cluster.rig import Rig as Cluster
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def followed(rig: Rig, wanted: Any, **how: Any) -> AsyncIterator[list[str]]:
    """While its sources are followed; what is told."""
    await rig.up(wanted)
    told: list[str] = []
    task = asyncio.create_task(Sources(rig.context, wanted, None, told.append, **how).follow())
    await until(lambda: any("watching" in line for line in told))
    yield told
    task.cancel()
    await asyncio.wait((task,))
    assert task.cancelled(), task.exception()


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not check():
            await asyncio.sleep(0.02)


def names(rig: Rig, container: str) -> list[str]:
    """What was put into a container so far, in order."""
    found: list[str] = []
    for packed in rig.box(container).files:
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            found += tar.getnames()
    return found


def service(tmp_path: Path, action: str, **row: Any) -> dict[str, Any]:
    return {"develop": {"watch": [{"action": action, "path": str(tmp_path / "src"), "target": "/app", **row}]}}


async def test_files_go_to_every_container(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/first").write_text("1")
    rig = Rig(tmp_path / "rig")
    wanted = project({"web": {**service(tmp_path, "sync", initial_sync=True), "scale": 2}, "db": {}})
    async with followed(rig, wanted) as told:
        assert names(rig, "p-web-1") == names(rig, "p-web-2") == ["first"]
        (tmp_path / "src/sub").mkdir()
        (tmp_path / "src/sub/second").write_text("2")
        await until(lambda: "sub/second" in names(rig, "p-web-2"))
        (tmp_path / "src/first").unlink()
        await until(lambda: any(call.method == "exec_container" for call in rig.backend.writes))
        assert names(rig, "p-db-1") == [] and "web: second to /app" in told


async def test_commands_and_restarts(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    rig = Rig(tmp_path / "rig", web=Behaviour(exec_code=3))
    how = service(tmp_path, "sync+exec", exec={"command": ["make", "it"]})
    again = service(tmp_path, "sync+restart")
    async with followed(rig, project({"web": how, "other": again, "third": {"depends_on": ["other"]}})) as told:
        (tmp_path / "src/a").write_text("1")
        await until(lambda: rig.box("p-other-1").starts == 2 and "p-web-1: make it ended with exit code 3" in told)
        assert "p-web-1: make it" in told
        assert rig.box("p-web-1").starts == rig.box("p-third-1").starts == 1


@pytest.mark.parametrize("prune", [True, False])
async def test_a_build_takes_the_place_of_the_image(tmp_path: Path, prune: bool) -> None:
    (tmp_path / "src").mkdir()
    rig = Rig(tmp_path / "rig")
    rig.world.make_image("p-web")
    before = await rig.backend.image_id("p-web")
    assert before is not None and before not in rig.world.unnamed
    wanted = project({"web": {"build": {"context": str(tmp_path)}, **service(tmp_path, "rebuild")}, "db": {}})
    async with followed(rig, wanted, prune=prune):
        old = rig.box("p-web-1").id
        (tmp_path / "src/a").write_text("1")
        await until(lambda: "p-web-1" in rig.names() and rig.box("p-web-1").id != old and rig.names()["p-web-1"] == "running")
        await until(lambda: (before in rig.world.unnamed) is not prune)
        assert rig.box("p-db-1").starts == 1


async def test_what_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    rig = Rig(tmp_path / "rig", web=Behaviour(exec_code=1))
    async with followed(rig, project({"web": service(tmp_path, "sync")})) as told:
        (tmp_path / "src/a").write_text("1")
        await until(lambda: "a" in names(rig, "p-web-1"))
        (tmp_path / "src/a").unlink()
        await until(lambda: any("rm -rf ended with exit code 1" in line for line in told))
        (tmp_path / "src/b").write_text("1")
        await until(lambda: "b" in names(rig, "p-web-1"))


def test_a_cluster_restarts_nothing_that_was_copied_into(tmp_path: Path) -> None:
    rule = {"path": str(tmp_path), "target": "/src"}

    def watched(action: str) -> Project:
        row = {"image": "app", "develop": {"watch": [{**rule, "action": action}]}}
        return load_document({"name": "p", "services": {"web": row}}, env={}, working_directory="/")

    context = Cluster(tmp_path).context
    with pytest.raises(Unsupported, match="services.web.develop.watch: sync.restart") as caught:
        Sources(context, watched("sync+restart"), None, print)
    assert "sync+exec" in str(caught.value.details["remedy"])
    Sources(context, watched("sync"), None, print)
