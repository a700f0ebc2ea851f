"""Who ended a container: podman's own note where it takes one, else what the events tell."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.engine_api.resources import stop_cause
from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import STREAMED, backend_with, chunk, line, query

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


@pytest.mark.parametrize(("actions", "found"), [(["die"], False), (["kill", "die"], True)])
async def test_docker_s_answer_is_read_no_further_than_to_the_end(tmp_path: Path, actions: list[str], found: bool) -> None:
    """It stays open up to its last moment, which is still to come where the container ended right now."""
    stays = anyio.Event()

    async def events(asked: Asked, stream: SocketStream) -> None:
        sent = [{"Type": "container", "Action": action, "timeNano": 1767225602 * 10**9} for action in actions]
        await stream.send(STREAMED + b"".join(map(line, sent)))
        await stays.wait()

    routes: dict[str, Any] = {"GET /containers/c/json": document(DOCUMENT), "GET /events": events}
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        with anyio.fail_after(10):
            assert await backend.was_stopped("c") is found
        stays.set()


@pytest.mark.parametrize(("late", "found"), [("cleanup", True), ("", False)])
async def test_podman_s_second_clean_up_comes_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: str, found: bool
) -> None:
    """Of an end that is no older than that moment it is waited for; of one that nobody brought about it never comes."""
    monkeypatch.setattr(stop_cause, "CLEANED_SECONDS", 0.5)
    now = datetime.now(UTC)
    ended = {**DOCUMENT, "State": {**DOCUMENT["State"], "FinishedAt": now.isoformat()}}  # type: ignore[dict-item]
    event = {"Type": "container", "timeNano": int(now.timestamp() * 10**9)}

    async def events(asked: Asked, stream: SocketStream) -> None:
        assert query(asked)["stream"] == "true"
        await stream.send(STREAMED + line({**event, "Action": "died"}) + line({**event, "Action": "cleanup"}))
        await anyio.sleep(0.1)
        if late:
            await stream.send(line({**event, "Action": late}))
        await anyio.sleep_forever()

    routes: dict[str, Any] = {"GET /containers/c/json": document(ended), OWN: document({"State": {}}), EVENTS: events}
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        assert await backend.was_stopped("c") is found
