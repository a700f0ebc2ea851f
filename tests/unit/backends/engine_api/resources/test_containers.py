"""Creation against an engine that says anything: what it is created of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from anyio.abc import SocketStream

from perry_ffi.errors import NotFound
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import backend_with, route

pytestmark = pytest.mark.anyio
DIGEST = f"sha256:{'d' * 64}"
NAMED = f"registry.example.com/app:1@{DIGEST}"


@pytest.mark.parametrize(
    ("flavour", "has", "created"),
    [
        ("docker", {DIGEST}, [NAMED, DIGEST]),  # Its tag moved on, and its digest is its id.
        ("docker", set(), [NAMED]),
        ("docker", {NAMED, DIGEST}, [NAMED]),  # What is not there is something else.
        ("podman", {DIGEST}, [NAMED]),
    ],
)
async def test_an_image_that_no_name_leads_to_any_longer(tmp_path: Path, flavour: str, has: set[str], created: list[str]) -> None:
    asked_for: list[str] = []

    async def answer(asked: Asked, stream: SocketStream) -> None:
        if route(asked) == "POST /containers/create":
            asked_for.append(json.loads(asked.body)["Image"])
            lacks = asked_for[-1] not in has or NAMED in has
            await stream.send(
                document({"message": f"No such image: {NAMED}"}, "404 Not Found") if lacks else document({"Id": "1"})
            )

    routes = {f"GET /images/{name}/json": document({"Id": DIGEST}) for name in has}
    spec = validate(ContainerSpec, {"image": NAMED, "name": "web", "pull_policy": "never"})
    async with backend_with(tmp_path, flavour, {**routes, "POST /containers/create": answer}) as (backend, _):
        if created[-1] == DIGEST:
            handle = await backend.create_container(spec)
            assert (handle.id, handle.name) == ("1", "web")
        else:
            with pytest.raises(NotFound):
                await backend.create_container(spec)
    assert asked_for == created
