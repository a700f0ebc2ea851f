"""Which engine could run a document: as it is asked across the border, a document that cannot be read included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.api import backends, containers, stacks
from perry_ffi.errors import ContainerError
from perry_ffi.service.client import Client

pytestmark = pytest.mark.anyio
ORDER = {"PERRY_CONTAINER_BACKEND": "apple/container,podman,docker"}


async def chosen(document: Any, mode: str | None = None, **environ: str) -> str | None:
    return await backends.select_for(Client({**ORDER, **environ}), json.dumps(document).encode(), mode)


async def test_a_container_and_a_project() -> None:
    assert await chosen({"image": "x"}) == "apple/container"
    assert await chosen({"image": "x", "tmpfs": ["/t:U"]}) == "podman"
    assert await chosen({"services": {"a": {"image": "x", "network_mode": "host"}}}) == "podman"
    assert await chosen({"services": {"a": {"image": "x"}}}, "strict-native") == "podman"


async def test_a_project_is_what_its_variables_and_profiles_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = {
        "services": {"a": {"image": "x", "tmpfs": ["/t:${OPTION}"]}, "b": {"image": "y", "gpus": "all", "profiles": ["more"]}}
    }
    assert await chosen(document, OPTION="size=1m") == "apple/container"
    assert await chosen(document, OPTION="U") == "podman"
    assert await chosen(document, OPTION="size=1m", COMPOSE_PROFILES="more") == "docker"


async def test_a_project_needs_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert await chosen({"services": {"a": {"image": "x"}}}) == "apple/container"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"image": 3},
        {"image": "x", "volumes": [{"type": "image", "source": "y", "target": "/d"}]},
        {"image": "x", "nonsense": 1},
        {"image": "x", "ports": ["99999:1"]},
        {"services": []},
        {"services": {"a": None}},
        {"services": {"a": {"image": "x"}}, "networks": 3},
        {"services": {"a": {"image": "x", "depends_on": ["b"]}}},
        {"services": {"a": {"image": "x", "ports": ["99999:1"]}}},
    ],
    ids=str,
)
async def test_an_invalid_document_gets_the_error_of_create_and_up(document: dict[str, Any]) -> None:
    text, client = json.dumps(document).encode(), Client(ORDER)
    errors = []
    create = stacks.up(client, text, b'{"projectName": "p"}')
    for asked in (backends.select_for(client, text, None), create if "services" in document else containers.create(client, text)):
        with pytest.raises(ContainerError) as caught:
            await asked
        errors.append((caught.value.kind, caught.value.message, caught.value.details))
    if "services" not in document:
        create.close()
    assert errors[0] == errors[1]
