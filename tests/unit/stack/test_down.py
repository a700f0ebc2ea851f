"""What ``down`` takes away where only the containers tell of the images."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
OWN = project({"one": {}, "two": {"build": {"context": "/"}}})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("local_registry", "shown", "goes"),
    [
        ("", "p-two", True),
        ("", "p-two:latest", True),
        ("localhost", "localhost/p-two:latest", True),
        ("localhost", "p-two", True),
        ("", "here/p-two:latest", False),
        ("localhost", "here/p-two", False),
        ("localhost", "localhost/p-two:1", False),
    ],
)
async def test_an_image_that_was_made_here_is_known_by_what_its_engine_calls_it(
    tmp_path: Path, local_registry: str, shown: str, goes: bool
) -> None:
    rig = Rig(tmp_path)
    await rig.up(OWN)
    rig.backend.local_registry = local_registry
    box = rig.box("p-two-1")
    rig.world.images[shown] = rig.world.images.pop("p-two")
    box.spec = box.spec.model_copy(update={"image": shown})
    await rig.down(images="local")
    assert (shown not in rig.world.images) is goes and "app" in rig.world.images
