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
    with pytest.raises(Timeout):
        await trial(client(world, tmp_path), PROJECT, "web", RunOptions(timeout=0.2), Up())
    assert not world.boxes


async def test_one_that_is_kept(world: World, tmp_path: Path) -> None:
    with pytest.raises(Timeout):
        await trial(client(world, tmp_path), PROJECT, "web", RunOptions(timeout=0.2), Up(), keep=True)
    assert [box.name for box in world.boxes.values()] == ["p-db-1"]
