"""A stack for one command: nothing of it stays, however it ends."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.compose import load_document
from perry_ffi.errors import Timeout
from perry_ffi.model.stack import RunOptions
from perry_ffi.service.client import Client
from perry_ffi.service.trial import trial
from perry_ffi.stack.options import Up

pytestmark = pytest.mark.anyio
PROJECT = load_document(
    {"name": "p", "services": {"db": {"image": "app"}, "web": {"image": "app", "depends_on": ["db"]}}},
    env={},
    working_directory="/",
)


@pytest.fixture
def world() -> World:
    found = World(lambda box: Behaviour())
    found.make_image("app")
    return found


def client(world: World, folder: Path) -> Client:
    found = Client({"XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)})
    found._active = FakeBackend(world)
    return found


async def test_one_that_is_cancelled(world: World, tmp_path: Path) -> None:
    with anyio.move_on_after(1) as scope:
        await trial(client(world, tmp_path), PROJECT, "web", RunOptions(), Up())
    assert scope.cancelled_caught and not world.boxes and "p_default" not in world.networks


async def test_one_that_takes_too_long(world: World, tmp_path: Path) -> None:
    done = await trial(client(world, tmp_path), PROJECT, "web", RunOptions(timeout=0.2), Up())
    with pytest.raises(Timeout):
        done.exit_code()
    assert not world.boxes and done.failed


async def test_one_that_is_kept(world: World, tmp_path: Path) -> None:
    assert (await trial(client(world, tmp_path), PROJECT, "web", RunOptions(timeout=0.2), Up(), keep=True)).failed
    assert [box.name for box in world.boxes.values()] == ["p-db-1"]


async def test_a_job_that_it_needs_runs_once(world: World, tmp_path: Path) -> None:
    needs = {"job": {"condition": "service_completed_successfully"}}
    services = {"job": {"image": "app"}, "web": {"image": "app", "depends_on": needs}}
    project = load_document({"name": "p", "services": services}, env={}, working_directory="/")
    world.behave = lambda box: Behaviour(exit_code=0, seconds=0.1)
    done = await trial(client(world, tmp_path), project, "web", RunOptions(), Up(), keep=True)
    assert done.exit_code() == 0 and [box.starts for box in world.boxes.values()] == [1]


async def test_it_runs_beside_what_has_its_ports(world: World, tmp_path: Path) -> None:
    services = {
        "db": {"image": "app", "ports": ["8080:80", "127.0.0.1:9000-9001:90-91/udp"]},
        "web": {"image": "app", "depends_on": ["db"]},
    }
    project = load_document({"name": "p", "services": services}, env={}, working_directory="/")
    await trial(client(world, tmp_path), project, "web", RunOptions(timeout=0.2), Up(), keep=True)
    (box,) = world.boxes.values()
    ports = [(row.target, row.published, row.host_ip, row.protocol) for row in box.spec.ports]
    assert ports == [(80, "", "", "tcp"), (90, "", "127.0.0.1", "udp"), (91, "", "127.0.0.1", "udp")]
