"""What a failed ``up`` does with the images that it built and pulled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour, Call
from perry_ffi.errors import ContainerError
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio


def built(**members: Any) -> Any:
    return project({"web": {"build": {"context": ".", "tags": ["web:extra"], **members}}})


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, web=Behaviour(start_error="no such executable"))


async def fails(rig: Rig, wanted: Any, **options: Any) -> ContainerError:
    with pytest.raises(ContainerError) as caught:
        await rig.up(wanted, **options)
    return caught.value


async def test_what_was_built_loses_its_names(rig: Rig) -> None:
    was = dict(rig.world.images)
    error = await fails(rig, built())
    assert error.details["rolledBack"] is True
    assert rig.world.images == was and not rig.world.boxes


async def test_names_go_back_to_the_images_they_had(rig: Rig) -> None:
    rig.behave = {"bad": Behaviour(start_error="no such executable")}
    await rig.up(built())
    was, state = dict(rig.world.images), rig.state()
    worse = built(labels={"a": "1"}).services | {"bad": {}}
    assert (await fails(rig, project(dict(worse)), build=True)).details["rolledBack"] is True
    assert rig.world.images == was and rig.state() == state
    assert rig.world.unnamed == set(), "what was built is gone, not only its names"


async def test_an_image_without_a_name_that_was_there_stays(rig: Rig) -> None:
    """The build comes out as an image that is there already."""
    rig.behave = {"bad": Behaviour(start_error="no such executable")}
    await rig.up(built())
    first = rig.world.images["p-web"]
    await rig.up(built(labels={"a": "1"}), build=True)
    assert rig.world.unnamed == {first}

    async def found(call: Call, moment: str) -> None:
        if call.method == "build_image" and moment == "after":
            for name in ("p-web", "web:extra"):
                rig.world.name_image(first, name)

    rig.backend.interrupt = found
    was = set(rig.world.images.values())
    worse = built().services | {"bad": {}}
    assert (await fails(rig, project(dict(worse)), build=True)).details["rolledBack"] is True
    assert set(rig.world.images.values()) == was and first in rig.world.unnamed


async def test_a_build_that_fails_puts_back_what_the_others_built(rig: Rig) -> None:
    was = dict(rig.world.images)
    wanted = project({"a": {"build": {"context": "."}}, "b": {"image": "nowhere"}})
    await fails(rig, wanted)
    assert rig.world.images == was


async def test_without_a_rollback_they_stay(rig: Rig) -> None:
    await fails(rig, built(), rollback=False)
    assert {"p-web", "web:extra"} <= set(rig.world.images)


async def test_what_was_pulled_stays(rig: Rig) -> None:
    rig.world.remote.add("registry/web")
    await fails(rig, project({"web": {"image": "registry/web"}}))
    assert "registry/web" in rig.world.images


async def test_nothing_is_built_for_an_up_that_cannot_be(rig: Rig) -> None:
    wanted = project({"web": {"build": {"context": "."}, "networks": ["n"]}}, networks={"n": {"external": True}})
    assert (await fails(rig, wanted)).kind == "NotFound"
    assert not rig.backend.writes
