"""The services as a Python host uses them, on an engine in memory: models in, models and objects out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.container import ContainerSpec, LogOptions, StopOptions, WaitOptions
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.stack import ImagesOptions, LifecycleOptions, LoadRequest, StackLogOptions, UpOptions
from perry_ffi.model.volume import VolumeSpec
from perry_ffi.service import backends, containers, images, networks, projects, stacks, volumes
from perry_ffi.service.client import Client
from perry_ffi.service.streams import OpenStream
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.stack import Stack

pytestmark = pytest.mark.anyio

DOCUMENT = {"name": "p", "services": {"a": {"image": "app"}, "b": {"image": "app", "depends_on": ["a"]}}}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    world = World(lambda box: Behaviour())
    world.make_image("app")
    found = Client({"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)})
    found._active = FakeBackend(world)
    yield found
    await found.aclose()


async def test_single_containers(client: Client) -> None:
    made = await containers.run(client, ContainerSpec(image="app", name="one"))
    assert [row.id for row in await containers.list_(client)] == [made.id]
    assert (await containers.inspect(client, "one")).name == "one"
    stream = await containers.follow_logs(client, made.id, LogOptions())
    assert isinstance(stream, OpenStream) and client.handles.get("stream", client.handles.number(stream)) is stream
    await containers.stop(client, made.id, StopOptions())
    assert isinstance((await containers.wait(client, made.id, WaitOptions())).exit_code, int)
    assert await containers.remove_if_exists(client, made.id, force=True) is True
    assert await containers.remove_if_exists(client, made.id, force=True) is False
    with pytest.raises(NotFound):
        await containers.inspect(client, made.id)


async def test_images_networks_and_volumes(client: Client) -> None:
    assert await images.list_(client)
    assert (await networks.create(client, "n", NetworkSpec())).name == "n"
    with pytest.raises(Conflict):
        await networks.create(client, "n", NetworkSpec())
    await networks.remove(client, "n")
    assert (await volumes.create(client, "v", VolumeSpec())).name == "v"
    await volumes.remove(client, "v", force=True)
    assert "v" not in [row.name for row in await volumes.list_(client)]


async def test_a_stack_is_an_object(client: Client) -> None:
    stack = await stacks.up(client, dict(DOCUMENT), UpOptions())
    assert isinstance(stack, Stack) and stacks.opened(client, client.handles.number(stack)) is stack
    assert [row["service"] for row in await stacks.ps(stack)] == ["a", "b"]
    assert (await stacks.status(stack))["status"] == "running"
    assert (await stacks.graph(stack))["edges"] == [{"from": "b", "to": "a", "condition": "service_started"}]
    await stacks.stop(stack, ["b"], LifecycleOptions())
    await stacks.scale(stack, {"a": 2})
    assert sorted(row["status"] for row in await projects.ps(client, "p")) == ["exited", "running", "running"]
    assert await stacks.logs(stack, StackLogOptions(services=[])) == []
    assert (await stacks.build(stack, ImagesOptions())).images == []
    again = await stacks.attach(client, "p")
    assert again is not stack and len(client.handles) == 2
    assert (await stacks.down(client, stack, Down())).containers_removed == 3
    assert len(client.handles) == 1


async def test_a_project_without_a_handle(client: Client, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("name: p\nservices: {a: {image: app}}\n")
    project = await projects.load(client, LoadRequest(files=[str(tmp_path / "compose.yaml")]))
    assert not (await projects.plan(client, project, Up())).empty
    assert not (await projects.up(client, project, Up())).empty
    assert (await projects.up(client, project, Up())).empty
    found = await projects.model_for_down(client, "p", Down(images="local"))
    assert found is not None and list(found.services) == ["a"]
    await projects.stop(client, project, None, 0)
    assert not (await projects.plan_down(client, "p", project, Down())).empty
    assert (await projects.down(client, "p", project, Down())).containers_removed == 1
    assert (await projects.down_all(client, Down())).containers_removed == 0


async def test_who_could_run_it() -> None:
    client = Client({})
    assert await backends.select_for(client, {"image": "app"}, None) in client.order


FAKE = """
from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.service.client import Client

async def backend(self):
    self._active = self._active or FakeBackend(world)
    return self._active

world = World(lambda box: Behaviour(exit_code=0))
world.make_image("alpine")
Client.backend = backend
"""


def test_the_program_of_the_documentation() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs/guest.md").read_text()
    program = text.split("```python\n")[1].split("```")[0]
    done = subprocess.run([sys.executable, "-c", FAKE + program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "it ended with 0\n", "")
