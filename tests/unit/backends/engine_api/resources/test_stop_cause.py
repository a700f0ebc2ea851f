"""Who ended a container: podman's own note where it takes one, else what the events tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.engines.scripted import document
from tests.unit.backends.engine_api.routes import STREAMED, backend_with, chunk, line

pytestmark = pytest.mark.anyio

IDENT = "d" * 64
OWN = f"GET /v4.0.0/libpod/containers/{IDENT}/json"
EVENTS = "GET /v4.0.0/libpod/events"
DOCUMENT = {
    "Id": IDENT, "Name": "/c", "Image": "sha256:1", "Created": "2026-01-01T00:00:00Z", "Config": {"Image": "bb"},
    "State": {"Status": "exited", "ExitCode": 0, "StartedAt": "2026-01-01T00:00:01Z", "FinishedAt": "2026-01-01T00:00:02Z"},
}  # fmt: skip


def told(*actions: str) -> bytes:
    events = [{"Type": "container", "Action": action, "timeNano": 1767225602 * 10**9} for action in actions]
    return STREAMED + b"".join(map(line, events)) + chunk(b"")


@pytest.mark.parametrize(
    ("state", "actions", "found"),
    [
        ({"StoppedByUser": True}, ["died", "cleanup"], True),
        ({"StoppedByUser": False}, ["died", "cleanup"], False),
        ({"StoppedByUser": False}, [], False),
        ({}, ["died", "cleanup"], False),
        ({}, ["died", "cleanup", "cleanup"], True),
        ({}, ["kill", "died", "cleanup"], True),
        ({}, [], None),
    ],
)
async def test_podman(tmp_path: Path, state: dict[str, Any], actions: list[str], found: bool | None) -> None:
    """From 5.0 on it notes itself who ended a container; of a stop its events tell one clean-up then, as of any end."""
    routes = {"GET /containers/c/json": document(DOCUMENT), OWN: document({"State": state}), EVENTS: told(*actions)}
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        assert await backend.was_stopped("c") is found


@pytest.mark.parametrize(("actions", "found"), [(["die"], False), (["kill", "die", "stop"], True), ([], None)])
async def test_docker(tmp_path: Path, actions: list[str], found: bool | None) -> None:
    routes = {"GET /containers/c/json": document(DOCUMENT), "GET /events": told(*actions)}
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        assert await backend.was_stopped("c") is found
