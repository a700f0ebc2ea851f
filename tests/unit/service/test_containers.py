"""Single containers: what is told of them beside what the engine does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from perry_ffi.backends.fake import World
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerHandle, ContainerSpec
from perry_ffi.service import containers
from perry_ffi.service.client import Client
from tests.support.in_machine import TOLD, VOLUMES, InMachine, told_unshared

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("operation", [containers.create, containers.run])
async def test_a_bind_mount_that_the_engine_s_machine_may_not_have_is_told(
    operation: Callable[[Client, ContainerSpec], Awaitable[ContainerHandle]],
) -> None:
    world = World()
    world.make_image("app")
    client = Client({})
    client._active = InMachine(world)
    listener = client.event_bus.subscribe()
    await operation(client, validate(ContainerSpec, {"image": "app", "volumes": VOLUMES}))
    assert await told_unshared(listener) == [("ContainerSpec.volumes", f"ContainerSpec.volumes: {TOLD}")]
