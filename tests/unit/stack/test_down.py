"""What ``down`` takes away where only the containers tell of the images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import Conflict, NotFound
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


async def test_services_that_are_named_go_alone(rig: Rig) -> None:
    """Networks that others are on stay, and so do volumes that others have."""
    wanted = project(
        {
            "web": {"depends_on": ["db"], "volumes": ["shared:/s"], "networks": ["front"]},
            "db": {"volumes": ["own:/o", "shared:/s"], "networks": ["front", "back"]},
        },
        volumes={"own": {}, "shared": {}}, networks={"front": {}, "back": {}},
    )  # fmt: skip
    await rig.up(wanted)
    report = await rig.down("p", wanted, services=("db",), volumes=True)
    assert report.errors == [] and rig.names() == {"p-web-1": "running"}
    assert set(rig.world.volumes) == {"p_shared"} and "p_front" in rig.world.networks and "p_back" not in rig.world.networks
    with pytest.raises(NotFound):
        await rig.down("p", wanted, services=("nosuch",))
    await rig.down("p", wanted, services=("web",))
    assert rig.names() == {} and set(rig.world.volumes) == {"p_shared"} and "p_front" not in rig.world.networks


async def test_a_network_that_is_still_busy_goes_at_the_second_look(rig: Rig) -> None:
    """An engine may count a container on it for a moment that it has removed."""
    wanted = project({"a": {}})
    await rig.up(wanted)
    tries = 0

    async def busy(call: Any, moment: str) -> None:
        nonlocal tries
        if call.method == "remove_network" and moment == "before":
            tries += 1
            if tries == 1:
                raise Conflict("has active endpoints")

    rig.backend.interrupt = busy
    report = await rig.down("p", wanted)
    assert report.errors == [] and tries == 2 and "p_default" not in rig.world.networks
