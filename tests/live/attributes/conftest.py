"""One project for each module and engine."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from perry_ffi.model.base import validate
from perry_ffi.model.image import BuildSpec
from perry_ffi.service.client import Client
from tests.engines.private import Engines
from tests.live.attributes.world import DOCKERFILES, Place, World, brought_up
from tests.live.conftest import api_of, missing
from tests.live.stack_support import Stacks, environ


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", params=["docker", "podman"])
async def world(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """The module's project, up on one engine after the other; all of it is removed."""
    if os.geteuid() != 0:
        missing("looking into networks and cgroups needs root")
    if request.param not in engines.engines:
        missing(engines.missing[request.param])
    engine, folder = engines.engines[request.param], tmp_path_factory.mktemp("attributes")
    client = Client({**environ(engine, folder), "OF_PROJECT": "of the project"})
    stacks = Stacks(client, engine, f"pa{secrets.token_hex(4)}", folder)
    place = Place(stacks.podman, stacks.prefix, folder, int(stacks.prefix[2:6], 16) % 200)
    if not place.podman:
        place.api = api_of(engine)
    try:
        await _build(client, folder / "image")
        services, sections = request.module.project(place)
        if before := getattr(request.module, "before", None):
            await before(await client.backend(), place)
        found = await brought_up(stacks, place, services, sections, getattr(request.module, "LOOKS", ()))
        yield found
        await stacks.gone(found.handle)
    finally:
        await stacks.clean()
        place.kept.close()
        await client.aclose()


async def _build(client: Client, folder: Path) -> None:
    backend = await client.backend()
    for number, (name, text) in enumerate(DOCKERFILES.items()):
        context = folder / str(number)
        context.mkdir(parents=True)
        (context / "Dockerfile").write_text(text)
        await backend.build_image(validate(BuildSpec, {"context": str(context)}), name)
